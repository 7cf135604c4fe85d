import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLEVELAND_CHICAGO, NBA } from "./examples.fixture.ts";
import {
  assistToTurnover,
  effectiveFieldGoalPercentage,
  fieldGoalPercentage,
  freeThrowPercentage,
  stealToTurnover,
  threePointPercentage,
  trueShootingPercentage,
} from "./index.ts";
import { totals } from "./totals.fixture.ts";

describe("percentages", () => {
  // Denver, 24 October 2023, official team line: .527, .412, .750.
  it("are the made of the attempted", () => {
    const denver = {
      ...{ fieldGoalsMade: 48, fieldGoalsAttempted: 91 },
      ...{ threePointersMade: 14, threePointersAttempted: 34 },
      ...{ freeThrowsMade: 9, freeThrowsAttempted: 12 },
    };

    expect(fieldGoalPercentage(denver)).toBeCloseTo(0.527, 3);
    expect(threePointPercentage(denver)).toBeCloseTo(0.412, 3);
    expect(freeThrowPercentage(denver)).toBe(0.75);
  });

  it("are undefined without an attempt, and where a count is unknown", () => {
    expect(fieldGoalPercentage({ fieldGoalsMade: 0, fieldGoalsAttempted: 0 })).toBeUndefined();
    expect(fieldGoalPercentage({ fieldGoalsAttempted: 3 })).toBeUndefined();
    expect(threePointPercentage({ threePointersMade: 3 })).toBeUndefined();
    expect(freeThrowPercentage({})).toBeUndefined();
  });
});

describe.each(CLEVELAND_CHICAGO)("$name against Cleveland or Chicago", ({ totals, official }) => {
  it("has the league's eFG%, TS% and AST/TO", () => {
    expect(effectiveFieldGoalPercentage(totals)).toBeCloseTo(official.effective, 3);
    expect(Math.abs(trueShootingPercentage(totals, NBA)! - official.trueShooting)).toBeLessThan(
      6e-4,
    );
    expect(assistToTurnover(totals)).toBeCloseTo(official.toTurnover, 2);
  });
});

describe("effectiveFieldGoalPercentage", () => {
  it("is FG% without threes, higher with them, and at most half as much again", () => {
    fc.assert(
      fc.property(totals, (line) => {
        const plain = fieldGoalPercentage(line);
        const effective = effectiveFieldGoalPercentage(line);

        if (plain === undefined || effective === undefined) {
          expect(effective).toBe(plain);
          return;
        }
        expect(effective).toBeGreaterThanOrEqual(plain);
        expect(effective).toBeLessThanOrEqual(1.5 * plain + 1e-12);
        expect(effective === plain).toBe(line.threePointersMade === 0);
      }),
    );
  });

  it("is undefined where threes are unknown", () => {
    expect(
      effectiveFieldGoalPercentage({ fieldGoalsMade: 1, fieldGoalsAttempted: 2 }),
    ).toBeUndefined();
  });
});

describe("trueShootingPercentage", () => {
  it("is eFG% for who never shoots a free throw", () => {
    fc.assert(
      fc.property(totals, (line) => {
        const fromTheField = {
          ...line,
          freeThrowsMade: 0,
          freeThrowsAttempted: 0,
          points: 2 * line.fieldGoalsMade + line.threePointersMade,
        };

        const expected = effectiveFieldGoalPercentage(fromTheField);
        const ours = trueShootingPercentage(fromTheField, NBA);
        if (expected === undefined) expect(ours).toBeUndefined();
        else expect(ours).toBeCloseTo(expected, 12);
      }),
    );
  });

  it("weighs free throws as the league's coefficients say", () => {
    const line = { points: 10, fieldGoalsAttempted: 0, freeThrowsAttempted: 20 };

    expect(trueShootingPercentage(line, { ...NBA, freeThrowWeight: 0.5 })).toBe(0.5);
  });
});

describe("assistToTurnover", () => {
  it("is undefined without a turnover", () => {
    expect(assistToTurnover({ assists: 9, turnovers: 0 })).toBeUndefined();
  });
});

describe("stealToTurnover", () => {
  it("is steals a turnover, and undefined without one", () => {
    expect(stealToTurnover({ steals: 3, turnovers: 2 })).toBe(1.5);
    expect(stealToTurnover({ steals: 3, turnovers: 0 })).toBeUndefined();
  });
});
