import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CURRY_2016_17, NBA, SEASONS } from "./examples.fixture.ts";
import { per36, perGame, turnoverPercentage, usagePercentage } from "./index.ts";
import { totals } from "./totals.fixture.ts";

describe("per36", () => {
  it("is what 36 minutes at the same rate would bring", () => {
    expect(per36({ secondsPlayed: 1800, points: 25 }, "points")).toBe(30);
    // 36 × 1999 / 2638.
    expect(per36(CURRY_2016_17, "points")).toBeCloseTo(27.28, 2);
  });

  it("is undefined without time on court, known or not", () => {
    expect(per36({ secondsPlayed: 0, points: 0 }, "points")).toBeUndefined();
    expect(per36({ points: 7 }, "points")).toBeUndefined();
    expect(per36({ secondsPlayed: 60 }, "points")).toBeUndefined();
  });
});

describe("perGame", () => {
  it("divides by the games played", () => {
    // Curry played 79 games: 25.3 points, 6.6 assists.
    expect(perGame(CURRY_2016_17, 79, "points")).toBeCloseTo(25.3, 1);
    expect(perGame(CURRY_2016_17, 79, "assists")).toBeCloseTo(6.63, 2);
  });

  it("is undefined without a game, and where the statistic is unknown", () => {
    expect(perGame({ points: 0 }, 0, "points")).toBeUndefined();
    expect(perGame({}, 5, "points")).toBeUndefined();
  });
});

describe("usagePercentage", () => {
  it("is the published 30.1 % of Curry's season", () => {
    expect(usagePercentage(CURRY_2016_17, SEASONS[0].own, NBA)).toBeCloseTo(0.301, 3);
  });

  it("averages a fifth over a team, weighed by time", () => {
    fc.assert(
      fc.property(fc.array(totals, { minLength: 5, maxLength: 12 }), (players) => {
        const onCourt = players.map((line) => ({ ...line, secondsPlayed: line.secondsPlayed + 1 }));
        const sum = (name: "secondsPlayed" | "turnovers" | "freeThrowsAttempted") =>
          onCourt.reduce((total, line) => total + line[name], 0);
        const fieldGoalsAttempted = onCourt.reduce(
          (all, line) => all + line.fieldGoalsAttempted,
          1,
        );
        const team = {
          secondsPlayed: sum("secondsPlayed"),
          freeThrowsAttempted: sum("freeThrowsAttempted"),
          turnovers: sum("turnovers"),
          fieldGoalsAttempted,
        };
        const [first, ...others] = onCourt;
        const all = [{ ...first!, fieldGoalsAttempted: first!.fieldGoalsAttempted + 1 }, ...others];

        const weighed = all.reduce(
          (mean, line) => mean + usagePercentage(line, team, NBA)! * line.secondsPlayed,
          0,
        );
        expect(weighed / team.secondsPlayed).toBeCloseTo(1 / 5, 9);
      }),
    );
  });

  it("is undefined without time on court", () => {
    const bench = { ...CURRY_2016_17, secondsPlayed: 0 };

    expect(usagePercentage(bench, SEASONS[0].own, NBA)).toBeUndefined();
    expect(usagePercentage(CURRY_2016_17, {}, NBA)).toBeUndefined();
  });
});

describe("turnoverPercentage", () => {
  it("is the turnovers of all plays", () => {
    const line = { fieldGoalsAttempted: 67, freeThrowsAttempted: 50, turnovers: 11 };

    expect(turnoverPercentage(line, NBA)).toBe(0.11);
  });

  it("is undefined without a play", () => {
    const line = { fieldGoalsAttempted: 0, freeThrowsAttempted: 0, turnovers: 0 };

    expect(turnoverPercentage(line, NBA)).toBeUndefined();
  });
});
