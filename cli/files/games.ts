import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
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
import { readTable } from "./table.ts";

/** A team in a game. */
export type GameTeam = {
  readonly teamId: string;
  /** Three letters, e.g. "LAL". */
  readonly tricode: string;
};

/** One game of the event files: who, when, and its plays. */
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
  /** Who acted, by id: family names, for players whom no roster has. */
  readonly familyNames: ReadonlyMap<string, string>;
  /** In the order of the file. */
  readonly plays: readonly Play[];
};

/** Which games event files have, without their plays. */
export type GameIndex = readonly {
  readonly gameId: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly files: ReadonlySet<string>;
}[];

/**
 * Which games there are in `path`, an event file (`.ndjson`, `.ndjson.gz`) or a folder of them, in the
 * order of date, then id. Reads each file once, to its end. Throws FileFault when there is no event
 * file, one cannot be read, or a line is no event.
 */
export async function indexGames(path: string): Promise<GameIndex> {
  const games = new Map<string, { gameId: string; date: string; files: Set<string> }>();
  for (const file of await eventFiles(path)) {
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
    const events: LeagueEvent[] = [];
    for (const file of files) {
      const inFile = held.get(file) ?? (await readEvents(file));
      held.set(file, inFile);
      events.push(...(inFile.get(gameId) ?? []));
      if (lastGameOf.get(file) === gameId) held.delete(file);
    }
    const [file = path] = files;
    yield gamePlays(file, events, planned.get(gameId));
  }
}

const GAME_ID = /^\{\s*"game_id"\s*:\s*"(\w+)"/;
const EVENT_FILE = /\.ndjson(\.gz)?$/;

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
    names = (await readdir(path)).filter((name) => EVENT_FILE.test(name)).sort();
  } catch (error) {
    throw new FileFault(path, undefined, `cannot be read: ${saying(error)}.`, error);
  }
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new FileFault(path, undefined, "has no event files (*.ndjson, *.ndjson.gz).");
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
  if (first === undefined) throw new FileFault(file, undefined, "changed while it was read.");
  const { gameId, date, seasonYear } = first;
  const season = seasonYear === undefined ? seasonOf(gameId) : seasonEndingIn(seasonYear);
  const type = seasonTypeOf(gameId);
  if (season === undefined || type === undefined) {
    throw new FileFault(file, undefined, `game ${gameId} is of no known kind of season.`);
  }
  // Games moved after the schedule came out still stand there at their former time.
  const plannedTipOff = planned?.date === date ? planned.tipOff : undefined;
  const tipOff = plannedTipOff ?? eveningTipOff(date);

  const plays = events.map(({ play }) => play);
  const familyNames = new Map<string, string>();
  for (const { play, familyName } of events) {
    if (play.playerId !== undefined && familyName !== undefined) {
      familyNames.set(play.playerId, familyName);
    }
  }
  const teams = planned ?? teamsOf(events, plays);
  const { home, away } = teams;
  return { gameId, league: "nba", season, type, date, tipOff, home, away, familyNames, plays };
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
