export type {
  Entry,
  GameFacts,
  GameStatus,
  LiveLine,
  LiveTeamLine,
  OfficialLine,
} from "./entries.ts";
export {
  type BoxScore,
  type BoxScores,
  type CountedLine,
  countedLine,
  EMPTY_BOX_SCORE,
  foldBoxScores,
  type PlayerLines,
} from "./fold.ts";
