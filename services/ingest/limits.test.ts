import { describe, expect, it } from "vitest";
import { LIMITS_FORM, limitsOf } from "./limits.ts";

describe("limitsOf", () => {
  it("reads the limits of each league", () => {
    const text = "nba:points=120,assists=60;fiba:personal_fouls=5";

    expect(text).toMatch(LIMITS_FORM);
    expect(Object.fromEntries(limitsOf(text))).toEqual({
      nba: { points: 120, assists: 60 },
      fiba: { personalFouls: 5 },
    });
    expect("").toMatch(LIMITS_FORM);
    expect(limitsOf("").size).toBe(0);
  });

  it.each(["nba", "nba:points", "nba:points=", "nba:points=-1", "nba:points=1;", "NBA:points=1"])(
    "has another form than %s",
    (text) => {
      expect(text).not.toMatch(LIMITS_FORM);
    },
  );

  it("names what is no statistic", () => {
    expect(() => limitsOf("nba:dunks=9")).toThrow(/^dunks is no statistic of a line: .*points/);
  });
});
