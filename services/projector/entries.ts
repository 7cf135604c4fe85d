import { decidingOf, type Entry } from "#domain/boxscore";
import { decodeEntry, type EntryHead, headsOf, type JournalRow } from "#stores/journal";

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
export function takenFrom(rows: readonly JournalRow[]): Taken {
  const heads = rows.flatMap(headsOf);
  const deciding = decidingOf(heads);
  return {
    heads,
    entries: deciding.map(({ bytes }) => decodeEntry(bytes)),
    gameIds: new Set(deciding.map(({ gameId }) => gameId)),
  };
}
