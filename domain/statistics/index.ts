export {
  ABBREVIATIONS,
  COUNTING,
  type Counting,
  STATISTICS,
  type Statistic,
  sumOf,
  TEAM_STATISTICS,
  type TeamOnly,
  type TeamStatistic,
  type Totals,
} from "./statistics.ts";
