export { type ArchiveFolds, archiveFoldsIn } from "./archive-folds.ts";
export {
  type ArchiveCursor,
  type ArchivedRow,
  type ArchiveReads,
  archiveReadsIn,
} from "./archive-reads.ts";
export { columnOf } from "./columns.ts";
