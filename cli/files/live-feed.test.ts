import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type PlayerLine, playedGame, type TeamLine } from "#domain/plays";
import { all, folderOf } from "./folder.fixture.ts";
import { indexGames, readGames, readOfficialLines } from "./index.ts";
import { type LiveBox, readLiveFeed } from "./live-feed.ts";

const FEED = fileURLToPath(new URL("../../data/cdn-live", import.meta.url));

/** Every whole game that ships: its lines, and the official box score. */
async function wholeGames() {
  const games = await all(readGames(FEED));
  expect(games.map(({ gameId }) => gameId)).toEqual(["0022000001", "0022500775", "0022500777"]);
  return Promise.all(
    games.map(async (game) => {
      const box = (await readLiveFeed(join(FEED, `boxscore_${game.gameId}.json.gz`))) as LiveBox;
      const { lines } = playedGame(game.plays, game.tipOff, game.isOver);
      const players = new Map<string, PlayerLine>();
      const teams = new Map<string, TeamLine>();
      for (const line of lines) {
        if (line.kind === "player") players.set(line.playerId, line);
        else teams.set(line.teamId, line);
      }
      return { game, box, lines, players, teams };
    }),
  );
}

describe("the live feed of three whole games", () => {
  it("comes to the official box score in all 69 lines, and to the second on court", async () => {
    let equal = 0;
    for (const { box, players } of await wholeGames()) {
      expect([...players.keys()].sort()).toEqual(box.rows.map(({ playerId }) => playerId).sort());
      for (const { playerId, teamId, totals, playedMs } of box.rows) {
        const line = players.get(playerId);
        const secondsPlayed = Math.floor(playedMs / 1000);
        expect([playerId, line?.teamId]).toEqual([playerId, teamId]);
        expect([playerId, line?.totals]).toEqual([playerId, { ...totals, secondsPlayed }]);
        equal += 1;
      }
    }
    expect(equal).toBe(69);
  });

  it("has the points of each team's periods, and the rebounds and turnovers of teams alone", async () => {
    for (const { box, players, teams } of await wholeGames()) {
      for (const { teamId, points, alone } of [box.home, box.away]) {
        const own = [...players.values()].filter((line) => line.teamId === teamId);
        const sums = points.map((_, at) =>
          own
            .flatMap(({ periods }) => periods.filter(({ period }) => period === at + 1))
            .reduce((sum, { totals }) => sum + totals.points, 0),
        );
        expect([teamId, sums]).toEqual([teamId, points]);
        expect(teams.get(teamId)?.totals).toMatchObject(alone);
      }
    }
  });

  it("takes the times of the plays, which never go back", async () => {
    for (const { game, lines } of await wholeGames()) {
      const times = lines.map(({ happenedAt }) => happenedAt);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const wall = new Set(game.plays.map(({ happenedAt }) => happenedAt));
      expect(times.every((at) => wall.has(at))).toBe(true);
    }
  });

  it("knows day, tip-off, sides and whole names by the box score beside", async () => {
    const [first] = await wholeGames();

    expect(first?.game).toMatchObject({
      season: "2020-21",
      type: "regular",
      date: "2020-12-22",
      tipOff: Date.parse("2020-12-23T00:00:00Z"),
      home: { teamId: "1610612751", tricode: "BKN" },
      away: { teamId: "1610612744", tricode: "GSW" },
      isOver: true,
    });
    expect(first?.game.playerNames.get("201939")).toBe("Stephen Curry");
  });

  it("gives the official lines of those who played, with minutes rounded half up", async () => {
    const games = await readOfficialLines(join(FEED, "boxscore_0022500775.json.gz"));

    expect(games).toMatchObject([{ gameId: "0022500775", date: "2026-02-11" }]);
    expect(games[0]?.rows).toHaveLength(21);
    expect(games[0]?.rows[0]).toMatchObject({
      playerId: "1642851",
      teamId: "1610612766",
      playerName: "Kon Knueppel",
      minutes: 30,
      totals: { points: 18, rebounds: 6, offensiveRebounds: 2, personalFouls: 4, turnovers: 3 },
    });
  });
});

