import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  averageOverNeeded,
  leaderMinimumsOf,
  NBA_LEADER_MINIMUMS as NBA,
  needed,
  qualifies,
} from "./index.ts";

const { minimums } = NBA;

describe("needed", () => {
  // The league's page: 58 games, 300 field goals, 82 threes, 125 free throws, 200 assists, 82 steals.
  it.each([
    ["pointsPerGame", 58],
    ["reboundsPerGame", 58],
    ["assistsPerGame", 58],
    ["stealsPerGame", 58],
    ["blocksPerGame", 58],
    ["minutesPerGame", 58],
    ["fieldGoalPercentage", 300],
    ["threePointPercentage", 82],
    ["freeThrowPercentage", 125],
    ["assistToTurnover", 200],
    ["stealToTurnover", 82],
  ] as const)("is the league's number for %s after a season", (category, number) => {
    expect(needed(minimums[category], 82, 82)).toBe(number);
  });

  it("is that share of it earlier, rounded up", () => {
    expect(needed(minimums.pointsPerGame, 10, 82)).toBe(7);
    expect(needed(minimums.pointsPerGame, 11, 82)).toBe(8);
    expect(needed(minimums.threePointPercentage, 53, 82)).toBe(53);
    // 300/82 a team game, 3.66.
    expect(needed(minimums.fieldGoalPercentage, 1, 82)).toBe(4);
  });

  it("never falls as the season goes on", () => {
    const category = fc.constantFrom(...Object.values(minimums));

    fc.assert(
      fc.property(category, fc.nat({ max: 81 }), (minimum, teamGames) => {
        const now = needed(minimum, teamGames, 82);
        expect(needed(minimum, teamGames + 1, 82)).toBeGreaterThanOrEqual(now);
      }),
    );
  });

  it("follows a shorter season", () => {
    expect(needed(minimums.fieldGoalPercentage, 72, 72)).toBe(300);
    expect(needed(minimums.pointsPerGame, 72, 72)).toBe(51);
  });

  it("is exact in whole numbers", () => {
    expect(needed({ kind: "games", percentOfTeamGames: 55 }, 100, 100)).toBe(55);
  });
});

describe("qualifies", () => {
  const having = (games: number, totals = {}) => ({ games, totals });

  it("asks for games in averages", () => {
    expect(qualifies("pointsPerGame", having(58), 82, NBA)).toBe(true);
    expect(qualifies("pointsPerGame", having(57, { points: 3000 }), 82, NBA)).toBe(false);
  });

  it("asks for what was made in percentages, whatever the games", () => {
    expect(qualifies("threePointPercentage", having(20, { threePointersMade: 82 }), 82, NBA)).toBe(
      true,
    );
    expect(qualifies("threePointPercentage", having(82, { threePointersMade: 81 }), 82, NBA)).toBe(
      false,
    );
  });

  it("asks for a game alone where the category has no minimum", () => {
    expect(qualifies("doubleDoubles", having(1), 82, NBA)).toBe(true);
  });

  it("takes no one without the count, nor without a game", () => {
    expect(qualifies("freeThrowPercentage", having(82), 82, NBA)).toBe(false);
    expect(qualifies("pointsPerGame", having(0), 0, NBA)).toBe(false);
  });
});

describe("averageOverNeeded", () => {
  // Both examples are the league's own: 1,590 points in 56 games, 138 steals in 55.
  it("spreads the total over the games that were needed", () => {
    expect(averageOverNeeded(1590, 56, 82, 70)).toBeCloseTo(27.4, 1);
    expect(averageOverNeeded(138, 55, 82, 70)).toBeCloseTo(2.38, 2);
  });

  it("is the plain average of who has them", () => {
    expect(averageOverNeeded(1640, 80, 82, 70)).toBe(20.5);
  });

  it("is undefined without a game, and where the total is unknown", () => {
    expect(averageOverNeeded(0, 0, 0, 70)).toBeUndefined();
    expect(averageOverNeeded(undefined, 60, 82, 70)).toBeUndefined();
  });
});

describe("leaderMinimumsOf", () => {
  it("has those of the NBA, and none for other leagues", () => {
    expect(leaderMinimumsOf("nba")).toBe(NBA);
    expect(leaderMinimumsOf("euroleague")).toBeUndefined();
  });
});
