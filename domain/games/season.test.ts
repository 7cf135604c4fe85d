import { describe, expect, it } from "vitest";
import { SEASON_TYPES, seasonEndingIn, seasonOf, seasonTypeOf } from "./index.ts";

describe("seasonTypeOf", () => {
  it("knows each kind by the first three digits", () => {
    const ids = ["0012300001", "0022300061", "0062300001", "0052300101", "0042300401"];

    expect(ids.map(seasonTypeOf)).toEqual([...SEASON_TYPES]);
  });

  it.each(["0032300001", "22300061", "002230006", "00223000611", "game-1", ""])(
    "knows nothing of %j",
    (gameId) => {
      expect(seasonTypeOf(gameId)).toBeUndefined();
    },
  );
});

describe("seasonOf", () => {
  it.each([
    ["0022300061", "2023-24"],
    ["0022500775", "2025-26"],
    ["0029900001", "1999-00"],
    ["0024600001", "1946-47"],
    ["0020000001", "2000-01"],
    ["0024500001", "2045-46"],
  ])("reads %s as of %s", (gameId, season) => {
    expect(seasonOf(gameId)).toBe(season);
  });

  it("knows nothing of an id of another form", () => {
    expect(seasonOf("final")).toBeUndefined();
  });
});

describe("seasonEndingIn", () => {
  it("names both years", () => {
    expect([2024, 2000].map(seasonEndingIn)).toEqual(["2023-24", "1999-00"]);
  });
});
