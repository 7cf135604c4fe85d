export { checkedAgainst, type OfficialCheck } from "./official-check.ts";
export { leaderLine } from "./scoreboard.ts";
export { type WatchedGame, watchGame } from "./watch-game.ts";
