/**
 * What is derived from totals: percentages, rates, ratings, and the tables of leaders and teams.
 *
 * Each function is one formula, with its version and its public source beside it. An absent
 * statistic is unknown: what needs it is undefined, as is a quotient by 0; no result is ever NaN.
 * Percentages are fractions (0.527 is 52.7 %), as in the league's own files, and unrounded. Sums
 * over games count an unknown statistic 0, so hand those in only where every line knew it.
 */
export { COEFFICIENTS, type Coefficients, coefficientsOf } from "./coefficients.ts";
export {
  gameScore,
  type LeagueContext,
  leagueEfficiency,
  playerEfficiencyRating,
  type TeamContext,
  unadjustedEfficiency,
} from "./efficiency.ts";
export { DOUBLE_CATEGORIES, doubleFigures, type Feats, featsOf } from "./feats.ts";
export {
  type Factors,
  FOUR_FACTOR_WEIGHTS,
  type FourFactors,
  fourFactors,
  freeThrowRate,
} from "./four-factors.ts";
export {
  averageOverNeeded,
  LEADER_CATEGORIES,
  type LeaderCategory,
  type LeaderMinimums,
  leaderMinimumsOf,
  type Minimum,
  NBA_LEADER_MINIMUMS,
  needed,
  qualifies,
} from "./leaders.ts";
export {
  averagedPossessions,
  defensiveRating,
  defensiveReboundPercentage,
  netRating,
  offensiveRating,
  offensiveReboundPercentage,
  pace,
  possessions,
  teamTotals,
} from "./possessions.ts";
export { per36, perGame, turnoverPercentage, usagePercentage } from "./rates.ts";
export {
  assistToTurnover,
  effectiveFieldGoalPercentage,
  fieldGoalPercentage,
  freeThrowPercentage,
  stealToTurnover,
  threePointPercentage,
  trueShootingPercentage,
} from "./shooting.ts";
export {
  type FinalScore,
  gamesBehind,
  type Streak,
  type TeamStanding,
  teamStandings,
  type WinLoss,
  winningPercentage,
} from "./standings.ts";
export { FORMULA_VERSIONS } from "./versions.ts";
