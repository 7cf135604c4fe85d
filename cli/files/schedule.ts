import { type SeasonType, seasonOf, seasonTypeOf } from "#domain/games";
import { fileBeside } from "./beside.ts";
import type { GameTeam } from "./games.ts";
import { type Row, readTable } from "./table.ts";

/** A game as it was planned. */
export type ScheduledGame = {
  readonly gameId: string;
  readonly league: "nba";
  /** E.g. "2023-24". */
  readonly season: string;
  readonly type: SeasonType;
  /** Its day in New York, YYYY-MM-DD. */
  readonly date: string;
  /** Milliseconds since the epoch; absent while the teams are. */
  readonly tipOff?: number;
  /** Absent in a knock-out game whose teams were not known yet. */
  readonly home?: GameTeam;
  readonly away?: GameTeam;
};

/**
 * The games of the nearest `schedule-as-published-….csv` or `.csv.gz` beside or above `path`, in the
 * order of the file. Empty where there is no such file; throws FileFault when there is a bad one.
 */
export async function readSchedule(path: string): Promise<ScheduledGame[]> {
  const file = await fileBeside(path, /^schedule-as-published-.*\.csv(\.gz)?$/);
  return file === undefined ? [] : (await readTable(file, COLUMNS)).map(scheduledGame);
}

const COLUMNS = [
  "game_id",
  "game_date_et",
  "tip_utc",
  "home_team_id",
  "home_team",
  "away_team_id",
  "away_team",
];

/** The league's id for a team to be known later; the time beside it is but midnight. */
const TEAM_UNKNOWN = "0";

function scheduledGame(row: Row): ScheduledGame {
  const gameId = row.text("game_id");
  const season = seasonOf(gameId);
  const type = seasonTypeOf(gameId);
  if (season === undefined || type === undefined) {
    throw row.fault(`game ${gameId} is of no known kind of season.`);
  }
  return {
    gameId,
    league: "nba",
    season,
    type,
    date: row.text("game_date_et"),
    ...(row.text("home_team_id") !== TEAM_UNKNOWN && {
      tipOff: row.time("tip_utc"),
      home: { teamId: row.text("home_team_id"), tricode: row.text("home_team") },
      away: { teamId: row.text("away_team_id"), tricode: row.text("away_team") },
    }),
  };
}
