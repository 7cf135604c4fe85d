import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FORMULA_VERSIONS, gameScore, playerEfficiencyRating } from "#domain/metrics";
import { STATISTICS, sumOf } from "#domain/statistics";
import { CURRY_2016_17, LEAGUE_2016_17, NBA, SEASONS, ZEROS } from "../metrics/examples.fixture.ts";
import { totals as anyTotals } from "../metrics/totals.fixture.ts";
import {
  LINE_FORMULAS,
  lineMetrics,
  PLAYER_FORMULAS,
  playerMetrics,
  seasonContext,
  TEAM_FORMULAS,
  versionsOf,
} from "./index.ts";
import { type Played, seasonOf, tallyOf } from "./seasons.fixture.ts";

/** Two games between two teams of three players, who all play some time. */
const twoGames = fc
  .array(
    anyTotals.map((line) => ({ ...line, secondsPlayed: line.secondsPlayed + 60 })),
    { minLength: 12, maxLength: 12 },
  )
  .map((lines) =>
    lines.map((totals, at): Played => {
      const player = at % 6;
      return { gameId: `g${at < 6}`, teamId: `t${player % 2}`, playerId: `p${player}`, totals };
    }),
  );

describe("playerMetrics", () => {
  it("has the means a game and in 36 minutes, the feats, and the mean game score", () => {
    const big = { ...ZEROS, secondsPlayed: 2160, points: 12, rebounds: 10, assists: 11 };
    const small = { ...ZEROS, secondsPlayed: 1080, points: 3, fieldGoalsAttempted: 1 };
    const lines = [big, small].map((totals, at) => ({
      ...{ gameId: `g${at}`, teamId: "t1", playerId: "p1" },
      totals,
    }));
    const season = seasonOf(lines);

    const metrics = playerMetrics(season.players.get("p1")!.byTeam, seasonContext(season, NBA));

    expect(metrics).toMatchObject({ doubleDoubles: 1, tripleDoubles: 1 });
    expect(metrics.perGame).toMatchObject({ secondsPlayed: 1620, points: 7.5, assists: 5.5 });
    expect(metrics.per36).toMatchObject({ points: 10, rebounds: (10 * 2160) / 3240 });
    expect(metrics.per36.secondsPlayed).toBeUndefined();
    expect(metrics.gameScore).toBeCloseTo((gameScore(big)! + gameScore(small)!) / 2, 10);
    expect(metrics.shooting.fieldGoalPercentage).toBe(0);
    expect(metrics.shooting.threePointPercentage).toBeUndefined();
  });

  // The same example as in #domain/metrics: Curry in 2016-17, here out of a team and a league.
  it("rates Curry's season as the formulas do with his team, its pace and the league", () => {
    const [{ own, opponents }] = SEASONS;
    const golden = { ...own, assists: 2491, threePointersMade: 982 };
    const side = (totals: object) => ({ players: tallyOf(totals, 82), team: noTeamOnly });
    const curry = { all: tallyOf(CURRY_2016_17, 79), live: tallyOf({}, 0) };
    const known = { ...CURRY_2016_17, threePointersAttempted: 789, defensiveRebounds: 292 };
    const byTeam = new Map([["gsw", tallyOf(known, 79)]]);
    const context = seasonContext(
      {
        players: new Map([["curry", { ...curry, byTeam }]]),
        teams: new Map([
          ["gsw", { ...side(golden), opponents: side(opponents), live: curry.live }],
        ]),
      },
      NBA,
    );

    expect(context.byTeam.get("gsw")?.pace).toBeCloseTo(99.8, 1);
    // Alone in his league he is its average.
    expect(playerMetrics(byTeam, context).playerEfficiencyRating).toBeCloseTo(15, 10);
    const league = { totals: LEAGUE_2016_17, pace: 96.4, efficiency: 0.3 };
    const team = { totals: golden, pace: context.byTeam.get("gsw")!.pace! };
    expect(playerMetrics(byTeam, { ...context, league }).playerEfficiencyRating).toBe(
      playerEfficiencyRating(CURRY_2016_17, team, league, NBA),
    );
  });

  it("averages a rating of 15 and a usage of 1/5 over time on court", () => {
    fc.assert(
      fc.property(twoGames, (lines) => {
        const season = seasonOf(lines);
        const context = seasonContext(season, NBA);
        fc.pre(Math.abs(context.league?.efficiency ?? 0) > 1e-3);
        let seconds = 0;
        let rating = 0;
        const usage = new Map<string, [weighed: number, seconds: number]>();
        for (const { all, byTeam } of season.players.values()) {
          const metrics = playerMetrics(byTeam, context);
          seconds += all.totals.secondsPlayed;
          rating += metrics.playerEfficiencyRating! * all.totals.secondsPlayed;
          const [teamId = ""] = byTeam.keys();
          const [weighed, played] = usage.get(teamId) ?? [0, 0];
          usage.set(teamId, [
            weighed + metrics.usagePercentage! * all.totals.secondsPlayed,
            played + all.totals.secondsPlayed,
          ]);
        }

        expect(rating / seconds).toBeCloseTo(15, 5);
        for (const [weighed, played] of usage.values()) {
          expect(weighed / played).toBeCloseTo(1 / 5, 8);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("weighs the teams of a player by time on court", () => {
    fc.assert(
      fc.property(twoGames, (lines) => {
        const traded = lines.map((line) => {
          const moves = line.playerId === "p0" && line.gameId === "gfalse";
          return moves ? { ...line, teamId: "t1" } : line;
        });
        const season = seasonOf(traded);
        const context = seasonContext(season, NBA);
        const { byTeam } = season.players.get("p0")!;
        const parts = [...byTeam].map(([teamId, tally]) => ({
          seconds: tally.totals.secondsPlayed,
          ...playerMetrics(new Map([[teamId, tally]]), context),
        }));
        const [one, other] = parts as [(typeof parts)[0], (typeof parts)[0]];
        const mean = (a: number, b: number) =>
          (a * one.seconds + b * other.seconds) / (one.seconds + other.seconds);
        fc.pre(context.league !== undefined);

        const both = playerMetrics(byTeam, context);
        expect(byTeam.size).toBe(2);
        expect(both.usagePercentage).toBeCloseTo(
          mean(one.usagePercentage!, other.usagePercentage!),
          8,
        );
        expect(both.playerEfficiencyRating).toBeCloseTo(
          mean(one.playerEfficiencyRating!, other.playerEfficiencyRating!),
          6,
        );
        expect(both.perGame.points).toBe(season.players.get("p0")!.all.totals.points / 2);
      }),
      { numRuns: 50 },
    );
  });

  it("knows nothing that stands on a statistic which one of the lines does not know", () => {
    fc.assert(
      fc.property(twoGames, fc.nat({ max: 11 }), (lines, place) => {
        const { fieldGoalsAttempted: _, ...lacking } = lines[place]!.totals;
        const partly = lines.with(place, { ...lines[place]!, totals: lacking });
        const season = seasonOf(partly);
        const context = seasonContext(season, NBA);
        const { playerId } = lines[place]!;

        const metrics = playerMetrics(season.players.get(playerId)!.byTeam, context);
        expect(metrics.shooting).toMatchObject({
          fieldGoalPercentage: undefined,
          effectiveFieldGoalPercentage: undefined,
          trueShootingPercentage: undefined,
        });
        expect(metrics.perGame.fieldGoalsAttempted).toBeUndefined();
        expect(metrics.per36.fieldGoalsAttempted).toBeUndefined();
        expect([
          metrics.gameScore,
          metrics.usagePercentage,
          metrics.turnoverPercentage,
          metrics.playerEfficiencyRating,
        ]).toEqual([undefined, undefined, undefined, undefined]);
        expect(metrics.perGame.points).toBe(season.players.get(playerId)!.all.totals.points / 2);
      }),
      { numRuns: 50 },
    );
  });

  it("rates the others as if who is not wholly known had not played", () => {
    fc.assert(
      fc.property(twoGames, (lines) => {
        const stranger = { gameId: "g9", teamId: "t9", playerId: "p9", totals: { points: 30 } };
        const without = seasonContext(seasonOf(lines), NBA);
        const season = seasonOf([...lines, stranger]);
        const context = seasonContext(season, NBA);

        expect(context.league).toEqual(without.league);
        const { byTeam } = season.players.get("p9")!;
        expect(playerMetrics(byTeam, context).playerEfficiencyRating).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it("leaves out of the league's mean who lacks a statistic, and nobody else", () => {
    fc.assert(
      fc.property(twoGames, (lines) => {
        const { steals: _, ...lacking } = lines[0]!.totals;
        const season = seasonOf(lines.with(0, { ...lines[0]!, totals: lacking }));
        const others = lines.filter(({ playerId }) => playerId !== "p0");

        const { league } = seasonContext(season, NBA);
        fc.pre(league !== undefined);
        expect(league?.totals).toEqual(sumOf(others.map(({ totals }) => totals)));
      }),
      { numRuns: 20 },
    );
  });

  it("has of a league without coefficients what needs none", () => {
    const line = {
      ...ZEROS,
      secondsPlayed: 600,
      points: 4,
      fieldGoalsMade: 2,
      fieldGoalsAttempted: 4,
    };
    const season = seasonOf([{ gameId: "g1", teamId: "t1", playerId: "p1", totals: line }]);

    const metrics = playerMetrics(
      season.players.get("p1")!.byTeam,
      seasonContext(season, undefined),
    );

    expect(metrics.shooting.fieldGoalPercentage).toBe(0.5);
    expect(metrics.shooting.trueShootingPercentage).toBeUndefined();
    expect(metrics.usagePercentage).toBeUndefined();
    expect(metrics.playerEfficiencyRating).toBeUndefined();
  });

  it("is finite or undefined for who never came on court", () => {
    const season = seasonOf([{ gameId: "g1", teamId: "t1", playerId: "p1", totals: ZEROS }]);

    const metrics = playerMetrics(season.players.get("p1")!.byTeam, seasonContext(season, NBA));

    expect(metrics.per36).toEqual({});
    expect(metrics.usagePercentage).toBeUndefined();
    expect(metrics.gameScore).toBe(0);
    expect(metrics.perGame).toEqual(Object.fromEntries(STATISTICS.map((name) => [name, 0])));
  });
});

describe("lineMetrics", () => {
  it("has the shooting and the game score of a line", () => {
    const line = {
      ...ZEROS,
      points: 5,
      fieldGoalsMade: 2,
      fieldGoalsAttempted: 4,
      threePointersMade: 1,
    };

    expect(lineMetrics(line, NBA)).toMatchObject({
      shooting: { fieldGoalPercentage: 0.5, effectiveFieldGoalPercentage: 0.625 },
      gameScore: gameScore(line),
    });
    expect(lineMetrics({ points: 5 }, NBA).gameScore).toBeUndefined();
  });
});

describe("versionsOf", () => {
  it("names each formula once, with its version", () => {
    const all = versionsOf([...LINE_FORMULAS, ...PLAYER_FORMULAS, ...TEAM_FORMULAS]);

    expect(new Set(all).size).toBe(all.length);
    expect(all).toContain(`trueShootingPercentage/${FORMULA_VERSIONS.trueShootingPercentage}`);
    expect(all).toEqual(all.toSorted());
  });
});

const noTeamOnly = {
  teamOffensiveRebounds: 0,
  teamDefensiveRebounds: 0,
  teamTurnovers: 0,
  benchTechnicals: 0,
};
