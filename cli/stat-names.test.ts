import { describe, expect, it } from "vitest";
import { ABBREVIATIONS, STATISTICS } from "#domain/statistics";
import { statisticNamed, wordsOf } from "./stat-names.ts";

describe("statisticNamed", () => {
  it.each(STATISTICS)("knows %s by its CSV name, its words, and its words with hyphens", (one) => {
    const words = wordsOf(one);
    const names = [ABBREVIATIONS[one], words, words.replaceAll(" ", "-"), words.toUpperCase(), one];

    expect(names.map(statisticNamed)).toEqual(names.map(() => one));
  });

  it.each([
    ["minutes", "secondsPlayed"],
    ["three pointers", "threePointersMade"],
    ["fouls", "personalFouls"],
  ])("knows %s", (name, statistic) => {
    expect(statisticNamed(name)).toBe(statistic);
  });

  it("lists what there is for a name that is none", () => {
    expect(() => statisticNamed("goals")).toThrow(/"goals" is not a statistic; .*fg3m \(three/);
  });
});
