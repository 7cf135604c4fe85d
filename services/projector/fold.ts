import type { Slot } from "#domain/slots";
import { type Cursor, ENTRIES_PER_ROW_MAX } from "#stores/journal";

/** Slots of which a fold keeps where it left them; of more it asks the store. */
export const SLOTS_KEPT_MAX = 16;

/** One of the folds of a slot: the hot store's or the archive's. */
export type Fold = {
  /** Its name in the log. */
  readonly name: string;
  /**
   * How far it has come in each of these slots, in their order; undefined where just that cannot be
   * said. Throws where none can.
   */
  cursors(slots: readonly Slot[]): Promise<(Cursor | undefined)[]>;
  /**
   * Folds the next rows of a slot, from where the slot says that it is; returns whether more are likely
   * to wait.
   */
  advance(slot: Slot): Promise<boolean>;
  /** Forgets where it was; the next advance asks the store. Called after any failure. */
  forget(slot: Slot): void;
};

/** Whether a read that brought so many entries left some behind: the next row did not fit. */
export function isFull(entries: number, entriesPerFold: number): boolean {
  return entries + ENTRIES_PER_ROW_MAX > entriesPerFold;
}
