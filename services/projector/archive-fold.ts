import { type BoxScore, foldBoxScores } from "#domain/boxscore";
import type { Slot } from "#domain/slots";
import type { ArchiveFolds } from "#stores/archive";
import { BEGINNING, type Cursor, CursorLost } from "#stores/journal";
import { takenFrom } from "./entries.ts";
import { type Fold, isFull, SLOTS_KEPT_MAX } from "./fold.ts";
import { known, Recent } from "./recent.ts";
import type { Rows } from "./shared-rows.ts";

/** Games of which it keeps what it last wrote, a slot: about 10 MB. */
const GAMES_KEPT_MAX = 256;

/** Where a slot was left, and what of its games is known there. */
type Place = { readonly cursor: Cursor; readonly games: Recent<string, BoxScore> };

/** The fold of the journal into the archive. */
export function archiveFold(
  journal: Rows,
  archive: ArchiveFolds,
  { entriesPerFold }: { readonly entriesPerFold: number },
): Fold {
  // Only a guess, which saves round trips: the move compares.
  const places = new Recent<Slot, Place>(SLOTS_KEPT_MAX);

  async function placeOf(slot: Slot): Promise<Place> {
    const left = places.get(slot);
    if (left !== undefined) return left;
    const cursor = (await archive.cursors()).get(slot) ?? BEGINNING;
    return { cursor, games: new Recent(GAMES_KEPT_MAX) };
  }

  return {
    name: "archive",
    async cursors(slots) {
      const found = await archive.cursors();
      return slots.map((slot) => found.get(slot) ?? BEGINNING);
    },
    forget: (slot) => void places.delete(slot),
    async advance(slot) {
      const place = await placeOf(slot);
      const { cursor, games } = place;
      const rows = await journal.read(slot, cursor, entriesPerFold);
      const last = rows.at(-1);
      if (last === undefined) {
        places.set(slot, place);
        return false;
      }
      const { heads, entries, gameIds } = takenFrom(rows);
      const was = await known(games, gameIds, (ids) => archive.games(slot, ids));
      const now = foldBoxScores(was, entries);
      let moved = false;
      try {
        moved = await archive.move(slot, cursor, last, heads, { was, now });
      } catch (error) {
        if (error instanceof CursorLost) journal.forget?.(slot);
        throw error;
      }
      if (moved) {
        games.setAll(now);
        const next = { endOffset: last.firstOffset + last.entries, digest: last.digest };
        places.set(slot, { cursor: next, games });
      } else places.delete(slot);
      return !moved || isFull(heads.length, entriesPerFold);
    },
  };
}
