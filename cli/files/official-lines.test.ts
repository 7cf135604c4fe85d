import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { folderOf } from "./folder.fixture.ts";
import { readOfficialLines } from "./index.ts";

const HEADING =
  "game_id,game_date,team_id,player_id,player_name,min,pts,fgm,fga,fg3m,fg3a,ftm,fta,oreb,dreb,reb,ast,stl,blk,tov,pf";
const JAMES =
  "0022300061,2023-10-24,1610612747,2544,LeBron James,29,21,10,16,1,4,0,1,1,7,8,5,1,0,2,3";
const DAVIS = JAMES.replace("2544,LeBron James", "203076,Anthony Davis");

const fileOf = (...lines: string[]) =>
  join(folderOf({ "box.csv": `${lines.join("\n")}\n` }), "box.csv");

describe("readOfficialLines", () => {
  it("reads each column into its statistic", async () => {
    expect(await readOfficialLines(fileOf(HEADING, JAMES))).toEqual([
      {
        gameId: "0022300061",
        date: "2023-10-24",
        rows: [
          {
            playerId: "2544",
            teamId: "1610612747",
            playerName: "LeBron James",
            minutes: 29,
            totals: {
              points: 21,
              fieldGoalsMade: 10,
              fieldGoalsAttempted: 16,
              threePointersMade: 1,
              threePointersAttempted: 4,
              freeThrowsMade: 0,
              freeThrowsAttempted: 1,
              offensiveRebounds: 1,
              defensiveRebounds: 7,
              rebounds: 8,
              assists: 5,
              steals: 1,
              blocks: 0,
              turnovers: 2,
              personalFouls: 3,
            },
          },
        ],
      },
    ]);
  });

  it("puts the rows of a game together, packed or not", async () => {
    const other = DAVIS.replace("0022300061", "0022300062");
    const text = `\uFEFF${[HEADING, JAMES, other, DAVIS].join("\r\n")}`;
    const file = join(folderOf({ "box.csv.gz": gzipSync(text) }), "box.csv.gz");
    const games = await readOfficialLines(file);

    expect(games.map(({ gameId, rows }) => [gameId, rows.map((row) => row.playerId)])).toEqual([
      ["0022300061", ["2544", "203076"]],
      ["0022300062", ["203076"]],
    ]);
  });

  it("does without date, name and minutes", async () => {
    const without = (line: string) =>
      line
        .split(",")
        .filter((_, i) => ![1, 4, 5].includes(i))
        .join(",");
    const [game] = await readOfficialLines(fileOf(without(HEADING), without(JAMES)));

    expect(game?.date).toBeUndefined();
    expect(game?.rows[0]).toMatchObject({ playerName: undefined, minutes: undefined });
  });

  it.each([
    ["a column missing", [HEADING.replace(",blk", ""), JAMES], "line 1: lacks the column blk."],
    [
      "two missing",
      [HEADING.replace(",blk,tov", ""), JAMES],
      "line 1: lacks the columns blk, tov.",
    ],
    [
      "a negative number",
      [HEADING, JAMES, DAVIS.replace(",29,21", ",29,-1")],
      'line 3: column pts must be a whole number from 0, not "-1".',
    ],
    [
      "a fraction",
      [HEADING, JAMES.replace(",29,21", ",29,2.5")],
      'line 2: column pts must be a whole number from 0, not "2.5".',
    ],
    [
      "a word",
      [HEADING, JAMES.replace(",29,21", ",x,21")],
      'line 2: column min must be a whole number from 0, not "x".',
    ],
    ["an empty number", [HEADING, JAMES.replace(",29,21", ",29,")], "line 2: column pts is empty."],
    ["no player", [HEADING, JAMES.replace("2544", "")], "line 2: column player_id is empty."],
    [
      "a player twice",
      [HEADING, JAMES, JAMES],
      "line 3: player 2544 has a line in game 0022300061 already.",
    ],
    [
      "a row cut short",
      [HEADING, JAMES, "0022300061,2023"],
      "line 3: is not CSV: Invalid Record Length",
    ],
    ["nothing in it", [], ": is empty."],
  ])("names file, line and column of a file with %s", async (_, lines, fault) => {
    const file = fileOf(...lines);

    await expect(readOfficialLines(file)).rejects.toThrow(file);
    await expect(readOfficialLines(file)).rejects.toThrow(fault);
  });

  it("says when the gzip data is cut off, and when there is no file", async () => {
    const packed = gzipSync(`${HEADING}\n${JAMES}\n`);
    const folder = folderOf({ "box.csv.gz": packed.subarray(0, packed.length - 9) });

    await expect(readOfficialLines(join(folder, "box.csv.gz"))).rejects.toThrow(
      "box.csv.gz: cannot be read: unexpected end of file.",
    );
    await expect(readOfficialLines(join(folder, "none.csv"))).rejects.toThrow(
      /none\.csv: cannot be read: ENOENT/,
    );
  });
});
