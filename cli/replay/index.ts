export { type Pace, paceOf } from "./pace.ts";
export { namesFor, recordNames } from "./record-names.ts";
export { recordSchedule } from "./record-schedule.ts";
export { type GameReplayed, replayGame } from "./replay-game.ts";
export { type Replay, type Replayed, replayGames } from "./replay-games.ts";
