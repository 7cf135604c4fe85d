export { type Contents, contentsOf } from "./contents.ts";
export type { HotCursor } from "./cursor.ts";
export { type At, type HotFolds, hotFoldsIn, type Track, TrackMoved } from "./hot-folds.ts";
export { type HotMoves, hotMovesIn } from "./hot-moves.ts";
export { type HotReads, hotReadsIn } from "./hot-reads.ts";
export type { Move, TouchedNames } from "./moves.ts";
export type { SlotState } from "./writes.ts";
