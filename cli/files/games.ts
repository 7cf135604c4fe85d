import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Absence } from "#domain/boxscore";
import {
  eveningTipOff,
  type SeasonType,
  seasonEndingIn,
  seasonOf,
  seasonTypeOf,
} from "#domain/games";
import { type Play, sidesOf } from "#domain/plays";
import { fileBeside } from "./beside.ts";
import { FileFault, saying } from "./fault.ts";
import { type LeagueEvent, leagueEvent } from "./league-event.ts";
import { linesOf } from "./lines.ts";
import { isLiveFile, type LiveBox, readLiveFeed } from "./live-feed.ts";
import { readTable } from "./table.ts";

/** A team in a game. */
export type GameTeam = {
  readonly teamId: string;
  /** Three letters, e.g. "LAL". */
  readonly tricode: string;
};

/** One game of the files: who, when, and its plays. */
export type GamePlays = {
  readonly gameId: string;
  readonly league: "nba";
  /** E.g. "2023-24". */
  readonly season: string;
  readonly type: SeasonType;
  /** Its day in New York, YYYY-MM-DD. */
  readonly date: string;
  /** When it begins, or is taken to begin, in milliseconds since the epoch. */
  readonly tipOff: number;
  /** Absent when no file says who plays at home and a team has not scored. */
  readonly home?: GameTeam;
  readonly away?: GameTeam;
  /** For players whom no roster has: names by id, the family's alone where the files have no more. */
  readonly playerNames: ReadonlyMap<string, string>;
  /** Who does not play, where a box score beside says it. */
  readonly didNotPlay?: readonly Absence[];
  /** Whether it has ended; event files only have such games. */
  readonly isOver: boolean;
  /** In the order of the file. */
  readonly plays: readonly Play[];
};

/** Which games files have, without their plays. */
export type GameIndex = readonly {
  readonly gameId: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly files: ReadonlySet<string>;
}[];

/**
 * Which games there are in `path`, a file or a folder of them, in the order of date, then id: event
 * files (`.ndjson`, `.ndjson.gz`) and the live feed's plays (`.json`, `.json.gz`). Other JSON in a
 * folder is passed over. Reads each file once, to its end. Throws FileFault when there is no such file,
 * one cannot be read, a line is no event, or two files of the live feed have one game.
 */
export async function indexGames(path: string): Promise<GameIndex> {
  const games = new Map<string, { gameId: string; date: string; files: Set<string> }>();
  for (const file of await eventFiles(path)) {
    if (isLiveFile(file)) {
      const game = await liveGame(file);
      if (game === undefined && file === path) throw new FileFault(file, undefined, NO_PLAYS);
      if (game === undefined) continue;
      const { gameId, date } = game;
      if (games.has(gameId)) {
        throw new FileFault(file, undefined, `has game ${gameId}, as another file has.`);
      }
      games.set(gameId, { gameId, date, files: new Set([file]) });
      continue;
    }
    let before: string | undefined;
    for await (const { number, text } of linesOf(file)) {
      // A file is mostly runs of one game's events, so most lines need no parsing here.
      const gameId = GAME_ID.exec(text)?.[1];
      if (gameId !== undefined && gameId === before) continue;
      const event = eventOf(file, number, text);
      before = event.gameId;
      const { date } = event;
      const game = games.get(before) ?? { gameId: before, date, files: new Set() };
      games.set(before, game);
      game.files.add(file);
    }
  }
  return [...games.values()].sort((a, b) => compare(a.date, b.date) || compare(a.gameId, b.gameId));
}

/**
 * The games of `path` as {@link indexGames} finds them, one by one in the same order, with tip-off and
 * home team from the nearest `games.csv` beside or above. `index` saves finding them again.
 *
 * Holds one file at a time, and more only where games of several files take turns. Throws FileFault
 * as indexGames does, when the reading gets there.
 */
export async function* readGames(path: string, index?: GameIndex): AsyncGenerator<GamePlays> {
  const games = index ?? (await indexGames(path));
  const planned = await plannedGames(path);
  const lastGameOf = new Map<string, string>();
  for (const { gameId, files } of games) for (const file of files) lastGameOf.set(file, gameId);

  const held = new Map<string, ReadonlyMap<string, LeagueEvent[]>>();
  for (const { gameId, files } of games) {
    const [file = path] = files;
    if (isLiveFile(file)) {
      const game = await liveGame(file);
      if (game?.gameId !== gameId) throw new FileFault(file, undefined, CHANGED);
      yield game;
      continue;
    }
    const events: LeagueEvent[] = [];
    for (const file of files) {
      const inFile = held.get(file) ?? (await readEvents(file));
      held.set(file, inFile);
      events.push(...(inFile.get(gameId) ?? []));
      if (lastGameOf.get(file) === gameId) held.delete(file);
    }
    yield gamePlays(file, events, planned.get(gameId));
  }
}

const GAME_ID = /^\{\s*"game_id"\s*:\s*"(\w+)"/;
const EVENT_FILE = /\.ndjson(\.gz)?$/;
const CHANGED = "changed while it was read.";
const NO_PLAYS = "has no plays (game.actions).";

/** What `games.csv` says of a game. */
type PlannedGame = {
  /** The date it was planned for, and when on it. */
  readonly date?: string;
  readonly tipOff?: number;
  readonly home: GameTeam;
  readonly away: GameTeam;
};

async function eventFiles(path: string): Promise<string[]> {
  let names: string[];
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    names = (await readdir(path))
      .filter((name) => EVENT_FILE.test(name) || isLiveFile(name))
      .sort();
  } catch (error) {
    throw new FileFault(path, undefined, `cannot be read: ${saying(error)}.`, error);
  }
  if (names.length > 0) return names.map((name) => join(path, name));
  const kinds = "*.ndjson or *.json, also with .gz";
  throw new FileFault(path, undefined, `has no event files (${kinds}).`);
}

