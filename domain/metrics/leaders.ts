import type { Statistic, Totals } from "#domain/statistics";
import { ratio } from "./known.ts";

/** What a player needs to be named among the leaders of a category. */
export type Minimum =
  /** To have played this many of each 100 games of the team. */
  | { readonly kind: "games"; readonly percentOfTeamGames: number }
  /** To have this many of a statistic in a whole season, and its share of that earlier in it. */
  | { readonly kind: "total"; readonly statistic: Statistic; readonly inSeason: number };

/** What players of a season are ranked by beside its totals, in the order of the wire. */
export const LEADER_CATEGORIES = [
  "pointsPerGame",
  "reboundsPerGame",
  "offensiveReboundsPerGame",
  "defensiveReboundsPerGame",
  "assistsPerGame",
  "stealsPerGame",
  "blocksPerGame",
  "threePointersMadePerGame",
  "minutesPerGame",
  "fieldGoalPercentage",
  "threePointPercentage",
  "freeThrowPercentage",
  "effectiveFieldGoalPercentage",
  "trueShootingPercentage",
  "assistToTurnover",
  "stealToTurnover",
  "turnoverPercentage",
  "usagePercentage",
  "gameScore",
  "playerEfficiencyRating",
  "pointsPer36",
  "reboundsPer36",
  "assistsPer36",
  "stealsPer36",
  "blocksPer36",
  "doubleDoubles",
  "tripleDoubles",
] as const;

/** A category of {@link LEADER_CATEGORIES}. */
export type LeaderCategory = (typeof LEADER_CATEGORIES)[number];

/** The minimums of a league's season. A shortened season is the same data with fewer games. */
export type LeaderMinimums = {
  /** The name of these minimums: another number after the stroke when any of them changes. */
  readonly version: string;
  /** The games of a team in a whole season. */
  readonly seasonGames: number;
  /** A category that is not there asks for a game alone. */
  readonly minimums: Readonly<Partial<Record<LeaderCategory, Minimum>>>;
};

const MOST_GAMES: Minimum = { kind: "games", percentOfTeamGames: 70 };
const MANY_FIELD_GOALS: Minimum = { kind: "total", statistic: "fieldGoalsMade", inSeason: 300 };
const MANY_MINUTES: Minimum = { kind: "total", statistic: "secondsPlayed", inSeason: 60 * 1500 };

/**
 * The NBA's minimums since 2013-14, for those who configure no others. Source: stats.nba.com,
 * "Statistical Minimums to Qualify For NBA League Leaders" (6 November 2013):
 * 70 % of the team's games (58 of 82), 300 field goals, 82 three-pointers, 125 free throws, 200 assists
 * (AST/TO), 82 steals (STL/TO).
 *
 * The league names no leaders in the other categories. Averages a game ask for the same games as its own;
 * rates ask for 1,500 minutes, as in Basketball-Reference, "Rate Statistic Requirements" (PER), and eFG%
 * for the field goals of FG%.
 */
export const NBA_LEADER_MINIMUMS = {
  version: "nba/1",
  seasonGames: 82,
  minimums: {
    pointsPerGame: MOST_GAMES,
    reboundsPerGame: MOST_GAMES,
    offensiveReboundsPerGame: MOST_GAMES,
    defensiveReboundsPerGame: MOST_GAMES,
    assistsPerGame: MOST_GAMES,
    stealsPerGame: MOST_GAMES,
    blocksPerGame: MOST_GAMES,
    threePointersMadePerGame: MOST_GAMES,
    minutesPerGame: MOST_GAMES,
    gameScore: MOST_GAMES,
    fieldGoalPercentage: MANY_FIELD_GOALS,
    effectiveFieldGoalPercentage: MANY_FIELD_GOALS,
    threePointPercentage: { kind: "total", statistic: "threePointersMade", inSeason: 82 },
    freeThrowPercentage: { kind: "total", statistic: "freeThrowsMade", inSeason: 125 },
    assistToTurnover: { kind: "total", statistic: "assists", inSeason: 200 },
    stealToTurnover: { kind: "total", statistic: "steals", inSeason: 82 },
    trueShootingPercentage: MANY_MINUTES,
    turnoverPercentage: MANY_MINUTES,
    usagePercentage: MANY_MINUTES,
    playerEfficiencyRating: MANY_MINUTES,
    pointsPer36: MANY_MINUTES,
    reboundsPer36: MANY_MINUTES,
    assistsPer36: MANY_MINUTES,
    stealsPer36: MANY_MINUTES,
    blocksPer36: MANY_MINUTES,
  },
} as const satisfies LeaderMinimums;

/** The minimums of a league, under the name that slots have; undefined for one without. */
export function leaderMinimumsOf(league: string): LeaderMinimums | undefined {
  return league === "nba" ? NBA_LEADER_MINIMUMS : undefined;
}

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
  if (minimum === undefined) return true;
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
