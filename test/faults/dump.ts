import type { Slot } from "#domain/slots";
import {
  BEGINNING,
  type Cursor,
  decodeRow,
  type Journal,
  type JournalEntry,
  type Term,
} from "#stores/journal";

/** All that the journal holds of a slot. */
export type Dump = {
  readonly entries: readonly JournalEntry[];
  /** The digest of the row that ends at an offset. */
  readonly digestAt: ReadonlyMap<number, string>;
  readonly terms: readonly Term[];
};

const ENTRIES_AT_ONCE = 10_000;

/** Reads a slot's log from its beginning. */
export async function dumpOf(journal: Journal, slot: Slot): Promise<Dump> {
  const entries: JournalEntry[] = [];
  const digestAt = new Map<number, string>();
  for (let cursor: Cursor = BEGINNING; ; ) {
    const rows = await journal.read(slot, cursor, ENTRIES_AT_ONCE);
    if (rows.length === 0) return { entries, digestAt, terms: await journal.terms(slot) };
    for (const row of rows) {
      entries.push(...decodeRow(row));
      cursor = { endOffset: row.firstOffset + row.entries, digest: row.digest };
      digestAt.set(cursor.endOffset, row.digest);
    }
  }
}
