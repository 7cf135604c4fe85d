import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { folderOf } from "./folder.fixture.ts";
import { readSchedule } from "./index.ts";

const HEADING =
  "game_id,game_date_et,tip_utc,week,home_team_id,home_team,away_team_id,away_team,arena,city,state";
const OPENING =
  "0022300062,2023-10-24,2023-10-25T02:00:00Z,1,1610612744,GSW,1610612756,PHX,Chase Center,San Francisco,CA";

describe("readSchedule", () => {
  it("reads the planned games of the file above the events", async () => {
    const schedule = gzipSync(`${HEADING}\n${OPENING}\n`);
    const folder = folderOf({
      "schedule-as-published-2023-09-16.csv.gz": schedule,
      "events/a.ndjson": "",
    });

    expect(await readSchedule(join(folder, "events"))).toEqual([
      {
        gameId: "0022300062",
        league: "nba",
        season: "2023-24",
        type: "regular",
        date: "2023-10-24",
        tipOff: Date.parse("2023-10-25T02:00:00Z"),
        home: { teamId: "1610612744", tricode: "GSW" },
        away: { teamId: "1610612756", tricode: "PHX" },
      },
    ]);
  });

  it("takes the newest of several", async () => {
    const moved = OPENING.replace("2023-10-25T02:00:00Z", "2023-10-25T03:00:00Z");
    const older = ["01", "05", "03", "02", "07", "04"].map(
      (month) =>
        [`schedule-as-published-2023-${month}-01.csv`, `${HEADING}\n${OPENING}\n`] as const,
    );
    const newest = ["schedule-as-published-2023-09-16.csv", `${HEADING}\n${moved}\n`] as const;
    const after = ["schedule-as-published-2023-06-01.csv", `${HEADING}\n${OPENING}\n`] as const;
    const folder = folderOf(Object.fromEntries([...older, newest, after]));

    expect((await readSchedule(folder))[0]?.tipOff).toBe(Date.parse("2023-10-25T03:00:00Z"));
  });

  it.each([
    [
      "a bad time",
      OPENING.replace("2023-10-25T02:00:00Z", "late"),
      "line 2: column tip_utc must be a time such as 2023-10-24T23:30:00Z.",
    ],
    [
      "an unknown kind of game",
      OPENING.replace("002", "003"),
      "line 2: game 0032300062 is of no known kind of season.",
    ],
  ])("names the line with %s", async (_, row, fault) => {
    const folder = folderOf({ "schedule-as-published-x.csv": `${HEADING}\n${row}\n` });

    await expect(readSchedule(folder)).rejects.toThrow(fault);
  });

  it("leaves out teams and time of a game whose teams were not known", async () => {
    const row = "0022301201,2023-12-04,2023-12-04T05:00:00Z,7,0,,0,,,,";
    const folder = folderOf({ "schedule-as-published-x.csv": `${HEADING}\n${row}\n` });

    expect(await readSchedule(folder)).toEqual([
      {
        gameId: "0022301201",
        league: "nba",
        season: "2023-24",
        type: "regular",
        date: "2023-12-04",
      },
    ]);
  });

  it("is empty where there is no such file", async () => {
    expect(await readSchedule(folderOf({ "events/a.ndjson": "" }))).toEqual([]);
  });
});
