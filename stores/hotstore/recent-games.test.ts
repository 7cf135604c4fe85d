import { describe, expect, it } from "vitest";
import { EMPTY_BOX_SCORE, foldBoxScores } from "#domain/boxscore";
import { factsOf, liveOf, teamLineOf } from "../../domain/boxscore/lines.fixture.ts";
import { changedGameFields, gameOf } from "./codec.ts";
import { recentGames } from "./recent-games.ts";
import { pairs } from "./scripts.ts";

function hashOf(points: number): string[] {
  const entries = [
    factsOf(1, { period: 1 }),
    liveOf("curry", points, { points }),
    liveOf("green", 2, { points: 1 }),
    teamLineOf("t1", 3, 4),
  ];
  const box = foldBoxScores(new Map(), entries).get("g1") ?? EMPTY_BOX_SCORE;
  return changedGameFields(EMPTY_BOX_SCORE, box);
}

function hashWithout(field: string, hash: readonly string[]): string[] {
  const at = hash.indexOf(field);
  return hash.toSpliced(at, 2);
}

const boxOf = (hash: readonly string[]) => gameOf(Object.fromEntries(pairs(hash)));

describe("recentGames", () => {
  it("reads a game that has not changed as the object that it was", () => {
    const { read } = recentGames();
    const box = read("g1", "v1", hashOf(2));

    expect(box).toEqual(boxOf(hashOf(2)));
    expect(read("g1", "v2", hashOf(2))).toBe(box);
  });

  it("reads only what has changed anew", () => {
    const { read } = recentGames();
    const before = read("g1", "v1", hashOf(2));
    const after = read("g1", "v2", hashOf(4));

    expect(after).toEqual(boxOf(hashOf(4)));
    expect(after?.players.get("curry")).not.toBe(before?.players.get("curry"));
    expect(after?.players.get("green")).toBe(before?.players.get("green"));
    expect(after?.teams.get("t1")).toBe(before?.teams.get("t1"));
    expect(after?.facts).toBe(before?.facts);
  });

  it("sees that a field is gone, and that the game is", () => {
    const { known, read } = recentGames();
    read("g1", "v1", hashOf(2));

    const less = hashWithout("player:green", hashOf(2));
    expect(read("g1", "v2", less)?.players.has("green")).toBe(false);
    expect(read("g1", "", [])).toBeUndefined();
    expect(known("g1")).toBeUndefined();
    expect(read("g1", "v4", hashOf(2))?.players.has("green")).toBe(true);
  });

  it("knows the version that a game was last read at, also where that says the same", () => {
    const { known, read } = recentGames();
    const box = read("g1", "v1", hashOf(2));
    expect(known("g1")).toMatchObject({ version: "v1", box });
    read("g1", "v2", hashOf(2));

    expect(known("g1")?.version).toBe("v2");
    expect(known("g1")?.box).toBe(box);
    expect(known("g2")).toBeUndefined();
  });

  it("P9: keeps the 300 games that were asked for last, and at most as many others", () => {
    const { known, read } = recentGames();
    for (let game = 0; game < 300; game += 1) read(`g${game}`, "v1", hashOf(2));
    known("g0");
    for (let game = 300; game < 599; game += 1) read(`g${game}`, "v1", hashOf(2));

    expect(known("g1")).toBeUndefined();
    for (const game of ["g0", "g300", "g598"]) expect(known(game)).toBeDefined();
  });
});
