import { ABBREVIATIONS, COUNTING, type Counting } from "#domain/statistics";
import { type Row, readTable } from "./table.ts";

/** One player in one game as the league published it. */
export type OfficialRow = {
  readonly playerId: string;
  readonly teamId: string;
  /** As the file spells it; absent when the file has no such column. */
  readonly playerName?: string;
  /** Whole minutes, rounded half up; absent when the file has no such column. */
  readonly minutes?: number;
  /** The fifteen counting statistics. */
  readonly totals: Readonly<Record<Counting, number>>;
};

/** The official box score of one game. */
export type OfficialGame = {
  readonly gameId: string;
  /** YYYY-MM-DD; absent when the file has no such column. */
  readonly date?: string;
  /** In the order of the file; no player twice. */
  readonly rows: readonly OfficialRow[];
};

/**
 * The games of a file of official player lines (`.csv` or `.csv.gz`), in the order in which the file
 * first names them. Throws FileFault naming file, line and column on anything that it cannot take,
 * also on a player who comes twice in a game.
 */
export async function readOfficialLines(file: string): Promise<OfficialGame[]> {
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
