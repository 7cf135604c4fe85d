export { decodeEntry, decodeRow, encodeEntries, type JournalEntry, splitRow } from "./codec.ts";
export { journalInPostgres } from "./in-postgres.ts";
export {
  type AppendItem,
  type AppendVerdict,
  BEGINNING,
  type Cursor,
  CursorLost,
  ENTRIES_PER_ROW_MAX,
  type End,
  type Head,
  type ItemsToAppend,
  type Journal,
  type JournalRow,
  type NewOwner,
  type OpenRequest,
  type OpenVerdict,
  RowCorrupt,
  type Term,
} from "./journal.ts";
export { liveEntryOf } from "./live-entry.ts";
export { type EntryHead, headsOf } from "./scan.ts";
