import { describe, expect, it } from "vitest";
import { EMPTY_BOX_SCORE, foldBoxScores } from "#domain/boxscore";
import { factsOf, liveOf, teamLineOf } from "../../domain/boxscore/lines.fixture.ts";
import { changedGameFields, gameOf } from "./codec.ts";
import { recentGames } from "./recent-games.ts";

function fieldsOf(points: number): Record<string, string> {
  const entries = [
    factsOf(1, { period: 1 }),
    liveOf("curry", points, { points }),
    liveOf("green", 2, { points: 1 }),
    teamLineOf("t1", 3, 4),
  ];
  const box = foldBoxScores(new Map(), entries).get("g1") ?? EMPTY_BOX_SCORE;
  const flat = changedGameFields(EMPTY_BOX_SCORE, box);
  const pairs = flat.flatMap((field, at) => (at % 2 === 0 ? [[field, flat[at + 1]]] : []));
  return Object.fromEntries(pairs);
}

describe("recentGames", () => {
  it("reads a game that has not changed as the object that it was", () => {
    const read = recentGames();
    const box = read("g1", fieldsOf(2));

    expect(box).toEqual(gameOf(fieldsOf(2)));
    expect(read("g1", fieldsOf(2))).toBe(box);
  });

  it("reads only what has changed anew", () => {
    const read = recentGames();
    const before = read("g1", fieldsOf(2));
    const after = read("g1", fieldsOf(4));

    expect(after).toEqual(gameOf(fieldsOf(4)));
    expect(after?.players.get("curry")).not.toBe(before?.players.get("curry"));
    expect(after?.players.get("green")).toBe(before?.players.get("green"));
    expect(after?.teams.get("t1")).toBe(before?.teams.get("t1"));
    expect(after?.facts).toBe(before?.facts);
  });

  it("sees that a field is gone, and that the game is", () => {
    const read = recentGames();
    read("g1", fieldsOf(2));
    const { "player:green": _, ...fields } = fieldsOf(2);

    expect(read("g1", fields)?.players.has("green")).toBe(false);
    expect(read("g1", {})).toBeUndefined();
    expect(read("g1", fieldsOf(2))?.players.has("green")).toBe(true);
  });

  it("P9: keeps 400 games", () => {
    const read = recentGames();
    const first = read("g0", fieldsOf(2));
    for (let game = 1; game <= 400; game += 1) read(`g${game}`, fieldsOf(2));

    expect(read("g0", fieldsOf(2))).not.toBe(first);
    const last = read("g400", fieldsOf(2));
    expect(read("g400", fieldsOf(2))).toBe(last);
  });
});
