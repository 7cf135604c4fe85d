import { describe, expect, it } from "vitest";
import type { GameFacts } from "#domain/boxscore";
import { asSeenBy } from "./index.ts";

const FACTS: GameFacts = { homeTeamId: "den", awayTeamId: "lal", status: "final" };
const game = (own: number, theirs: number, facts: GameFacts = FACTS) => ({
  facts,
  points: new Map([
    ["den", own],
    ["lal", theirs],
  ]),
});

describe("asSeenBy", () => {
  it("names opponent, place, score and result for either side", () => {
    expect([asSeenBy("den", game(119, 107)), asSeenBy("lal", game(119, 107))]).toEqual([
      { opponentId: "lal", atHome: true, points: 119, opponentPoints: 107, result: "won" },
      { opponentId: "den", atHome: false, points: 107, opponentPoints: 119, result: "lost" },
    ]);
  });

  it("has no result before the end, nor of a game without a winner", () => {
    expect(asSeenBy("den", game(50, 40, { ...FACTS, status: "live" })).result).toBeUndefined();
    expect(asSeenBy("den", game(40, 40)).result).toBeUndefined();
  });

  it("takes the only other team that has points where the facts do not say", () => {
    expect(asSeenBy("lal", game(119, 107, { status: "final" }))).toEqual({
      ...{ opponentId: "den", atHome: undefined, points: 107, opponentPoints: 119, result: "lost" },
    });
    expect(asSeenBy("lal", game(1, 2, { awayTeamId: "lal" })).opponentId).toBe("den");
  });

  it("knows no opponent where nothing tells, and then no result", () => {
    const alone = { facts: { status: "final" as const }, points: new Map([["den", 3]]) };

    expect(asSeenBy("den", alone)).toEqual({
      ...{ opponentId: undefined, atHome: undefined, points: 3, opponentPoints: 0 },
      result: undefined,
    });
  });
});
