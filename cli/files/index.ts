export { FileFault } from "./fault.ts";
export {
  type GameIndex,
  type GamePlays,
  type GameTeam,
  indexGames,
  readGames,
} from "./games.ts";
export { type OfficialGame, readOfficialLines } from "./official-lines.ts";
export type { OfficialRow } from "./official-row.ts";
export { type Roster, type RosterPlayer, type RosterTeam, readRoster } from "./roster.ts";
export { readSchedule, type ScheduledGame } from "./schedule.ts";
