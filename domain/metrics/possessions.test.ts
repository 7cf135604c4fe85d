import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEAGUE_2016_17, NBA, SEASONS } from "./examples.fixture.ts";
import {
  averagedPossessions,
  coefficientsOf,
  defensiveRating,
  defensiveReboundPercentage,
  effectiveFieldGoalPercentage,
  FOUR_FACTOR_WEIGHTS,
  fourFactors,
  netRating,
  offensiveRating,
  offensiveReboundPercentage,
  pace,
  possessions,
  teamTotals,
} from "./index.ts";
import { totals } from "./totals.fixture.ts";

describe.each(SEASONS)("$team", ({ own, opponents, published }) => {
  it("has the pace and the ratings that Basketball-Reference publishes", () => {
    expect(pace(own, opponents, NBA)).toBeCloseTo(published.pace, 1);
    expect(offensiveRating(own, opponents, NBA)).toBeCloseTo(published.offensiveRating, 1);
    expect(defensiveRating(own, opponents, NBA)).toBeCloseTo(published.defensiveRating, 1);
    const net = published.offensiveRating - published.defensiveRating;
    expect(Math.abs(netRating(own, opponents, NBA)! - net)).toBeLessThan(0.1);
  });
});

describe("possessions", () => {
  // "Performance Metrics in Basketball: PER" (see efficiency.test.ts) has this for the whole league.
  it("are worth 1.0685413540268014 points each in the NBA of 2016-17", () => {
    expect(LEAGUE_2016_17.points! / possessions(LEAGUE_2016_17, NBA)!).toBe(1.0685413540268014);
  });

  it("weigh free throws by league: 0.475 in college", () => {
    const line = { ...{ fieldGoalsAttempted: 60, offensiveRebounds: 10, turnovers: 12 } };

    expect(possessions({ ...line, freeThrowsAttempted: 20 }, coefficientsOf("ncaa")!)).toBe(71.5);
    expect(possessions({ ...line, freeThrowsAttempted: 20 }, NBA)).toBe(70.8);
  });

  it("are undefined where a count is unknown", () => {
    const { turnovers: _, ...others } = LEAGUE_2016_17;

    expect(possessions(others, NBA)).toBeUndefined();
  });
});

describe("averagedPossessions", () => {
  it("are the same for both teams, and so is the pace of equal minutes", () => {
    fc.assert(
      fc.property(totals, totals, (one, other) => {
        const there = { ...other, secondsPlayed: one.secondsPlayed };

        expect(averagedPossessions(one, there, NBA)).toEqual(averagedPossessions(there, one, NBA));
        expect(pace(one, there, NBA)).toEqual(pace(there, one, NBA));
      }),
    );
  });

  it("are undefined where nobody took a rebound at an end", () => {
    const bare = { ...SEASONS[0].own, offensiveRebounds: 0 };

    const without = { ...SEASONS[0].opponents, defensiveRebounds: 0 };
    expect(averagedPossessions(bare, without, NBA)).toBeUndefined();
    expect(offensiveRating(bare, without, NBA)).toBeUndefined();
    expect(netRating(bare, without, NBA)).toBeUndefined();
  });
});

describe("pace", () => {
  // Game 0022200552 with its overtime, as in the examples: the league counted 98.26.
  it("comes within one possession of what the league counted from the plays", () => {
    const cleveland = {
      ...{ secondsPlayed: 60 * 265, fieldGoalsMade: 48, fieldGoalsAttempted: 92 },
      ...{ freeThrowsAttempted: 45, offensiveRebounds: 13, defensiveRebounds: 34, turnovers: 10 },
    };
    const chicago = {
      ...{ secondsPlayed: 60 * 265, fieldGoalsMade: 47, fieldGoalsAttempted: 95 },
      ...{ freeThrowsAttempted: 34, offensiveRebounds: 6, defensiveRebounds: 36, turnovers: 7 },
    };

    expect(Math.abs(pace(cleveland, chicago, NBA)! - 98.26)).toBeLessThan(1);
  });

  it("is for the regulation time of the league", () => {
    const { own, opponents } = SEASONS[0];
    const shorter = { ...NBA, regulationMinutes: 40 };

    const inNba = pace(own, opponents, NBA)!;
    expect(pace(own, opponents, shorter)).toBeCloseTo((inNba * 40) / 48, 10);
  });

  it("is undefined without time on court", () => {
    const { own, opponents } = SEASONS[0];

    expect(pace({ ...own, secondsPlayed: 0 }, opponents, NBA)).toBeUndefined();
    expect(pace({ ...own, secondsPlayed: undefined }, opponents, NBA)).toBeUndefined();
  });
});

