import { describe, expect, it } from "vitest";
import { LEADER_CATEGORIES } from "#domain/metrics";
import { Category } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { categoryOf, categoryOnWire, formulasOnWire } from "./index.ts";

describe("categoryOnWire", () => {
  it.each(LEADER_CATEGORIES)("names %s as the .proto does, and back", (category) => {
    const name = category
      .replaceAll(/[A-Z]|\d+/g, (part) => `_${part}`)
      .toUpperCase() as keyof typeof Category;

    expect(categoryOnWire(category)).toBe(Category[name]);
    expect(categoryOf(Category[name])).toBe(category);
  });

  it("has every category of the .proto", () => {
    const numbers = Object.values(Category).filter((value) => typeof value === "number");

    expect(numbers).toHaveLength(LEADER_CATEGORIES.length + 1);
  });
});

describe("formulasOnWire", () => {
  it("names formulas and coefficients with their versions", () => {
    expect(formulasOnWire(["perGame", "pace", "perGame"], { version: "nba/1" })).toEqual({
      formulas: ["pace/1", "perGame/1"],
      coefficients: "nba/1",
    });
    expect(formulasOnWire([], undefined).coefficients).toBe("");
  });
});
