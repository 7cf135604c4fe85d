export {
  asSeenBy,
  type BothSides,
  bothSides,
  type LoggedGame,
  type PlayerGame,
  type SeenGame,
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
  playerSeasonOver,
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
export { byWindow, gamesIn, WINDOW_KINDS, type Window, windowOf, windowsOf } from "./windows.ts";
