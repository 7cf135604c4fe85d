/**
 * The metrics of players and teams out of the totals of a whole season, and the boards of its leaders:
 * which formula of #domain/metrics takes what.
 */
export { knownTotals, type SeasonContext, seasonContext } from "./context.ts";
export {
  type FormulaName,
  LINE_FORMULAS,
  PLAYER_FORMULAS,
  TEAM_FORMULAS,
  versionsOf,
} from "./formulas.ts";
export {
  CATEGORIES,
  type Category,
  type Leader,
  type LeaderBoard,
  type LeastOf,
  leaderBoard,
  type Qualifier,
} from "./leaders.ts";
export {
  type Averages,
  type LineMetrics,
  lineMetrics,
  type PlayerMetrics,
  playerMetrics,
  type Shooting,
} from "./player-metrics.ts";
export { type TeamMetrics, teamMetrics } from "./team-metrics.ts";
export { teamTable } from "./team-table.ts";
