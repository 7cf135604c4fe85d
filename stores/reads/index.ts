export {
  type Answered,
  type From,
  type PastReader,
  pastReaderOf,
  type Reader,
  readerOf,
  type When,
} from "./answered.ts";
export { answeredFloors, type Floors } from "./floors.ts";
export { fromReplicas } from "./from-replicas.ts";
export { keptReads } from "./kept.ts";
export { listNamed, type Place, pageExpired, pageOf, placeAsked, readPinned } from "./pages.ts";
export { type Past, pastFrom } from "./past.ts";
export type {
  Found,
  GameInList,
  History,
  PastReads,
  SeasonReads,
  StoreProgress,
} from "./reads.ts";
export {
  type FoundIn,
  type ReadsWithFallback,
  type StoreName,
  withFallback,
} from "./with-fallback.ts";