async function readEvents(file: string): Promise<ReadonlyMap<string, LeagueEvent[]>> {
  const games = new Map<string, LeagueEvent[]>();
  for await (const { number, text } of linesOf(file)) {
    const event = eventOf(file, number, text);
    const game = games.get(event.gameId);
    if (game === undefined) games.set(event.gameId, [event]);
    else game.push(event);
  }
  return games;
}

function eventOf(file: string, line: number, text: string): LeagueEvent {
  try {
    return leagueEvent(text);
  } catch (error) {
    throw new FileFault(file, line, saying(error), error);
  }
}

async function plannedGames(path: string): Promise<ReadonlyMap<string, PlannedGame>> {
  const file = await fileBeside(path, /^games\.csv(\.gz)?$/);
  if (file === undefined) return new Map();
  const rows = await readTable(file, GAME_COLUMNS);
  return new Map(
    rows.map((row) => [
      row.text("game_id"),
      {
        date: row.optional("scheduled_date_et"),
        tipOff: row.optional("scheduled_tip_utc") ? row.time("scheduled_tip_utc") : undefined,
        home: { teamId: row.text("home_team_id"), tricode: row.text("home_team") },
        away: { teamId: row.text("away_team_id"), tricode: row.text("away_team") },
      },
    ]),
  );
}

const GAME_COLUMNS = ["game_id", "home_team_id", "home_team", "away_team_id", "away_team"];

function gamePlays(
  file: string,
  events: readonly LeagueEvent[],
  planned: PlannedGame | undefined,
): GamePlays {
  const [first] = events;
  if (first === undefined) throw new FileFault(file, undefined, CHANGED);
  const { gameId, date, seasonYear } = first;
  const { season, type } = seasonIn(file, gameId, seasonYear);
  // Games moved after the schedule came out still stand there at their former time.
  const plannedTipOff = planned?.date === date ? planned.tipOff : undefined;
  const tipOff = plannedTipOff ?? eveningTipOff(date);

  const plays = events.map(({ play }) => play);
  const playerNames = new Map<string, string>();
  for (const { play, familyName } of events) {
    if (play.playerId !== undefined && familyName !== undefined) {
      playerNames.set(play.playerId, familyName);
    }
  }
  const teams = planned ?? teamsOf(events, plays);
  const { home, away } = teams;
  const game = { gameId, league: "nba" as const, season, type, date, tipOff, home, away };
  return { ...game, playerNames, isOver: true, plays };
}

/** The game of a live feed's plays, with what its box score beside it says; undefined for other files. */
async function liveGame(file: string): Promise<GamePlays | undefined> {
  const feed = await readLiveFeed(file);
  if (feed?.kind !== "plays") return undefined;
  const { gameId, plays, isOver, tricodes, familyNames } = feed;
  const box = await liveBoxOf(gameId, file);
  const { homeTeamId, awayTeamId } = sidesOf(plays);
  const team = (teamId: string | undefined): GameTeam | undefined =>
    teamId === undefined ? undefined : { teamId, tricode: tricodes.get(teamId) ?? teamId };
  return {
    gameId,
    league: "nba",
    ...seasonIn(file, gameId),
    date: box?.date ?? feed.date,
    tipOff: box?.tipOff ?? feed.begunAt,
    home: box ? { teamId: box.home.teamId, tricode: box.home.tricode } : team(homeTeamId),
    away: box ? { teamId: box.away.teamId, tricode: box.away.tricode } : team(awayTeamId),
    playerNames: new Map([...familyNames, ...(box?.names ?? [])]),
    didNotPlay: box?.didNotPlay,
    isOver,
    plays,
  };
}

/** The live feed's box score of a game, if a file in the same folder or above has it. */
async function liveBoxOf(gameId: string, file: string): Promise<LiveBox | undefined> {
  const beside = await fileBeside(file, new RegExp(`^boxscore_${gameId}\\.json(\\.gz)?$`));
  const feed = beside === undefined ? undefined : await readLiveFeed(beside);
  return feed?.kind === "box" && feed.gameId === gameId ? feed : undefined;
}

function seasonIn(file: string, gameId: string, seasonYear?: number) {
  const season = seasonYear === undefined ? seasonOf(gameId) : seasonEndingIn(seasonYear);
  const type = seasonTypeOf(gameId);
  if (season !== undefined && type !== undefined) return { season, type };
  throw new FileFault(file, undefined, `game ${gameId} is of no known kind of season.`);
}

/** The teams by the events alone. */
function teamsOf(events: readonly LeagueEvent[], plays: readonly Play[]) {
  const { homeTeamId, awayTeamId } = sidesOf(plays);
  const tricodes = new Map(events.map(({ play, tricode }) => [play.teamId, tricode]));
  const team = (teamId: string | undefined): GameTeam | undefined =>
    teamId === undefined ? undefined : { teamId, tricode: tricodes.get(teamId) ?? teamId };
  return { home: team(homeTeamId), away: team(awayTeamId) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
