import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { seasonFigures } from "./season-figures.fixture.ts";

const DATA =
  process.env.COURTSIDE_SEASON_DATA ??
  fileURLToPath(new URL("../../../shared/data", import.meta.url));
const SEASON = join(DATA, "nba-2023-24");
const absent = !existsSync(join(SEASON, "events"));

describe("the whole season, 820 games to the All-Star break", () => {
  it.skipIf(absent)(
    absent
      ? `is skipped: the season's data is absent (no ${SEASON}; COURTSIDE_SEASON_DATA names the folder)`
      : "comes to the official box scores, but for the cells listed as different",
    { timeout: 180_000 },
    async () => {
      const figures = await seasonFigures(SEASON);

      const { appeared, counted, team, "period-ended": ended } = figures.lines;
      console.log(
        `${counted} lines with a count changed, ${appeared} first appearances, ${ended} at a ` +
          `period's end, ${team} of teams; minutes equal for ${figures.minutesEqual} of ${figures.players}`,
      );
      expect(figures).toMatchObject({
        games: 820,
        lines: { appeared: 16_577, counted: 372_198, "period-ended": 54_009, team: 14_493 },
        players: 17_637,
        playersEqual: 17_492,
        minutesEqual: 17_631,
        allZero: 358,
        strangers: [],
        contradictions: [],
      });
      expect(figures.differences).toHaveLength(217);
      expect(figures.differences).toEqual(figures.differencesListed);
    },
  );
});
