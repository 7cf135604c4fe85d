export {
  type BothSides,
  bothSides,
  type LoggedGame,
  type PlayerGame,
  sidesOf,
  type TeamGame,
} from "./game-log.ts";
export {
  EMPTY_PLAYER_SEASON,
  EMPTY_TEAM_SEASON,
  foldSeason,
  isLive,
  isTeamKnown,
  type PlayerSeason,
  playerSeason,
  type SeasonTotals,
  type TeamSeason,
  teamSeason,
  touchedBy,
} from "./season.ts";
export {
  EMPTY_SIDE,
  EMPTY_TALLY,
  isEmptySide,
  plus,
  plusSide,
  type Side,
  sumOfTallies,
  type Tally,
  tallyOfLine,
  teamOnlyOf,
} from "./tally.ts";
export {
  foldWindows,
  WINDOW_KINDS,
  type Window,
  type WindowTallies,
  type WindowTotals,
  windowName,
  windowsOf,
} from "./windows.ts";
