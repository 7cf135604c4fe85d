import { foldBoxScores } from "#domain/boxscore";
import type { Slot } from "#domain/slots";
import type { ArchiveFolds } from "#stores/archive";
import { BEGINNING, type Cursor, decodeRow, type Journal } from "#stores/journal";
import { type Fold, isFull } from "./fold.ts";

/** The fold of the journal into the archive. */
export function archiveFold(
  journal: Journal,
  archive: ArchiveFolds,
  { entriesPerFold }: { readonly entriesPerFold: number },
): Fold {
  // Where each slot was left. Only a guess, which saves a round trip: the move compares.
  const cursors = new Map<Slot, Cursor>();

  async function cursorOf(slot: Slot): Promise<Cursor> {
    return cursors.get(slot) ?? (await archive.cursors()).get(slot) ?? BEGINNING;
  }

  return {
    name: "archive",
    async cursors(slots) {
      const found = await archive.cursors();
      return slots.map((slot) => found.get(slot) ?? BEGINNING);
    },
    forget: (slot) => void cursors.delete(slot),
    async advance(slot) {
      const cursor = await cursorOf(slot);
      const rows = await journal.read(slot, cursor, entriesPerFold);
      const last = rows.at(-1);
      if (last === undefined) {
        cursors.set(slot, cursor);
        return false;
      }
      const entries = rows.flatMap(decodeRow);
      const gameIds = [...new Set(entries.map(({ entry }) => entry.gameId))];
      const was = await archive.games(slot, gameIds);
      const now = foldBoxScores(
        was,
        entries.map(({ entry }) => entry),
      );
      const next = { endOffset: last.firstOffset + last.entries, digest: last.digest };
      const moved = await archive.move(slot, cursor, next, entries, { was, now });
      if (moved) cursors.set(slot, next);
      else cursors.delete(slot);
      return !moved || isFull(entries.length, entriesPerFold);
    },
  };
}
