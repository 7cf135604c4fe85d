export {
  EMPTY_PLAYER_SEASON,
  EMPTY_TALLY,
  EMPTY_TEAM_SEASON,
  foldSeason,
  type PlayerSeason,
  type SeasonTotals,
  type Tally,
  type TeamSeason,
  touchedBy,
} from "./season.ts";
export {
  foldWindows,
  WINDOW_KINDS,
  type Window,
  type WindowTallies,
  type WindowTotals,
  windowName,
  windowsOf,
} from "./windows.ts";
