export { type ArchiveFolds, archiveFoldsIn } from "./archive-folds.ts";
