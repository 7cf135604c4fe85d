import { type BoxScores, EMPTY_BOX_SCORE } from "#domain/boxscore";
import type { ArchiveCursor, ArchiveFolds, ArchiveReads } from "#stores/archive";
import { type Cursor, CursorLost } from "#stores/journal";
import { asOutage } from "#stores/postgres";
import type { Found } from "#stores/reads";
import type { Database } from "./database.ts";
import type { Send } from "./network.ts";
import { JOURNAL_ID, type Log } from "./postgres.ts";

/** An entry as the archive keeps it. */
export type KeptEntry = {
  readonly offset: number;
  readonly gameId: string;
  readonly bytes: Buffer;
};

/** What the archive has of a slot. */
export type Archived = {
  readonly cursor: Cursor;
  readonly recordedAt: number;
  readonly games: BoxScores;
  readonly entries: readonly KeptEntry[];
};

/** How a planted bug lets the archive differ. */
export type ArchiveQuirks = {
  /** True: rows are not looked for in the journal. */
  readonly trustsItsReader?: boolean;
};

type Recorded = {
  linesOfGame(slot: string, gameId: string): Promise<{ bytes: Uint8Array[]; archived: Cursor }>;
  endOffsets(slots: readonly string[]): Promise<Map<string, number>>;
};

const NOTHING: Archived = {
  cursor: { endOffset: 0, digest: "" },
  ...{ recordedAt: 0, games: new Map(), entries: [] },
};

export function archivedIn(database: Database, slot: string): Archived {
  return database.get<Archived>(`archive ${slot}`) ?? NOTHING;
}

/** The archive's tables in a simulated Postgres, as one process reaches them. */
export function archiveOver(database: Database, send: Send, quirks: ArchiveQuirks = {}) {
  const asked = <Value>(what: string, find: () => Value | Promise<Value>) =>
    send(`archive_${what}`, find).catch((error) => {
      throw asOutage(error);
    });
  const found = <Value>(what: string, slot: string, valueIn: (archived: Archived) => Value) =>
    asked(what, (): Found<Value, ArchiveCursor> => {
      const archived = archivedIn(database, slot);
      const { endOffset, digest } = archived.cursor;
      if (endOffset === 0) return { cursor: undefined, value: valueIn(archived) };
      const all = database.get<Log>(`head ${slot}`)?.terms ?? [];
      const terms = all
        .filter(([, firstOffset]) => firstOffset < endOffset)
        .map(([term, firstOffset]) => ({ term, firstOffset }));
      const { recordedAt } = archived;
      const cursor = { endOffset, digest, journalId: JOURNAL_ID, recordedAt, terms };
      return { cursor, value: valueIn(archived) };
    });

  const folds: ArchiveFolds = {
    cursors: () =>
      asked("cursors", () => {
        const keys = [...database.keys()].filter((key) => key.startsWith("archive "));
        const slots = keys.map((key) => key.slice("archive ".length));
        return new Map(slots.map((slot) => [slot, archivedIn(database, slot).cursor]));
      }),
    games: (slot, gameIds) =>
      asked("games", () => {
        const { games } = archivedIn(database, slot);
        const known = gameIds.filter((gameId) => games.has(gameId));
        return new Map(known.map((gameId) => [gameId, games.get(gameId) ?? EMPTY_BOX_SCORE]));
      }),
    move: (slot, from, last, heads, { now }) =>
      asked(`move ${from.endOffset} → ${last.firstOffset + last.entries}`, async () => {
        const to = { endOffset: last.firstOffset + last.entries, digest: last.digest };
        const { result } = await database.transact([`archive ${slot}`], (transaction) => {
          const known = transaction.get<Archived>(`archive ${slot}`) ?? NOTHING;
          const { endOffset, digest } = known.cursor;
          if (endOffset !== from.endOffset || digest !== from.digest) return false;
          const rows = transaction.get<Log>(`head ${slot}`)?.rows ?? [];
          const isThere = rows.some((row) => row.digest.toString("hex") === last.digest);
          if (!isThere && !quirks.trustsItsReader) {
            throw new CursorLost(slot, to);
          }
          const fresh = heads.map(({ offset, gameId, body, from, until }) => {
            return { offset, gameId, bytes: body.subarray(from, until) };
          });
          transaction.put(`archive ${slot}`, {
            cursor: to,
            recordedAt: heads.at(-1)?.recordedAt ?? 0,
            games: new Map([...known.games, ...now]),
            entries: [...known.entries, ...fresh],
          } satisfies Archived);
          return true;
        });
        return result;
      }),
  };
  const reads: Partial<ArchiveReads> = {
    progress: (slot: string) => found("progress", slot, () => undefined),
    inParts: async (slot, use) => {
      const { cursor, value } = await found("in_parts", slot, ({ games }) => games);
      return use(cursor, inParts(value));
    },
    game: (slot: string, gameId: string) => found("game", slot, ({ games }) => games.get(gameId)),
  };
  const recorded: Recorded = {
    linesOfGame: (slot, gameId) =>
      asked("lines", () => {
        const { cursor, entries } = archivedIn(database, slot);
        const own = entries.filter((entry) => entry.gameId === gameId);
        return { bytes: own.map(({ bytes }) => bytes), archived: cursor };
      }),
    endOffsets: (slots) =>
      asked("ends", () => {
        return new Map(slots.map((slot) => [slot, archivedIn(database, slot).cursor.endOffset]));
      }),
  };
  return { folds, reads: reads as ArchiveReads, recorded };
}

const GAMES_PER_PART = 2;

async function* inParts(games: BoxScores): AsyncGenerator<BoxScores, void> {
  const all = [...games];
  for (let at = 0; at < all.length; at += GAMES_PER_PART) {
    yield new Map(all.slice(at, at + GAMES_PER_PART));
  }
}
