import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { all, eventLine, folderOf } from "./folder.fixture.ts";
import { FileFault, indexGames, readGames } from "./index.ts";

const GAMES_HEADING =
  "game_id,home_team_id,home_team,away_team_id,away_team,scheduled_tip_utc,scheduled_date_et\n";
const PLANNED = `${GAMES_HEADING}0022300061,1610612743,DEN,1610612747,LAL,2023-10-24T23:30:00Z,2023-10-24\n`;

describe("readGames", () => {
  it("reads a game with all that its events say", async () => {
    const folder = folderOf({ "a.ndjson": eventLine() });

    expect(await all(readGames(folder))).toEqual([
      {
        gameId: "0022300061",
        league: "nba",
        season: "2023-24",
        type: "regular",
        date: "2023-10-24",
        tipOff: Date.parse("2023-10-24T23:00:00Z"),
        home: undefined,
        away: { teamId: "1610612747", tricode: "LAL" },
        playerNames: new Map([["203076", "Davis"]]),
        isOver: true,
        plays: [
          {
            actionNumber: 7,
            period: 1,
            clockLeftMs: 702_500,
            action: "2pt",
            description: "A. Davis DUNK (2 PTS) (D. Russell 1 AST)",
            teamId: "1610612747",
            playerId: "203076",
            made: true,
            assisterId: "1626156",
            onCourt: ["203076", "1626156", "203999"],
            score: { home: 0, away: 2 },
          },
        ],
      },
    ]);
  });

  it("takes person 0 for the team", async () => {
    const event = eventLine({
      person_id: 0,
      playerName: null,
      assister_id: null,
      shotResult: null,
    });
    const [game] = await all(readGames(folderOf({ "a.ndjson": event })));

    expect(game?.plays[0]).toMatchObject({
      playerId: undefined,
      assisterId: undefined,
      made: false,
    });
    expect(game?.playerNames.size).toBe(0);
  });

  it.each([
    ["", "events/a.ndjson"],
    ["events", "events/a.ndjson"],
    ["events/a.ndjson.gz", "events/a.ndjson.gz"],
  ])("takes tip-off and sides of the games.csv above (%j)", async (path, name) => {
    const bytes = name.endsWith(".gz") ? gzipSync(eventLine()) : eventLine();
    const folder = folderOf({
      "games.csv": PLANNED,
      [name]: bytes,
      ...(path === "" && { "b.ndjson": eventLine() }),
    });

    expect(await all(readGames(join(folder, path)))).toMatchObject([
      {
        tipOff: Date.parse("2023-10-24T23:30:00Z"),
        home: { teamId: "1610612743", tricode: "DEN" },
        away: { teamId: "1610612747", tricode: "LAL" },
      },
    ]);
  });

  it("takes 19:00 in New York for a game that was moved to another day", async () => {
    const moved = PLANNED.replace(",2023-10-24\n", ",2023-10-23\n");
    const folder = folderOf({ "games.csv": moved, "a.ndjson": eventLine() });
    const [game] = await all(readGames(folder));

    expect(game?.tipOff).toBe(Date.parse("2023-10-24T23:00:00Z"));
    expect(game?.home?.tricode).toBe("DEN");
  });

  it("takes 19:00 in New York for a game of which no time was published", async () => {
    const unknown = `${GAMES_HEADING}0022300061,1610612743,DEN,1610612747,LAL,,\n`;
    const folder = folderOf({ "games.csv": unknown, "a.ndjson": eventLine() });
    const [game] = await all(readGames(folder));

    expect(game?.tipOff).toBe(Date.parse("2023-10-24T23:00:00Z"));
  });

  it("gives games by date, then id, whatever file they are in, and each one once", async () => {
    const second = eventLine({ game_id: "0022300062" });
    const next = eventLine({ game_id: "0022300001", date: 20231025 });
    const folder = folderOf({
      "a.ndjson": next + second + eventLine({ actionNumber: 1 }),
      "b.ndjson.gz": gzipSync(second + eventLine({ actionNumber: 2 })),
      "notes.txt": "no events",
    });
    const games = await all(readGames(folder));

    expect(games.map(({ gameId, plays }) => [gameId, plays.length])).toEqual([
      ["0022300061", 2],
      ["0022300062", 2],
      ["0022300001", 1],
    ]);
  });

  it("reads the season from the id where the events do not say it", async () => {
    const event = eventLine({ game_id: "0042100401", season_year: undefined });
    const [game] = await all(readGames(folderOf({ "a.ndjson": event })));

    expect(game).toMatchObject({ season: "2021-22", type: "playoffs" });
  });

  it("takes the season that the events say before the id's", async () => {
    const [game] = await all(readGames(folderOf({ "a.ndjson": eventLine({ season_year: 2020 }) })));

    expect(game?.season).toBe("2019-20");
  });

  it("reads Windows line ends, blank lines and a last line without an end", async () => {
    const text = `${eventLine().trim()}\r\n\r\n${eventLine({ actionNumber: 8 }).trim()}`;
    const [game] = await all(readGames(folderOf({ "a.ndjson": text })));

    expect(game?.plays.map(({ actionNumber }) => actionNumber)).toEqual([7, 8]);
  });

  it.each([
    ["not JSON", "{", "line 2: is not JSON."],
    ["not an object", "[1]", "line 2: is not a JSON object."],
    ["without a field", eventLine({ clock: undefined }), "line 2: lacks the field clock."],
    [
      "with a bad clock",
      eventLine({ clock: "11:42" }),
      'field clock must be a duration such as PT11M42.00S, not "11:42".',
    ],
    [
      "with a bad number",
      eventLine({ period: -1 }),
      "field period must be a whole number from 0, not -1.",
    ],
    [
      "with a fraction",
      eventLine({ actionNumber: 1.5 }),
      "field actionNumber must be a whole number from 0, not 1.5.",
    ],
    [
      "with a bad date",
      eventLine({ date: "24 Oct" }),
      'field date must be a day such as 20231024, not "24 Oct".',
    ],
    ["with no team", eventLine({ teamId: null }), "field teamId must be an id, not null."],
    ["with a bad text", eventLine({ actionType: 2 }), "field actionType must be text, not 2."],
    [
      "with a bad list",
      eventLine({ players_on: [1, null] }),
      "field players_on must be a list of ids, not [1,null].",
    ],
    [
      "with no list",
      eventLine({ players_on: "ten" }),
      'field players_on must be a list of ids, not "ten".',
    ],
  ])("names file, line and fault of an event %s", async (_, bad, fault) => {
    const file = join(folderOf({ "a.ndjson": eventLine() + bad }), "a.ndjson");
    const reading = all(readGames(file));

    await expect(reading).rejects.toThrow(FileFault);
    await expect(all(readGames(file))).rejects.toThrow(`${file}, line 2: `);
    await expect(all(readGames(file))).rejects.toThrow(fault);
  });

  it("names the file and line where gzip data is cut off", async () => {
    const lines = Array.from({ length: 400 }, (_, i) => eventLine({ actionNumber: i * 7919 }));
    const packed = gzipSync(lines.join(""));
    const folder = folderOf({ "a.ndjson.gz": packed.subarray(0, packed.length - 20) });

    await expect(all(readGames(folder))).rejects.toThrow(
      /a\.ndjson\.gz, line \d+: cannot be read: unexpected end of file\.$/,
    );
  });

  it("says when a file that is named .gz is not packed", async () => {
    const folder = folderOf({ "a.ndjson.gz": eventLine() });

    await expect(all(readGames(folder))).rejects.toThrow(
      `${join(folder, "a.ndjson.gz")}: cannot be read: incorrect header check.`,
    );
  });

  it("refuses a line without end", async () => {
    const folder = folderOf({ "a.ndjson": "x".repeat(3_000_000) });

    await expect(all(readGames(folder))).rejects.toThrow(
      "line 1: is longer than 1048576 characters.",
    );
  });

  it("refuses a game of no known kind", async () => {
    const folder = folderOf({ "a.ndjson": eventLine({ game_id: "0032300001" }) });

    await expect(all(readGames(folder))).rejects.toThrow(
      "a.ndjson: game 0032300001 is of no known kind of season.",
    );
  });
});

describe("indexGames", () => {
  it("lists the games with their files, without plays", async () => {
    const folder = folderOf({ "a.ndjson": eventLine() + eventLine({ actionNumber: 8 }) });

    expect(await indexGames(folder)).toEqual([
      { gameId: "0022300061", date: "2023-10-24", files: new Set([join(folder, "a.ndjson")]) },
    ]);
  });

  it("says when there is no such path, or nothing in it", async () => {
    const folder = folderOf({ "notes.txt": "" });

    await expect(indexGames(join(folder, "none"))).rejects.toThrow(/none: cannot be read: ENOENT/);
    await expect(indexGames(folder)).rejects.toThrow(
      `${folder}: has no event files (*.ndjson or *.json, also with .gz).`,
    );
  });
});