describe("ratings", () => {
  it("of one team are those of the other turned round", () => {
    fc.assert(
      fc.property(totals, totals, (one, other) => {
        expect(offensiveRating(one, other, NBA)).toEqual(defensiveRating(other, one, NBA));
        const net = netRating(one, other, NBA);
        if (net !== undefined) expect(net).toBeCloseTo(-netRating(other, one, NBA)!, 6);
      }),
    );
  });
});

describe("teamTotals", () => {
  it("adds the turnovers of the team alone, and knows none when one part is unknown", () => {
    expect(teamTotals({ turnovers: 10, points: 3 }, { teamTurnovers: 2 })).toEqual({
      turnovers: 12,
      points: 3,
    });
    expect(teamTotals({ turnovers: 10, points: 3 }, {})).toEqual({ points: 3 });
    expect(teamTotals({ points: 3 }, { teamTurnovers: 2 })).toEqual({ points: 3 });
  });
});

describe("rebound percentages", () => {
  it("share out each end: what one takes in attack the other lacks in defence", () => {
    fc.assert(
      fc.property(totals, totals, (one, other) => {
        const offensive = offensiveReboundPercentage(one, other);
        const defensive = defensiveReboundPercentage(other, one);

        if (offensive === undefined) {
          expect(defensive).toBeUndefined();
          return;
        }
        expect(offensive + defensive!).toBeCloseTo(1, 12);
      }),
    );
  });
});

describe("fourFactors", () => {
  // By hand from Houston's totals: (3174 + 628) / 6906, 1135 / 8947.84, 739 / 3477, 1609 / 6906; then
  // (3244 + 414.5) / 7017, 1194 / 8919.4, 2825 / 3535, 1201 / 7017.
  it("has Houston's of 2017-18 at both ends", () => {
    const { own, opponents } = SEASONS[1];

    const { offence, defence } = fourFactors(own, opponents, NBA);
    expect(offence.shooting).toBeCloseTo(0.5505, 4);
    expect(offence.turnovers).toBeCloseTo(0.1268, 4);
    expect(offence.rebounding).toBeCloseTo(0.2125, 4);
    expect(offence.freeThrows).toBeCloseTo(0.233, 4);
    expect(defence.shooting).toBeCloseTo(0.5214, 4);
    expect(defence.turnovers).toBeCloseTo(0.1339, 4);
    expect(defence.rebounding).toBeCloseTo(0.7992, 4);
    expect(defence.freeThrows).toBeCloseTo(0.1712, 4);
  });

  it("mirrors the opponent's, but for the rebounds that each end shares out", () => {
    fc.assert(
      fc.property(totals, totals, (one, other) => {
        const ours = fourFactors(one, other, NBA);
        const theirs = fourFactors(other, one, NBA);

        const { rebounding: taken, ...defence } = ours.defence;
        const { rebounding: left, ...offence } = theirs.offence;
        expect(defence).toEqual(offence);
        if (taken !== undefined) expect(taken + left!).toBeCloseTo(1, 12);
        expect(ours.offence.shooting).toEqual(effectiveFieldGoalPercentage(one));
      }),
    );
  });

  it("weighs 40, 25, 20 and 15 %", () => {
    expect(Object.values(FOUR_FACTOR_WEIGHTS)).toEqual([0.4, 0.25, 0.2, 0.15]);
  });
});
