export type { HotCursor } from "./cursor.ts";
export { type At, type HotFolds, hotFoldsIn, type Touched } from "./hot-folds.ts";
export { type HotReads, hotReadsIn } from "./hot-reads.ts";
export type { SlotState } from "./writes.ts";
