import { describe, expect, it } from "vitest";
import { EMPTY_BOX_SCORE, foldBoxScores, type GameFacts } from "#domain/boxscore";
import { factsOf, liveOf, officialOf } from "../boxscore/lines.fixture.ts";
import { gameFlags } from "./index.ts";

const SIDES = { homeTeamId: "t1", awayTeamId: "t2" };

function flagsOf(facts: GameFacts, ...more: Parameters<typeof foldBoxScores>[1][]) {
  const entries = [
    factsOf(1, { ...SIDES, ...facts }),
    liveOf("curry", 1, { points: 30 }),
    liveOf("green", 2, { points: 4 }),
    liveOf("jokic", 3, { points: 28 }, { teamId: "t2" }),
    ...more.flatMap((some) => [...some]),
  ];
  return gameFlags(foldBoxScores(new Map(), entries).get("g1") ?? EMPTY_BOX_SCORE);
}

describe("gameFlags", () => {
  it("finds nothing where the scoreboard says what the players scored, or says nothing", () => {
    expect(flagsOf({ status: "final", homeScore: 34, awayScore: 28 })).toEqual([]);
    expect(flagsOf({ status: "final" })).toEqual([]);
  });

  it("names the team whose score is another one, once the game is over", () => {
    const facts = { homeScore: 34, awayScore: 30 } as const;

    expect(flagsOf({ ...facts, status: "live" })).toEqual([]);
    expect(flagsOf({ ...facts, status: "final" })).toEqual([
      { teamId: "t2", description: "the points of the players are 28, the scoreboard says 30" },
    ]);
  });

  it("goes by the lines that count", () => {
    const facts = { status: "final", homeScore: 34, awayScore: 30 } as const;

    expect(flagsOf(facts, [officialOf("jokic", 1, { points: 30 }, "t2")])).toEqual([]);
  });

  it("has none of a game without a line", () => {
    const { facts } = EMPTY_BOX_SCORE;
    const box = {
      ...EMPTY_BOX_SCORE,
      facts: { ...facts, ...SIDES, status: "final", homeScore: 9 },
    };

    expect(gameFlags(box as never)).toEqual([]);
  });
});
