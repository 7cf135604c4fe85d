import type { Statistic, Totals } from "#domain/statistics";
import { ratio } from "./known.ts";

/** What a player needs to be named among the leaders of a category. */
export type Minimum =
  /** To have played this many of each 100 games of the team. */
  | { readonly kind: "games"; readonly percentOfTeamGames: number }
  /** To have this many of a statistic in a whole season, and its share of that earlier in it. */
  | { readonly kind: "total"; readonly statistic: Statistic; readonly inSeason: number };

/** The leaders' categories that have a minimum. */
export type LeaderCategory =
  | "pointsPerGame"
  | "reboundsPerGame"
  | "assistsPerGame"
  | "stealsPerGame"
  | "blocksPerGame"
  | "minutesPerGame"
  | "fieldGoalPercentage"
  | "threePointPercentage"
  | "freeThrowPercentage"
  | "assistToTurnover"
  | "stealToTurnover";

/** The minimums of a league's season. A shortened season is the same data with fewer games. */
export type LeaderMinimums = {
  /** The name of these minimums: another number after the stroke when any of them changes. */
  readonly version: string;
  /** The games of a team in a whole season. */
  readonly seasonGames: number;
  readonly minimums: Readonly<Record<LeaderCategory, Minimum>>;
};

const MOST_GAMES: Minimum = { kind: "games", percentOfTeamGames: 70 };

/**
 * The NBA's minimums since 2013-14, for those who configure no others. Source: stats.nba.com,
 * "Statistical Minimums to Qualify For NBA League Leaders" (6 November 2013):
 * 70 % of the team's games (58 of 82), 300 field goals, 82 three-pointers, 125 free throws, 200 assists
 * (AST/TO), 82 steals (STL/TO).
 */
export const NBA_LEADER_MINIMUMS: LeaderMinimums = {
  version: "nba/1",
  seasonGames: 82,
  minimums: {
    pointsPerGame: MOST_GAMES,
    reboundsPerGame: MOST_GAMES,
    assistsPerGame: MOST_GAMES,
    stealsPerGame: MOST_GAMES,
    blocksPerGame: MOST_GAMES,
    minutesPerGame: MOST_GAMES,
    fieldGoalPercentage: { kind: "total", statistic: "fieldGoalsMade", inSeason: 300 },
    threePointPercentage: { kind: "total", statistic: "threePointersMade", inSeason: 82 },
    freeThrowPercentage: { kind: "total", statistic: "freeThrowsMade", inSeason: 125 },
    assistToTurnover: { kind: "total", statistic: "assists", inSeason: 200 },
    stealToTurnover: { kind: "total", statistic: "steals", inSeason: 82 },
  },
};

/**
 * The least whole number of games or of the statistic that qualifies after so many games of the
 * team: its percentage of them, or its season's number × team games / season's games, rounded up.
 * Version 1. Source: as {@link NBA_LEADER_MINIMUMS}; a season's part as in 300/82 a team game.
 */
export function needed(minimum: Minimum, teamGames: number, seasonGames: number): number {
  if (minimum.kind === "games") return gamesNeeded(minimum.percentOfTeamGames, teamGames);
  return Math.ceil((minimum.inSeason * teamGames) / seasonGames);
}

/**
 * Whether a player may be named among the leaders of a category, after so many games of the
 * player's team. A statistic that is unknown does not qualify, and neither does a player without a
 * game.
 * Version 1. Source: as {@link NBA_LEADER_MINIMUMS}.
 */
export function qualifies(
  category: LeaderCategory,
  player: { readonly games: number; readonly totals: Totals },
  teamGames: number,
  { minimums, seasonGames }: LeaderMinimums,
): boolean {
  if (player.games === 0) return false;
  const minimum = minimums[category];
  const reached = minimum.kind === "games" ? player.games : player.totals[minimum.statistic];
  return reached !== undefined && reached >= needed(minimum, teamGames, seasonGames);
}

/**
 * The average with which a player who missed too many games may lead all the same: the total over
 * the games that were needed, or over those played when there are more. The league grants it at the
 * end of a season, to whoever would lead with it.
 * Version 1. Source: as {@link NBA_LEADER_MINIMUMS}, its exception.
 */
export function averageOverNeeded(
  total: number | undefined,
  games: number,
  teamGames: number,
  percentOfTeamGames: number,
): number | undefined {
  return ratio(total, Math.max(games, gamesNeeded(percentOfTeamGames, teamGames)));
}

// Whole numbers are multiplied first: 0.55 × 100 is more than 55 in floating point.
function gamesNeeded(percentOfTeamGames: number, teamGames: number): number {
  return Math.ceil((percentOfTeamGames * teamGames) / 100);
}
