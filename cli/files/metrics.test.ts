import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { teamStandings } from "#domain/metrics";
import { OCTOBER_TEAM_LINES } from "../../domain/metrics/october.fixture.ts";
import {
  finalScoresOf,
  officialRecords,
  officialTeamLines,
  ourRecords,
  percentagesDifferent,
  rowsOf,
} from "../../domain/metrics/official.fixture.ts";

const DATA =
  process.env.COURTSIDE_SEASON_DATA ??
  fileURLToPath(new URL("../../../shared/data", import.meta.url));
const SEASON = join(DATA, "nba-2023-24");
const OCTOBER = fileURLToPath(new URL("../../data/nba-2023-24", import.meta.url));
const absent = !existsSync(join(SEASON, "team-totals-to-2024-02-15.csv"));

const teamLinesIn = (folder: string) =>
  officialTeamLines(gunzipSync(readFileSync(join(folder, "team-box.csv.gz"))).toString());

describe("derived metrics of the season", () => {
  it("are tested in October against the lines that ship", () => {
    expect(officialTeamLines(OCTOBER_TEAM_LINES)).toEqual(teamLinesIn(OCTOBER));
  });

  it.skipIf(absent)(
    absent
      ? `are skipped: the season's data is absent (no ${SEASON}; COURTSIDE_SEASON_DATA names the folder)`
      : "are the official percentages, and the official wins and losses, of 820 games",
    () => {
      const lines = teamLinesIn(SEASON);

      expect(lines).toHaveLength(1640);
      expect(percentagesDifferent(lines)).toEqual([]);
      expect(ourRecords(lines)).toEqual(officialRecords(lines));
      const official = rowsOf(
        readFileSync(join(SEASON, "team-totals-to-2024-02-15.csv"), "utf8"),
      ).map((row) => [row.get("TEAM_ID"), Number(row.get("W")), Number(row.get("L"))]);
      const ours = teamStandings(finalScoresOf(lines));
      expect(ours.map(({ teamId, wins, losses }) => [teamId, wins, losses]).sort()).toEqual(
        official.sort(),
      );
    },
  );
});
