import { describe, expect, it } from "vitest";
import { sidesOf } from "./index.ts";
import { playOf } from "./plays.fixture.ts";

const basket = (n: number, at: string, teamId: string, home: number, away: number) =>
  playOf(n, at, { action: "2pt", made: true, teamId, score: { home, away } });

describe("sidesOf", () => {
  it("goes by whose score rises", () => {
    const plays = [basket(1, "1 11:00", "east", 0, 2), basket(2, "1 10:00", "west", 2, 2)];

    expect(sidesOf(plays)).toEqual({ homeTeamId: "west", awayTeamId: "east" });
  });

  it("leaves out a side that has not scored", () => {
    expect(sidesOf([basket(1, "1 11:00", "east", 0, 2)])).toEqual({ awayTeamId: "east" });
  });

  it("compares in game order, in which the score is told", () => {
    const plays = [basket(1, "1 10:00", "west", 2, 2), basket(2, "1 11:00", "east", 0, 2)];

    expect(sidesOf(plays)).toEqual({ homeTeamId: "west", awayTeamId: "east" });
  });

  it("learns nothing from a basket that leaves the score as it was, or raises both", () => {
    expect(sidesOf([basket(1, "1 11:00", "east", 0, 0)])).toEqual({});
    expect(sidesOf([basket(1, "1 11:00", "east", 2, 2)])).toEqual({});
  });
});
