export {
  ABBREVIATIONS,
  COUNTING,
  type Counting,
  STATISTICS,
  type Statistic,
  TEAM_STATISTICS,
  type TeamOnly,
  type TeamStatistic,
  type Totals,
} from "./statistics.ts";
