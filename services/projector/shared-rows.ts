import type { Slot } from "#domain/slots";
import { type Cursor, CursorLost, type Journal, type JournalRow } from "#stores/journal";
import { SLOTS_KEPT_MAX } from "./fold.ts";
import { Recent } from "./recent.ts";

/** What is kept of each log, in bytes of its rows: about as much as one fold takes. */
const BYTES_KEPT_MAX = 2 * 1024 * 1024;

/** A journal as folds read it. */
export type Rows = Pick<Journal, "read"> & {
  /** Forgets what was read of a log: the journal has lost some of it. */
  forget?(slot: Slot): void;
};

/**
 * Reads a journal for several folds: rows that one of them has read are the same objects for the others,
 * and are not asked for again. Every read asks the journal for what is new, so that it ends where the log
 * does.
 */
export function sharedRows(journal: Pick<Journal, "read">): Required<Rows> {
  const logs = new Recent<Slot, { tail: Tail; last: Promise<unknown> }>(SLOTS_KEPT_MAX);

  return {
    forget: (slot) => void logs.delete(slot),
    read(slot, after, entriesMax) {
      const log = logs.get(slot) ?? { tail: new Tail(), last: Promise.resolve() };
      // One after the other: who comes second finds what the first one has read.
      const reading = log.last.then(() => readOn(journal, slot, log.tail, after, entriesMax));
      log.last = reading.catch(() => {});
      logs.set(slot, log);
      return reading;
    },
  };
}

async function readOn(
  journal: Pick<Journal, "read">,
  slot: Slot,
  tail: Tail,
  after: Cursor,
  entriesMax: number,
): Promise<JournalRow[]> {
  const known = tail.after(after);
  const taken = known.filter((row) => row.firstOffset - after.endOffset < entriesMax);
  if (taken.length < known.length) return taken;
  const last = taken.at(-1);
  const from = last === undefined ? after : endOf(last);
  const left = entriesMax - (from.endOffset - after.endOffset);
  if (left <= 0) return taken;
  try {
    const fresh = await journal.read(slot, from, left);
    tail.add(from, fresh);
    return [...taken, ...fresh];
  } catch (error) {
    if (!(error instanceof CursorLost) || last === undefined) throw error;
    // The log is not any more what was read of it.
    tail.clear();
    return journal.read(slot, after, entriesMax);
  }
}

/** Rows that follow each other, the newest that were read. */
class Tail {
  #from: Cursor | undefined;
  #rows: JournalRow[] = [];
  #bytes = 0;

  /** The rows behind a cursor; none when it is not the end of one of them. */
  after({ endOffset, digest }: Cursor): JournalRow[] {
    if (this.#from === undefined) return [];
    const at = this.#rows.findIndex(({ firstOffset }) => firstOffset === endOffset);
    if (at < 0) return [];
    const before = at === 0 ? this.#from.digest : this.#rows[at - 1]?.digest;
    return before === digest ? this.#rows.slice(at) : [];
  }

  add(from: Cursor, rows: readonly JournalRow[]): void {
    const last = this.#rows.at(-1);
    const end = last && endOf(last);
    if (rows.length === 0 || (end !== undefined && end.endOffset > from.endOffset)) return;
    if (end?.endOffset !== from.endOffset || end.digest !== from.digest) {
      this.clear();
      this.#from = from;
    }
    for (const row of rows) {
      this.#rows.push(row);
      this.#bytes += row.body.length;
    }
    while (this.#bytes > BYTES_KEPT_MAX) {
      const first = this.#rows.shift();
      if (first === undefined) return;
      this.#bytes -= first.body.length;
      this.#from = endOf(first);
    }
  }

  clear(): void {
    this.#from = undefined;
    this.#rows = [];
    this.#bytes = 0;
  }
}

function endOf({ firstOffset, entries, digest }: JournalRow): Cursor {
  return { endOffset: firstOffset + entries, digest };
}
