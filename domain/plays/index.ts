export { type SeenPlay, withPlayersOnCourt } from "./on-court.ts";
export { elapsedMs, type GameClock, type Play } from "./play.ts";
export {
  type PlayedGame,
  type PlayedLine,
  type PlayerLine,
  playedGame,
  type TeamLine,
} from "./played-game.ts";
export { type Sides, sidesOf } from "./sides.ts";
