export { type ArchiveFolds, archiveFoldsIn } from "./archive-folds.ts";
export { type ArchiveCursor, type ArchiveReads, archiveReadsIn } from "./archive-reads.ts";