describe("who did not play in them", () => {
  it("is each player without a line, with the league's reason where it gives one", async () => {
    const counts: string[] = [];
    const all: (readonly [string, string, boolean, string, string])[] = [];
    for (const { game, box } of await wholeGames()) {
      const played = new Set(box.rows.map(({ playerId }) => playerId));
      const absent = box.didNotPlay.map(({ playerId }) => playerId);
      expect(new Set([...played, ...absent])).toEqual(new Set(box.names.keys()));
      expect(absent.filter((playerId) => played.has(playerId))).toEqual([]);
      expect(game.didNotPlay).toEqual(box.didNotPlay);
      const official = await readOfficialLines(join(FEED, `boxscore_${game.gameId}.json.gz`));
      expect(official[0]?.didNotPlay).toEqual(box.didNotPlay);
      counts.push(`${absent.length} of ${box.names.size}`);
      for (const { playerId, teamId, inactive, reason, description } of box.didNotPlay) {
        all.push([playerId, teamId, inactive, reason, description]);
      }
    }

    expect(counts).toEqual(["6 of 34", "15 of 36", "14 of 34"]);
    expect(all).toContainEqual([
      ...(["203110", "1610612744", true, "INACTIVE_INJURY", "Right foot soreness"] as const),
    ]);
    expect(all).toContainEqual(["1628970", "1610612766", false, "DND_LEAGUE_SUSPENSION", ""]);
    expect(all).toContainEqual(["1626192", "1610612766", false, "", ""]);
  });

  it("is unknown of those on the active list before the end", async () => {
    const player = (personId: number, status: string) => ({
      ...{ personId, status, name: "N", played: "0" },
    });
    const box = boxOfGame(2);
    const players = [player(1, "ACTIVE"), player(2, "INACTIVE")];
    const folder = folderOf(fileOf("box.json", { ...box, homeTeam: { ...box.homeTeam, players } }));

    const feed = (await readLiveFeed(join(folder, "box.json"))) as LiveBox;

    expect(feed.didNotPlay).toEqual([
      { playerId: "2", teamId: "11", inactive: true, reason: "", description: "" },
    ]);
  });
});

const GAME_ID = "0022500001";
const HOME = 11;
const AWAY = 22;

/** An action as the feed has it. Without more it is a timeout of the home team. */
function action(number: number, at: string, over: Readonly<Record<string, unknown>> = {}) {
  const [period, clock] = at.split(" ");
  const [minutes, seconds] = (clock ?? "").split(":");
  return {
    actionNumber: number,
    orderNumber: number * 10_000,
    period: Number(period),
    clock: `PT${minutes}M${seconds}.00S`,
    timeActual: new Date(Date.parse("2025-11-02T01:00:00.5Z") + 1_000 * number).toISOString(),
    edited: "2025-11-02T03:00:00Z",
    actionType: "timeout",
    description: "",
    teamId: HOME,
    teamTricode: "HOM",
    personId: 0,
    personIdsFilter: [],
    scoreHome: "0",
    scoreAway: "0",
    ...over,
  };
}

