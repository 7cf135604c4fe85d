export { decidingOf, type EntryPlace } from "./deciding.ts";
export {
  type Absence,
  type Entry,
  GAME_STATUSES,
  type GameFacts,
  type GameStatus,
  type LiveLine,
  type LiveTeamLine,
  type OfficialLine,
  type PeriodTotals,
} from "./entries.ts";
export {
  absencesOf,
  type BoxScore,
  type BoxScores,
  type CountedLine,
  countedLine,
  EMPTY_BOX_SCORE,
  foldBoxScores,
  type PlayerLines,
  pointsByTeam,
} from "./fold.ts";
export { type Periods, periodsOf } from "./periods.ts";
