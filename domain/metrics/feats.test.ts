import { describe, expect, it } from "vitest";
import { doubleFigures, featsOf } from "./index.ts";

describe("featsOf", () => {
  it("counts a triple-double as a double-double too", () => {
    const lines = [
      { points: 21, rebounds: 10, assists: 11 },
      { points: 10, assists: 10, rebounds: 9 },
      { points: 50, rebounds: 9, assists: 9 },
      // Alvin Robertson, 18 February 1986: 20 points, 11 rebounds, 10 assists, 10 steals.
      { points: 20, rebounds: 11, assists: 10, steals: 10 },
    ];

    expect(featsOf(lines)).toEqual({ doubleDoubles: 3, tripleDoubles: 2 });
  });

  it("is of single games: two games' sum is none", () => {
    expect(
      featsOf([
        { points: 9, rebounds: 9 },
        { points: 9, rebounds: 9 },
      ]),
    ).toEqual({
      doubleDoubles: 0,
      tripleDoubles: 0,
    });
  });
});

describe("doubleFigures", () => {
  it("has the five categories, and none that is unknown", () => {
    const all = { points: 10, rebounds: 10, assists: 10, steals: 10, blocks: 10 };

    expect(doubleFigures({ ...all, turnovers: 10, offensiveRebounds: 10, personalFouls: 10 })).toBe(
      5,
    );
    expect(doubleFigures({ points: 10 })).toBe(1);
  });
});
