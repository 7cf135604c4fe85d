import { describe, expect, it } from "vitest";
import { NBA } from "./examples.fixture.ts";
import { averagedPossessions, pace, teamStandings, trueShootingPercentage } from "./index.ts";
import { OCTOBER_TEAM_LINES } from "./october.fixture.ts";
import {
  finalScoresOf,
  officialRecords,
  officialTeamLines,
  ourRecords,
  percentagesDifferent,
  sidesOf,
} from "./official.fixture.ts";

const lines = officialTeamLines(OCTOBER_TEAM_LINES);

describe("the official lines of October 2023", () => {
  it("have our 324 percentages", () => {
    expect(lines.flatMap(({ percentages }) => percentages)).toHaveLength(324);
    expect(percentagesDifferent(lines)).toEqual([]);
  });

  it("have our wins, losses and streaks of each team, at home and away", () => {
    const ours = ourRecords(lines);

    expect(ours).toHaveLength(30);
    expect(ours).toEqual(officialRecords(lines));
  });

  it("have Denver, Boston and Dallas, who had lost none, in front by point difference", () => {
    const table = teamStandings(finalScoresOf(lines));

    const unbeaten = table.filter(({ losses }) => losses === 0).map(({ teamId }) => teamId);
    expect(unbeaten).toEqual(["1610612743", "1610612738", "1610612742"]);
    expect(table.slice(0, 3).map(({ teamId }) => teamId)).toEqual(unbeaten);
    expect(table.reduce((sum, { wins }) => sum + wins, 0)).toBe(54);
  });

  it("have possessions, pace and true shooting as games have them", () => {
    for (const [home, away] of sidesOf(lines)) {
      const possessions = averagedPossessions(home.totals, away.totals, NBA)!;
      expect(possessions).toBe(averagedPossessions(away.totals, home.totals, NBA));
      expect(possessions).toBeGreaterThan(85);
      expect(possessions).toBeLessThan(125);
      const ours = pace(home.totals, away.totals, NBA)!;
      expect(ours).toBeGreaterThan(85);
      expect(ours).toBeLessThan(115);
      expect(trueShootingPercentage(home.totals, NBA)).toBeLessThan(0.8);
    }
  });
});