/** Each of the ten is seen in a play of no consequence; home 1 to 5, away 6 to 10. */
function tipOff(first: number, at: string) {
  return [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((personId, i) =>
    action(first + i, at, {
      actionType: "jumpball",
      personId,
      personIdsFilter: [personId],
      teamId: personId <= 5 ? HOME : AWAY,
    }),
  );
}

/** A box score without players; status 2 is live and 3 final. */
function boxOfGame(gameStatus: number) {
  const side = (teamId: number) => ({
    teamId,
    teamTricode: "X",
    players: [],
    periods: [],
    statistics: { reboundsTeamOffensive: 0, reboundsTeamDefensive: 0, turnoversTeam: 0 },
  });
  return {
    gameId: GAME_ID,
    gameStatus,
    gameTimeUTC: "2025-11-02T00:00:00Z",
    gameTimeHome: "2025-11-01T19:00:00-05:00",
    homeTeam: side(HOME),
    awayTeam: side(AWAY),
  };
}

const fileOf = (name: string, game: unknown) => {
  const text = JSON.stringify({ meta: {}, game });
  return { [name]: name.endsWith(".gz") ? gzipSync(text) : text };
};
const playsFile = (...actions: unknown[]) => fileOf("plays.json", { gameId: GAME_ID, actions });
const stealOf = (personId: number) => ({
  actionType: "steal",
  personId,
  personIdsFilter: [personId],
  teamId: HOME,
});

describe("readGames of the live feed's plays", () => {
  it("takes a game without an end as one that goes on, by the day in New York", async () => {
    const file = playsFile(action(1, "1 12:00"), action(2, "1 11:00", stealOf(1)));
    const [game] = await all(readGames(folderOf(file)));

    const { lines } = playedGame(game?.plays ?? [], 0, game?.isOver);

    expect(game).toMatchObject({ isOver: false, date: "2025-11-01", home: undefined });
    expect(lines.map(({ clockLeftMs }) => clockLeftMs)).toEqual([720_000, 660_000]);
    expect(game?.tipOff).toBe(Date.parse("2025-11-02T01:00:01.5Z"));
  });

  it("tells who began a period from its plays, and takes a silent one from the former end", async () => {
    const subs = [
      action(21, "1 6:00", {
        actionType: "substitution",
        personId: 5,
        description: "SUB out: X",
      }),
      action(22, "1 6:00", {
        actionType: "substitution",
        personId: 12,
        description: "SUB in: Y",
      }),
    ];
    // In the second period nobody sees player 1, and all others of the home team act.
    const second = [2, 3, 4, 12].map((one, i) => action(30 + i, "2 11:00", stealOf(one)));
    const technical = action(40, "2 9:00", {
      ...stealOf(5),
      actionType: "foul",
      subType: "technical",
    });
    const file = playsFile(...tipOff(1, "1 12:00"), ...subs, ...second, technical);
    const [game] = await all(readGames(folderOf(file)));
    const at = (number: number) =>
      game?.plays
        .find(({ actionNumber }) => actionNumber === number)
        ?.onCourt.filter((one) => !["6", "7", "8", "9", "10"].includes(one))
        .sort();

    expect(at(1)).toEqual(["1", "2", "3", "4", "5"]);
    expect(at(22)).toEqual(["1", "12", "2", "3", "4"]);
    expect(at(40)).toEqual(["1", "12", "2", "3", "4"]);
  });

  it("has overtimes of five minutes, and late entries in the order in which they happened", async () => {
    // Later than the play at the same clock by its number, and before it in the game.
    const late = { ...action(60, "1 3:00", stealOf(1)), orderNumber: 195_000 };
    const file = playsFile(
      ...tipOff(1, "1 12:00"),
      action(20, "1 3:00", stealOf(1)),
      action(21, "1 1:00", stealOf(1)),
      ...tipOff(30, "5 5:00"),
      action(50, "5 4:00", stealOf(1)),
      late,
      action(61, "5 0:00", { actionType: "game", subType: "end", teamId: undefined }),
    );
    const [game] = await all(readGames(folderOf(file)));
    const { lines } = playedGame(game?.plays ?? [], 0, game?.isOver);
    const own = lines.filter((line) => line.kind === "player" && line.playerId === "1");
    const last = own.at(-1) as PlayerLine;

    expect(game?.plays.map(({ actionNumber }) => actionNumber)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 60, 20, 21],
      ...[30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 50, 61],
    ]);
    expect(last.totals.steals).toBe(4);
    expect(
      last.periods.map(({ period, totals }) => [period, totals.steals, totals.secondsPlayed]),
    ).toEqual([
      [1, 3, 720],
      [5, 1, 300],
    ]);
  });

  it("gives nobody a play that is no team's", async () => {
    const ejection = action(1, "1 12:00", { personId: 99, teamId: undefined });
    const [game] = await all(readGames(folderOf(playsFile(ejection))));

    expect(game?.plays).toMatchObject([{ teamId: "", playerId: undefined }]);
  });

  it("goes by the day where the game is played, if a box score beside says it", async () => {
    const box = { ...boxOfGame(3), gameTimeHome: "2025-11-02T12:00:00+09:00" };
    const file = playsFile(action(1, "1 12:00"));
    const folder = folderOf({ ...file, ...fileOf(`boxscore_${GAME_ID}.json`, box) });
    const [game] = await all(readGames(folder));

    expect(game).toMatchObject({ date: "2025-11-02", home: { teamId: "11", tricode: "X" } });
  });

  it("passes over other JSON in a folder, and refuses it where it is named", async () => {
    const folder = folderOf({
      ...playsFile(action(1, "1 12:00")),
      ...fileOf("scoreboard.json.gz", undefined),
      ...fileOf("box.json", { homeTeam: { teamId: 1, players: [] } }),
    });

    await expect(indexGames(folder)).rejects.toThrow("box.json: lacks the field awayTeam.");
    const board = join(folder, "scoreboard.json.gz");
    await expect(indexGames(board)).rejects.toThrow("scoreboard.json.gz: has no plays");
    await expect(readOfficialLines(join(folder, "plays.json"))).rejects.toThrow("has no box score");
  });

  it.each([
    ["clock", "11:00", "action 1 of 1 field clock must be a duration such as PT11M42.00S"],
    ["timeActual", "2025-11-02", "action 1 of 1 field timeActual must be a time such as"],
    ["scoreHome", "many", "action 1 of 1 field scoreHome must be a score"],
    ["orderNumber", undefined, "action 1 of 1 lacks the field orderNumber."],
    ["personIdsFilter", [{}], "action 1 of 1 field personIdsFilter must be a list of ids"],
  ])("names the action and the field %s that is wrong", async (field, value, fault) => {
    const folder = folderOf(playsFile(action(1, "1 12:00", { ...stealOf(1), [field]: value })));

    await expect(indexGames(folder)).rejects.toThrow(`plays.json: ${fault}`);
  });

  it("refuses a game that two files have", async () => {
    const folder = folderOf({
      ...playsFile(action(1, "1 12:00")),
      ...fileOf("again.json", { gameId: GAME_ID, actions: [action(1, "1 12:00")] }),
    });

    await expect(indexGames(folder)).rejects.toThrow(`has game ${GAME_ID}, as another file has.`);
  });
});

describe("readOfficialLines of a live box score", () => {
  it("refuses a game that is not over", async () => {
    const folder = folderOf(fileOf("box.json", boxOfGame(2)));

    await expect(readOfficialLines(join(folder, "box.json"))).rejects.toThrow(
      `is of game ${GAME_ID} before its end`,
    );
  });
});
