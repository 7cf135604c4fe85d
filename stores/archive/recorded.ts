import type pg from "pg";
import type { Slot } from "#domain/slots";
import type { Cursor } from "#stores/journal";
import { query } from "#stores/postgres";

/** What the archive has of the lines of games, as they were recorded. */
export type Recorded = {
  /** The lines of a game in offset order, and how far the archive has come in the slot. */
  linesOfGame(slot: Slot, gameId: string): Promise<{ bytes: Uint8Array[]; archived: Cursor }>;
  /** The lines that are or were held back, the newest first, from before an offset on. */
  quarantined(slot: Slot, asked: QuarantineAsked): Promise<QuarantinedEntry[]>;
  /** A line that is or was held back. */
  quarantinedLine(
    slot: Slot,
    gameId: string,
    epoch: number,
    number: number,
  ): Promise<QuarantinedEntry | undefined>;
  /** How far the archive has come in each of these slots. */
  endOffsets(slots: readonly Slot[]): Promise<Map<Slot, number>>;
};

/** Which lines are asked for. */
export type QuarantineAsked = {
  /** Empty for those of all games. */
  readonly gameId: string;
  readonly withReleased: boolean;
  /** Lines recorded at this offset or later are left out. */
  readonly before: number;
  readonly count: number;
};

/** A line that is or was held back. */
export type QuarantinedEntry = {
  readonly offset: number;
  /** In ms since 1970. */
  readonly recordedAt: number;
  readonly released: boolean;
  /** The `courtside.journal.v1.Entry` as it was recorded. */
  readonly bytes: Uint8Array;
};

const LINES_OF_GAME = `
  select body
  from stat_line
  where slot = $1 and game_id = $2 and kind in ('live', 'team', 'quarantined')
  order by entry_offset`;

const ARCHIVED = "select slot, end_offset, digest from archive_cursor where slot = any($1::text[])";

const QUARANTINED = `
  select held.entry_offset, held.recorded_at, held.released_offset is not null as released,
    line.body
  from quarantined_line held
  join stat_line line using (slot, entry_offset, recorded_at)`;

const LIST = `${QUARANTINED}
  where held.slot = $1 and ($2 = '' or held.game_id = $2) and ($3 or released_offset is null)
    and held.entry_offset < $4
  order by held.entry_offset desc
  limit $5`;

const ONE = `${QUARANTINED}
  where held.slot = $1 and held.game_id = $2 and held.epoch = $3 and held.number = $4`;

/** The archive kept in Postgres, on the primary. */
export function recordedIn(pool: pg.Pool): Recorded {
  async function cursors(slots: readonly Slot[]): Promise<StoredCursor[]> {
    const statement = { name: "recorded_ends", text: ARCHIVED, values: [slots] };
    return (await query<StoredCursor>(pool, statement)).rows;
  }
  return {
    async linesOfGame(slot, gameId) {
      // Before the lines: what is archived meanwhile is read twice then, and not at all otherwise.
      const [cursor] = await cursors([slot]);
      const statement = { name: "recorded_lines", text: LINES_OF_GAME, values: [slot, gameId] };
      const { rows } = await query<{ body: Buffer }>(pool, statement);
      const endOffset = Number(cursor?.end_offset ?? 0);
      const archived = { endOffset, digest: cursor?.digest.toString("hex") ?? "" };
      return { bytes: rows.map(({ body }) => body), archived };
    },
    async quarantined(slot, { gameId, withReleased, before, count }) {
      const values = [slot, gameId, withReleased, before, count];
      const { rows } = await query<Stored>(pool, { name: "quarantined", text: LIST, values });
      return rows.map(entryOf);
    },
    async quarantinedLine(slot, gameId, epoch, number) {
      const values = [slot, gameId, epoch, number];
      const { rows } = await query<Stored>(pool, { name: "quarantined_line", text: ONE, values });
      return rows[0] && entryOf(rows[0]);
    },
    async endOffsets(slots) {
      const rows = await cursors(slots);
      return new Map(rows.map(({ slot, end_offset }) => [slot, Number(end_offset)]));
    },
  };
}

type StoredCursor = { slot: string; end_offset: string; digest: Buffer };

type Stored = { entry_offset: string; recorded_at: Date; released: boolean; body: Buffer };

function entryOf({ entry_offset, recorded_at, released, body }: Stored): QuarantinedEntry {
  return {
    offset: Number(entry_offset),
    recordedAt: recorded_at.getTime(),
    released,
    bytes: body,
  };
}
