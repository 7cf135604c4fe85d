import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import { NBA } from "./examples.fixture.ts";
import * as metrics from "./index.ts";
import { partlyKnown } from "./totals.fixture.ts";

describe("the formulas", () => {
  it("each have a version, and no version is without its formula", () => {
    const others = new Set(["coefficientsOf", "leaderMinimumsOf", "teamTotals"]);
    const formulas = Object.entries(metrics)
      .filter(([name, value]) => typeof value === "function" && !others.has(name))
      .map(([name]) => name);

    expect(Object.keys(metrics.FORMULA_VERSIONS).sort()).toEqual(formulas.sort());
  });

  it("give a finite number or undefined, whatever is unknown or 0", () => {
    fc.assert(
      fc.property(partlyKnown, partlyKnown, partlyKnown, (player, team, opponent) => {
        const context = { totals: team, pace: metrics.pace(team, opponent, NBA) ?? 0 };
        const league = { ...context, totals: opponent };
        const efficiency = metrics.leagueEfficiency(
          [{ totals: player, team: context }],
          league,
          NBA,
        );
        const ratings = { ...league, efficiency: efficiency ?? 0 };
        const four = metrics.fourFactors(team, opponent, NBA);

        const results = [
          ...STATISTICS.map((statistic) => metrics.per36(player, statistic)),
          ...STATISTICS.map((statistic) => metrics.perGame(player, 0, statistic)),
          ...Object.values(four.offence),
          ...Object.values(four.defence),
          efficiency,
          metrics.assistToTurnover(player),
          metrics.averagedPossessions(team, opponent, NBA),
          metrics.effectiveFieldGoalPercentage(player),
          metrics.fieldGoalPercentage(player),
          metrics.freeThrowPercentage(player),
          metrics.freeThrowRate(player),
          metrics.gameScore(player),
          metrics.netRating(team, opponent, NBA),
          metrics.offensiveRating(team, opponent, NBA),
          metrics.pace(team, opponent, NBA),
          metrics.playerEfficiencyRating(player, context, ratings, NBA),
          metrics.possessions(team, NBA),
          metrics.stealToTurnover(player),
          metrics.threePointPercentage(player),
          metrics.trueShootingPercentage(player, NBA),
          metrics.turnoverPercentage(player, NBA),
          metrics.unadjustedEfficiency(player, team, opponent, NBA),
          metrics.usagePercentage(player, team, NBA),
        ];
        expect(results.filter((value) => value !== undefined && !Number.isFinite(value))).toEqual(
          [],
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("coefficientsOf", () => {
  it("has the weights of each league under a version, and none for others", () => {
    const leagues = [...metrics.COEFFICIENTS.values()];

    expect(new Set(leagues.map(({ version }) => version)).size).toBe(leagues.length);
    expect(metrics.coefficientsOf("nba")).toEqual({
      version: "nba/1",
      freeThrowWeight: 0.44,
      freeThrowWeightAveraged: 0.4,
      offensiveReboundWeight: 1.07,
      regulationMinutes: 48,
    });
    expect(metrics.coefficientsOf("wnba")?.regulationMinutes).toBe(40);
    expect(metrics.coefficientsOf("ncaa")?.freeThrowWeight).toBe(0.475);
    expect(metrics.coefficientsOf("unheard of")).toBeUndefined();
  });
});
