import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Totals } from "#domain/statistics";
import { brokenRules } from "./index.ts";

const count = fc.nat({ max: 30 });

/** Totals that a game could have. */
const possible: fc.Arbitrary<Totals> = fc
  .tuple(count, count, count, count, count, count, count, count)
  .map(([twos, threes, throws, missedTwos, missedThrees, missedThrows, offensive, defensive]) => ({
    points: 2 * twos + 3 * threes + throws,
    fieldGoalsMade: twos + threes,
    fieldGoalsAttempted: twos + threes + missedTwos + missedThrees,
    threePointersMade: threes,
    threePointersAttempted: threes + missedThrees,
    freeThrowsMade: throws,
    freeThrowsAttempted: throws + missedThrows,
    offensiveRebounds: offensive,
    defensiveRebounds: defensive,
    rebounds: offensive + defensive,
  }));

describe("brokenRules", () => {
  it("finds nothing in totals that a game could have, nor in a part of them", () => {
    fc.assert(
      fc.property(possible, fc.func(fc.boolean()), (totals, keeps) => {
        const known = Object.entries(totals).filter(([name]) => keeps(name));
        expect(brokenRules(totals)).toEqual([]);
        expect(brokenRules(Object.fromEntries(known))).toEqual([]);
      }),
    );
  });

  it.each([
    ["points", { points: 11, fieldGoalsMade: 4, threePointersMade: 2, freeThrowsMade: 2 }],
    ["fieldGoalsMade", { fieldGoalsMade: 5, fieldGoalsAttempted: 4 }],
    ["threePointersMade", { threePointersMade: 5, threePointersAttempted: 4 }],
    ["freeThrowsMade", { freeThrowsMade: 5, freeThrowsAttempted: 4 }],
    ["threePointersMade", { threePointersMade: 5, fieldGoalsMade: 4 }],
    ["threePointersAttempted", { threePointersAttempted: 5, fieldGoalsAttempted: 4 }],
    ["rebounds", { rebounds: 9, offensiveRebounds: 3, defensiveRebounds: 5 }],
  ] as const)("names %s of %j", (statistic, totals) => {
    expect(brokenRules(totals).map((broken) => broken.statistic)).toEqual([statistic]);
  });

  it("says what the points would be", () => {
    const totals = { points: 10, fieldGoalsMade: 4, threePointersMade: 2, freeThrowsMade: 2 };

    expect(brokenRules({ ...totals, points: 12 })).toEqual([]);
    expect(brokenRules(totals)[0]?.description).toMatch(/^must be 12 /);
  });

  it("holds only the limits that a league has: somebody may have 54 assists", () => {
    expect(brokenRules({ assists: 54 })).toEqual([]);
    expect(brokenRules({ assists: 54 }, { assists: 54 })).toEqual([]);
    expect(brokenRules({ assists: 54 }, { assists: 53 })).toEqual([
      { statistic: "assists", description: "must not be more than 53, the limit of the league" },
    ]);
  });
});
