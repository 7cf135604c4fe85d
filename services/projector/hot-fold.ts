import { randomBytes } from "node:crypto";
import { foldBoxScores } from "#domain/boxscore";
import { foldSeason, type SeasonTotals, touchedBy } from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import type { HotCursor, HotFolds } from "#stores/hotstore";
import { BEGINNING, CursorLost, decodeRow, type Journal, type JournalRow } from "#stores/journal";
import { type Fold, isFull } from "./fold.ts";

const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

/** The fold of the journal into the hot store. */
export function hotFold(
  journal: Journal,
  hot: HotFolds,
  { entriesPerFold, log }: { readonly entriesPerFold: number; readonly log: Log },
): Fold {
  // Where each slot was left. Only a guess, which saves a round trip: the move compares.
  const cursors = new Map<Slot, HotCursor | undefined>();

  async function cursorOf(slot: Slot): Promise<HotCursor | undefined> {
    if (cursors.has(slot)) return cursors.get(slot);
    const [cursor] = await hot.cursors([slot]);
    if (cursor === undefined || cursor.journalId === (await journal.id())) return cursor;
    log.warn({ slot }, "the hot store is of another journal; making it again");
    await hot.drop(slot, cursor);
    return undefined;
  }

  /** The next rows, or undefined when the cursor was no place in the log and is gone now. */
  async function read(
    slot: Slot,
    cursor: HotCursor | undefined,
  ): Promise<JournalRow[] | undefined> {
    try {
      return await journal.read(slot, cursor ?? BEGINNING, entriesPerFold);
    } catch (error) {
      if (!(error instanceof CursorLost) || cursor === undefined) throw error;
      log.warn({ slot, err: error }, "the hot store is off the journal's chain; making it again");
      await hot.drop(slot, cursor);
      return undefined;
    }
  }

  return {
    name: "hot store",
    async cursors(slots) {
      const found = await hot.cursors(slots);
      return found.map((cursor) => cursor ?? BEGINNING);
    },
    forget: (slot) => void cursors.delete(slot),
    async advance(slot) {
      const cursor = await cursorOf(slot);
      const rows = await read(slot, cursor);
      if (rows === undefined) {
        cursors.delete(slot);
        return true;
      }
      const last = rows.at(-1);
      if (last === undefined) {
        cursors.set(slot, cursor);
        return false;
      }
      const entries = rows.flatMap(decodeRow).map(({ entry }) => entry);
      // Without a cursor nothing that may still be there can be relied on: other keys are used.
      const generation = cursor?.generation ?? randomBytes(4).toString("hex");

      const gameIds = [...new Set(entries.map(({ gameId }) => gameId))];
      const games = await hot.games(slot, generation, gameIds);
      const folded = foldBoxScores(games, entries);
      const touched = touchedBy(games, folded);
      const seasons =
        touched.players.size + touched.teams.size === 0
          ? NO_SEASONS
          : await hot.seasons(slot, generation, touched);
      const now = { games: folded, seasons: foldSeason(seasons, games, folded) };

      const next = after(cursor, { journalId: await journal.id(), generation }, rows, last);
      const from = { cursor, state: { games, seasons } };
      const elsewhere = await hot.move(slot, from, { cursor: next, state: now });
      if (elsewhere !== undefined) {
        // Another projector was faster, or a failover lost some: go on from where the slot says it is.
        cursors.delete(slot);
        return true;
      }
      cursors.set(slot, next);
      if (cursor === undefined) await hot.sweep(slot, generation);
      return isFull(entries.length, entriesPerFold);
    },
  };
}

function after(
  cursor: HotCursor | undefined,
  { journalId, generation }: { readonly journalId: string; readonly generation: string },
  rows: readonly JournalRow[],
  last: JournalRow,
): HotCursor {
  const terms = [...(cursor?.terms ?? [])];
  for (const { term, firstOffset } of rows) {
    if (term !== terms.at(-1)?.term) terms.push({ term, firstOffset });
  }
  return {
    endOffset: last.firstOffset + last.entries,
    digest: last.digest,
    journalId,
    generation,
    terms,
    recordedAt: last.recordedAt,
  };
}
