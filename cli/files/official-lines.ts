import type { Absence } from "#domain/boxscore";
import { ABBREVIATIONS, COUNTING, type Counting } from "#domain/statistics";
import { FileFault } from "./fault.ts";
import { isLiveFile, readLiveFeed } from "./live-feed.ts";
import type { OfficialRow } from "./official-row.ts";
import { type Row, readTable } from "./table.ts";

/** The official box score of one game. */
export type OfficialGame = {
  readonly gameId: string;
  /** YYYY-MM-DD; absent when the file has no such column. */
  readonly date?: string;
  /** In the order of the file; no player twice. */
  readonly rows: readonly OfficialRow[];
  /** Who did not play; absent when the file does not say. */
  readonly didNotPlay?: readonly Absence[];
};

/**
 * The games of a file of official player lines: a table (`.csv` or `.csv.gz`), in the order in which it
 * first names them, or the live feed's box score of one final game (`.json` or `.json.gz`). Throws
 * FileFault naming file, line and column on anything that it cannot take, also on a player who comes
 * twice in a game, and on a game that is not over.
 */
export async function readOfficialLines(file: string): Promise<OfficialGame[]> {
  if (isLiveFile(file)) return [await officialGame(file)];
  const games = new Map<string, { date?: string; rows: Map<string, OfficialRow> }>();
  for (const row of await readTable(file, COLUMNS)) {
    const gameId = row.text("game_id");
    const game = games.get(gameId) ?? { date: row.optional("game_date"), rows: new Map() };
    games.set(gameId, game);
    const official = officialRow(row);
    if (game.rows.has(official.playerId)) {
      throw row.fault(`player ${official.playerId} has a line in game ${gameId} already.`);
    }
    game.rows.set(official.playerId, official);
  }
  return Array.from(games, ([gameId, { date, rows }]) => {
    return { gameId, date, rows: [...rows.values()] };
  });
}

async function officialGame(file: string): Promise<OfficialGame> {
  const feed = await readLiveFeed(file);
  const fault = (text: string) => new FileFault(file, undefined, text);
  if (feed?.kind !== "box") throw fault("has no box score (game.homeTeam, game.awayTeam).");
  const { gameId, date, isFinal, didNotPlay } = feed;
  if (!isFinal) throw fault(`is of game ${gameId} before its end: its lines are not official yet.`);
  const rows = new Map<string, OfficialRow>();
  for (const { playedMs: _, ...row } of feed.rows) {
    if (rows.has(row.playerId)) throw fault(`player ${row.playerId} has two lines.`);
    rows.set(row.playerId, row);
  }
  return { gameId, date, rows: [...rows.values()], didNotPlay };
}

const COLUMNS = [
  "game_id",
  "team_id",
  "player_id",
  ...COUNTING.map((statistic) => ABBREVIATIONS[statistic]),
];

function officialRow(row: Row): OfficialRow {
  const count = (statistic: Counting) => row.count(ABBREVIATIONS[statistic]);
  return {
    playerId: row.text("player_id"),
    teamId: row.text("team_id"),
    playerName: row.optional("player_name"),
    minutes: row.optional("min") === undefined ? undefined : row.count("min"),
    totals: {
      points: count("points"),
      fieldGoalsMade: count("fieldGoalsMade"),
      fieldGoalsAttempted: count("fieldGoalsAttempted"),
      threePointersMade: count("threePointersMade"),
      threePointersAttempted: count("threePointersAttempted"),
      freeThrowsMade: count("freeThrowsMade"),
      freeThrowsAttempted: count("freeThrowsAttempted"),
      offensiveRebounds: count("offensiveRebounds"),
      defensiveRebounds: count("defensiveRebounds"),
      rebounds: count("rebounds"),
      assists: count("assists"),
      steals: count("steals"),
      blocks: count("blocks"),
      turnovers: count("turnovers"),
      personalFouls: count("personalFouls"),
    },
  };
}
