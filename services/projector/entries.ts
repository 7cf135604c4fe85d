import { decidingOf, type Entry } from "#domain/boxscore";
import {
  decodeEntry,
  type EntryHead,
  headsOf,
  type JournalRow,
  liveEntryOf,
} from "#stores/journal";

/** What some rows of a log hold. */
export type Taken = {
  /** Every entry, in offset order. */
  readonly heads: readonly EntryHead[];
  /** Those that decide what a fold of all of them gives. */
  readonly entries: readonly Entry[];
  /** The games that these are about, each once. */
  readonly gameIds: ReadonlySet<string>;
};

/** Reads rows, and decodes no more of them than decides: most lines of a batch are replaced in it. */
export function takenFrom(rows: readonly ReadRow[]): Taken {
  const heads = rows.flatMap(headsIn);
  const deciding = decidingOf(heads);
  return {
    heads,
    entries: deciding.map(entryIn),
    gameIds: new Set(deciding.map(({ gameId }) => gameId)),
  };
}

/** A row, and what was made of it before: the folds are given the same ones. */
export type ReadRow = JournalRow & { heads?: ReadHead[] };

type ReadHead = EntryHead & { entry?: Entry };

function headsIn(row: ReadRow): ReadHead[] {
  row.heads ??= headsOf(row);
  return row.heads;
}

function entryIn(head: ReadHead): Entry {
  head.entry ??= liveEntryOf(head) ?? decodeEntry(head.body.subarray(head.from, head.until));
  return head.entry;
}
