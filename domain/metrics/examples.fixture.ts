import { COUNTING, type Totals } from "#domain/statistics";
import { type Coefficients, coefficientsOf } from "./index.ts";

/** The weights of the NBA. */
export const NBA: Coefficients = coefficientsOf("nba")!;

/** Nothing but zeros, on which an example names what it has. */
export const ZEROS: Readonly<Required<Totals>> = {
  secondsPlayed: 0,
  ...(Object.fromEntries(COUNTING.map((name) => [name, 0])) as Omit<
    Required<Totals>,
    "secondsPlayed"
  >),
};

/**
 * Golden State and its opponents, Houston and its opponents, whole seasons; and what
 * Basketball-Reference publishes of them (team pages of 2016-17 and 2017-18: Pace, ORtg, DRtg).
 * Read from apapanico/data8-sports-materials, material/labs/pythag/nba_team_season_data.csv.
 */
export const SEASONS = [
  {
    team: "Golden State, 2016-17",
    own: sideOf(19_780, 3532, 7140, 982, 1457, 1850, 770, 2873, 1211, 9503),
    opponents: sideOf(19_780, 3181, 7311, 737, 1450, 1905, 963, 2604, 1272, 8549),
    published: { pace: 99.8, offensiveRating: 115.6, defensiveRating: 104.0 },
  },
  {
    team: "Houston, 2017-18",
    own: sideOf(19_755, 3174, 6906, 1256, 1609, 2061, 739, 2825, 1135, 9213),
    opponents: sideOf(19_755, 3244, 7017, 829, 1201, 1610, 710, 2738, 1194, 8518),
    published: { pace: 97.6, offensiveRating: 114.7, defensiveRating: 106.1 },
  },
] as const;

/**
 * All players of the NBA in 2016-17: totals of the 30 teams from the same file; their turnovers are
 * without those of teams, as in the players' own table.
 */
export const LEAGUE_2016_17: Totals = {
  points: 259_753,
  fieldGoalsMade: 96_061,
  fieldGoalsAttempted: 210_115,
  freeThrowsMade: 43_883,
  freeThrowsAttempted: 56_855,
  offensiveRebounds: 24_937,
  rebounds: 107_046,
  assists: 55_660,
  turnovers: 32_897,
  personalFouls: 48_950,
};

/** Stephen Curry's season 2016-17, as in Basketball-Reference's table of totals. */
export const CURRY_2016_17: Totals = {
  secondsPlayed: 60 * 2638,
  points: 1999,
  fieldGoalsMade: 675,
  fieldGoalsAttempted: 1443,
  threePointersMade: 324,
  freeThrowsMade: 325,
  freeThrowsAttempted: 362,
  offensiveRebounds: 61,
  rebounds: 353,
  assists: 524,
  steals: 142,
  blocks: 17,
  turnovers: 239,
  personalFouls: 183,
};

/**
 * Cleveland and Chicago on 2 January 2023 (game 0022200552, one overtime), and some of their
 * players: the league's box score and what its advanced box score says of each, to three places.
 * From swar/nba_api, tests/integration/smoke/cassettes, BoxScoreTraditionalV3 and
 * BoxScoreAdvancedV3.
 */
export const CLEVELAND_CHICAGO = [
  shooterOf("Cleveland", [48, 92, 16, 33, 45, 27, 10, 145], 0.609, 0.648, 2.7),
  shooterOf("Chicago", [47, 95, 10, 30, 34, 22, 7, 134], 0.547, 0.609, 3.14),
  shooterOf("Mitchell", [22, 34, 7, 20, 25, 11, 4, 71], 0.75, 0.789, 2.75),
  shooterOf("Love", [4, 10, 3, 1, 2, 2, 1, 12], 0.55, 0.551, 2),
  shooterOf("Allen", [9, 10, 0, 3, 6, 2, 1, 21], 0.9, 0.831, 2),
  shooterOf("LeVert", [2, 13, 1, 5, 6, 3, 1, 10], 0.192, 0.32, 3),
  shooterOf("Osman", [6, 13, 4, 3, 4, 4, 1, 19], 0.615, 0.644, 4),
  shooterOf("DeRozan", [16, 32, 2, 10, 12, 4, 1, 44], 0.531, 0.59, 4),
  shooterOf("Vučević", [6, 8, 2, 6, 7, 2, 1, 20], 0.875, 0.903, 2),
  shooterOf("LaVine", [7, 18, 3, 9, 9, 6, 3, 26], 0.472, 0.592, 2),
] as const;

/** FGM, FGA, 3PM, FTM, FTA, AST, TOV, PTS. */
type Shooting = readonly [number, number, number, number, number, number, number, number];

function shooterOf(
  name: string,
  [made, attempted, threes, free, freeAttempted, assists, turnovers, points]: Shooting,
  effective: number,
  trueShooting: number,
  toTurnover: number,
) {
  const totals: Totals = {
    fieldGoalsMade: made,
    fieldGoalsAttempted: attempted,
    threePointersMade: threes,
    freeThrowsMade: free,
    freeThrowsAttempted: freeAttempted,
    assists,
    turnovers,
    points,
  };
  return { name, totals, official: { effective, trueShooting, toTurnover } };
}

function sideOf(
  minutes: number,
  fieldGoalsMade: number,
  fieldGoalsAttempted: number,
  threePointersMade: number,
  freeThrowsMade: number,
  freeThrowsAttempted: number,
  offensiveRebounds: number,
  defensiveRebounds: number,
  turnovers: number,
  points: number,
): Totals {
  return {
    secondsPlayed: 60 * minutes,
    fieldGoalsMade,
    fieldGoalsAttempted,
    threePointersMade,
    freeThrowsMade,
    freeThrowsAttempted,
    offensiveRebounds,
    defensiveRebounds,
    turnovers,
    points,
  };
}
