import { describe, expect, it } from "vitest";
import { LEADER_CATEGORIES } from "#domain/metrics";
import { ABBREVIATIONS, STATISTICS } from "#domain/statistics";
import { CATEGORY_HEADINGS, rankingNamed, statisticNamed, wordsOf } from "./stat-names.ts";

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

describe("rankingNamed", () => {
  it.each(LEADER_CATEGORIES)(
    "knows %s by its heading, its words, and its words with hyphens",
    (one) => {
      const words = wordsOf(one);
      const heading = CATEGORY_HEADINGS[one];
      const names = [heading, heading.toLowerCase(), words, words.replaceAll(" ", "-"), one];

      expect(names.map(rankingNamed)).toEqual(names.map(() => ({ category: one })));
    },
  );

  it.each([
    ["fg%", { category: "fieldGoalPercentage" }],
    ["FGpct", { category: "fieldGoalPercentage" }],
    ["fgm", { statistic: "fieldGoalsMade" }],
    ["to", { statistic: "turnovers" }],
    ["ast / to", { category: "assistToTurnover" }],
    ["3pm", { statistic: "threePointersMade" }],
    ["3P%", { category: "threePointPercentage" }],
    ["points", { statistic: "points" }],
    ["Points per game", { category: "pointsPerGame" }],
  ])("tells totals from what is derived: %s", (name, ranking) => {
    expect(rankingNamed(name)).toEqual(ranking);
  });

  it("lists what there is for a name that is none", () => {
    expect(() => rankingNamed("goals%")).toThrow(/"goals%" is nothing .* pts, .* PPG, .* FG%, /);
  });
});
