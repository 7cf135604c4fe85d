export {
  ABBREVIATIONS,
  COUNTING,
  type Counting,
  NO_TOTALS,
  STATISTICS,
  type Statistic,
  sumOf,
  TEAM_STATISTICS,
  type TeamOnly,
  type TeamStatistic,
  type Totals,
} from "./statistics.ts";
