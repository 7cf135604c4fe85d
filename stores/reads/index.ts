export { type Answered, answered, type From } from "./answered.ts";
export type { Found, GameInList, SeasonReads, StoreProgress } from "./reads.ts";
export {
  type FoundIn,
  type ReadsWithFallback,
  type StoreName,
  withFallback,
} from "./with-fallback.ts";
