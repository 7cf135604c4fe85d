export { applied, type Changes, changesBetween, isSameRows, type Rows } from "./changes.ts";
export { type GameRow, gameRows } from "./game-rows.ts";
