export type { ArchiveCursor } from "./archive-cursor.ts";
export { type ArchiveFolds, archiveFoldsIn } from "./archive-folds.ts";
export {
  type ArchivedRow,
  type ArchiveReads,
  archiveReadsIn,
} from "./archive-reads.ts";
export { columnOf } from "./columns.ts";
export { historyIn } from "./history.ts";
export { type QuarantinedEntry, type Recorded, recordedIn } from "./recorded.ts";
