import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CURRY_2016_17, LEAGUE_2016_17, NBA, ZEROS } from "./examples.fixture.ts";
import {
  gameScore,
  leagueEfficiency,
  playerEfficiencyRating,
  unadjustedEfficiency,
} from "./index.ts";
import { totals } from "./totals.fixture.ts";

/** Golden State, 2016-17. */
const TEAM = { assists: 2491, fieldGoalsMade: 3532 };

describe("gameScore", () => {
  // 28 March 1990, the highest in Basketball-Reference's list: 64.6.
  it("gives Michael Jordan's 69 points 64.6", () => {
    const jordan = {
      ...ZEROS,
      ...{ points: 69, fieldGoalsMade: 23, fieldGoalsAttempted: 37 },
      ...{ freeThrowsMade: 21, freeThrowsAttempted: 23 },
      ...{ offensiveRebounds: 7, defensiveRebounds: 11, assists: 6, steals: 4, blocks: 1 },
      ...{ turnovers: 2, personalFouls: 5 },
    };

    expect(gameScore(jordan)).toBeCloseTo(64.6, 10);
  });

  it("is undefined where any of its counts is unknown", () => {
    expect(gameScore({ ...ZEROS, steals: undefined })).toBeUndefined();
    expect(gameScore(ZEROS)).toBe(0);
  });
});

describe("unadjustedEfficiency", () => {
  // The worked example of "Performance Metrics in Basketball: PER", a lab of Data 8 at Berkeley, to its
  // last digit: apapanico/data8-sports-materials, material/labs/per, Solutions.
  it("gives Curry's season 2016-17 0.5111881613542061", () => {
    const ours = unadjustedEfficiency(CURRY_2016_17, TEAM, LEAGUE_2016_17, NBA);

    expect(ours).toBeCloseTo(0.5111881613542061, 14);
  });

  it.each([
    // Each term of the same example, alone: what one of these was worth over the season.
    ["fieldGoalsMade", 675, 1064.1325273986868 + 629.4668651329348 * (675 / 768)],
    ["turnovers", 239, -255.38138361240553],
    ["steals", 142, 151.7328722718058],
    ["blocks", 17, 13.933511337577983],
    ["personalFouls", 183, -64.12348330192515],
    ["fieldGoalsAttempted", 768, -629.4668651329348],
    ["freeThrowsAttempted", 37, -15.126471672013666],
    ["rebounds", 292, 72.68552769507475],
    ["freeThrowsMade", 325, 286.79808418271045 + 15.126471672013666 * (325 / 37)],
    ["assists", 524, 349.3333333333333],
    ["threePointersMade", 324, 324],
  ] as const)("values %s as the example does", (statistic, count, worth) => {
    const minute = { ...ZEROS, secondsPlayed: 60, [statistic]: count };

    expect(unadjustedEfficiency(minute, TEAM, LEAGUE_2016_17, NBA)).toBeCloseTo(worth, 9);
  });

  it("values an offensive rebound as the example does", () => {
    const minute = { ...ZEROS, secondsPlayed: 60, offensiveRebounds: 61, rebounds: 61 };

    const ours = unadjustedEfficiency(minute, TEAM, LEAGUE_2016_17, NBA);
    expect(ours).toBeCloseTo(49.99671715248571, 9);
  });

  it("is undefined without time on court, a team's field goal or a league's foul", () => {
    const unplayed = { ...CURRY_2016_17, secondsPlayed: 0 };
    const scoreless = { ...TEAM, fieldGoalsMade: 0 };
    const clean = { ...LEAGUE_2016_17, personalFouls: 0 };

    expect(unadjustedEfficiency(unplayed, TEAM, LEAGUE_2016_17, NBA)).toBeUndefined();
    expect(unadjustedEfficiency(CURRY_2016_17, scoreless, LEAGUE_2016_17, NBA)).toBeUndefined();
    expect(unadjustedEfficiency(CURRY_2016_17, TEAM, clean, NBA)).toBeUndefined();
  });
});

describe("playerEfficiencyRating", () => {
  // Pace as published: Golden State 99.8, the league 96.4. 0.5111881613542061 × 96.4 / 99.8 × 15 / 0.3.
  it("is adjusted to the league's pace, and to 15 for its average", () => {
    const team = { totals: TEAM, pace: 99.8 };
    const league = { totals: LEAGUE_2016_17, pace: 96.4, efficiency: 0.3 };

    const ours = playerEfficiencyRating(CURRY_2016_17, team, league, NBA);
    expect(ours).toBeCloseTo(24.6886, 4);
  });

  it("averages 15 over a league, weighed by time", () => {
    const player = totals.map((line) => ({ ...line, secondsPlayed: line.secondsPlayed + 1 }));
    const subject = fc.record({
      totals: player,
      team: fc.record({ totals: fc.constant(TEAM), pace: fc.integer({ min: 85, max: 110 }) }),
    });

    fc.assert(
      fc.property(fc.array(subject, { minLength: 1, maxLength: 12 }), (players) => {
        const league = { totals: LEAGUE_2016_17, pace: 96.4 };
        const efficiency = leagueEfficiency(players, league, NBA)!;
        fc.pre(Math.abs(efficiency) > 1e-3);

        let weighed = 0;
        let seconds = 0;
        for (const { totals, team } of players) {
          const rating = playerEfficiencyRating(totals, team, { ...league, efficiency }, NBA)!;
          weighed += rating * totals.secondsPlayed;
          seconds += totals.secondsPlayed;
        }
        expect(weighed / seconds).toBeCloseTo(15, 6);
      }),
    );
  });
});

describe("leagueEfficiency", () => {
  it("leaves out who was never on court, and is undefined for nobody", () => {
    const team = { totals: TEAM, pace: 96.4 };
    const league = { totals: LEAGUE_2016_17, pace: 96.4 };
    const curry = { totals: CURRY_2016_17, team };
    const bench = { totals: { ...CURRY_2016_17, secondsPlayed: 0 }, team };

    expect(leagueEfficiency([bench, curry], league, NBA)).toBeCloseTo(0.5111881613542061, 12);
    expect(leagueEfficiency([bench], league, NBA)).toBeUndefined();
  });
});
