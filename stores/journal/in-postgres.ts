import { createHash } from "node:crypto";
import type pg from "pg";
import type { Slot } from "#domain/slots";
import { bigints, booleans, byteas, commit, integers, query, texts } from "#stores/postgres";
import { groupCommit } from "./group-commit.ts";
import {
  type AppendItem,
  type AppendVerdict,
  type Cursor,
  CursorLost,
  ENTRIES_PER_ROW_MAX,
  type Journal,
  type JournalRow,
  type NewOwner,
  type OpenVerdict,
  RowCorrupt,
} from "./journal.ts";
import { CHANNEL, notifier, OWNERS, watchIn } from "./wake.ts";

const ID = "select id from journal";

// Whether what commits now waits until a standby has it on its disk.
const REPLICATED = `
  current_setting('synchronous_standby_names') <> ''
    and current_setting('synchronous_commit') in ('on', 'remote_apply') as replicated`;

const OPEN = `
  select verdict, epoch, next_number, owner, end_offset, term, ${REPLICATED}
  from journal_open($1, $2, $3, $4, $5, $6)`;

const APPEND = `
  select item, verdict, first_offset, end_offset, term, expected, present_epoch, officials,
    ${REPLICATED}
  from journal_append($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[],
    $7::integer[], $8::bytea[], $9::text[], $10::bytea[], $11::boolean[])
  order by item`;

const READ = `
  select first_offset, entries, recorded_at, term, digest, body
  from journal_row
  where slot = $1 and first_offset >= $2 and first_offset < $3
  order by first_offset
  limit $4`;

const RELEASE = `
  select verdict, end_offset, term, ${REPLICATED}
  from journal_release($1, $2, $3, $4, $5, $6)`;

const FENCE = `
  select ${REPLICATED}
  from pg_logical_emit_message(true, 'courtside', 'fence')`;

const TELL_OWNER = "select pg_notify($1, $2)";

const HEADS = "select slot, end_offset, digest, term, recorded_at from journal_head";

const TERMS = "select term, first_offset from journal_term where slot = $1 order by term";

const SLOT_OF_GAME = "select slot from game_gate where league = $1 and game_id = $2";

const OFFICIALS = `
  select player_id from official_gate
  where league = $1 and game_id = $2 and not withdrawn`;

const PREPARE = "select journal_prepare(7)";

/** Rows fetched in one statement; the next ones come with the next call. */
const ROWS_PER_READ_MAX = 1_000;

/** The journal kept in Postgres. The pool reaches the primary. */
export function journalInPostgres(pool: pg.Pool): Journal {
  let id: string | undefined;
  const notify = notifier(pool);
  const append = groupCommit(async (items) => {
    const verdicts = await appendAll(pool, items);
    notify(items.filter((_, at) => verdicts[at]?.verdict === "appended").map(({ slot }) => slot));
    return verdicts;
  });
  async function rowsIn(slot: Slot, from: number, to: number, rowsMax: number) {
    const values = [slot, from, to, rowsMax];
    const statement = { name: "journal_read", text: READ, values };
    return (await query<StoredRow>(pool, statement)).rows.map(rowOf);
  }
  // Whether a row ends at a cursor and has its digest.
  async function isPlace(slot: Slot, { endOffset, digest }: Cursor): Promise<boolean> {
    const from = Math.max(0, endOffset - ENTRIES_PER_ROW_MAX);
    const last = (await rowsIn(slot, from, endOffset, ENTRIES_PER_ROW_MAX)).at(-1);
    return (
      last !== undefined && last.firstOffset + last.entries === endOffset && last.digest === digest
    );
  }
  // Where no row follows, the cursor is the end of the log, or before it: an append has just come in
  // between, or rows are missing.
  async function isBeforeEnd(slot: Slot, after: Cursor): Promise<boolean> {
    const { endOffset = 0, digest = "" } = (await journal.heads()).get(slot) ?? {};
    if (endOffset > after.endOffset) return true;
    if (endOffset === after.endOffset && digest === after.digest) return false;
    throw new CursorLost(slot, after);
  }

  const journal: Journal = {
    append,
    async id() {
      if (id === undefined) {
        const { rows } = await query<{ id: string }>(pool, { name: "journal_id", text: ID });
        id = rows[0]?.id.replaceAll("-", "");
      }
      if (id === undefined) throw new Error("the journal has no id: is the database migrated?");
      return id;
    },
    async open({ league, gameId, slot, source, instance, takeOver }) {
      const values = [league, gameId, slot, source, instance, takeOver];
      const statement = { name: "journal_open", text: OPEN, values };
      const { rows } = await commit<Opened>(pool, statement);
      const verdict = openVerdictOf(slot, rows[0]);
      if (takeOver && verdict.verdict === "open") {
        const payload = JSON.stringify({ league, gameId, epoch: verdict.epoch });
        // Who misses it learns of the new owner by the next append.
        query(pool, { text: TELL_OWNER, values: [OWNERS, payload] }).catch(() => {});
      }
      return verdict;
    },
    async release({ league, gameId, slot, epoch, number, body }) {
      const values = [league, gameId, slot, epoch, number, asBuffer(body)];
      const statement = { name: "journal_release", text: RELEASE, values };
      const { rows } = await commit<Released>(pool, statement);
      const [row] = rows;
      if (row === undefined) throw new Error("journal_release gave no verdict");
      if (row.verdict === "appended") notify([slot]);
      const end = { slot, endOffset: Number(row.end_offset), term: row.term };
      return { verdict: row.verdict, end, replicated: row.replicated };
    },
    async fence(waitMs) {
      const statement = { name: "journal_fence", text: FENCE };
      const { rows } = await commit<{ replicated: boolean }>(pool, statement, waitMs);
      return { replicated: rows[0]?.replicated ?? false };
    },
    async read(slot, after, entriesMax) {
      const { endOffset } = after;
      let rows = await rowsIn(slot, endOffset, endOffset + entriesMax, ROWS_PER_READ_MAX);
      if (rows.length === 0 && (await isBeforeEnd(slot, after))) {
        rows = await rowsIn(slot, endOffset, Number.MAX_SAFE_INTEGER, 1);
        // The log goes on, and no row begins there: the cursor is amidst a row of another chain.
        if (rows.length === 0) throw new CursorLost(slot, after);
      }
      try {
        return chained(slot, after, rows);
      } catch (error) {
        // What does not follow the cursor is not what was written, where the cursor is a place of this log.
        const isNext = error instanceof CursorLost && rows[0]?.firstOffset === endOffset;
        throw isNext && (await isPlace(slot, after)) ? new RowCorrupt(slot, endOffset) : error;
      }
    },
    async slotOfGame(league, gameId) {
      const statement = { name: "journal_slot", text: SLOT_OF_GAME, values: [league, gameId] };
      const { rows } = await query<{ slot: string }>(pool, statement);
      return rows[0]?.slot;
    },
    async officialPlayers(league, gameId) {
      const statement = { name: "journal_officials", text: OFFICIALS, values: [league, gameId] };
      const { rows } = await query<{ player_id: string }>(pool, statement);
      return new Set(rows.map((row) => row.player_id));
    },
    async heads() {
      const { rows } = await query<StoredHead>(pool, { name: "journal_heads", text: HEADS });
      return new Map(
        rows.map((row) => [
          row.slot,
          {
            endOffset: Number(row.end_offset),
            digest: row.digest.toString("hex"),
            term: row.term,
            recordedAt: row.recorded_at instanceof Date ? row.recorded_at.getTime() : 0,
          },
        ]),
      );
    },
    async terms(slot) {
      const statement = { name: "journal_terms", text: TERMS, values: [slot] };
      const { rows } = await query<{ term: number; first_offset: string }>(pool, statement);
      return rows.map((row) => ({ term: row.term, firstOffset: Number(row.first_offset) }));
    },
    watch: (wake) => watchIn<readonly Slot[]>(pool, CHANNEL, wake),
    watchOwners: (tell) => watchIn<NewOwner>(pool, OWNERS, (owner) => owner && tell(owner)),
    async prepare() {
      await query(pool, { text: PREPARE });
    },
  };
  return journal;
}

// Checks that each row follows the one before, from the cursor on, and hashes to what it says.
function chained(slot: Slot, after: Cursor, rows: readonly JournalRow[]): JournalRow[] {
  const taken: JournalRow[] = [];
  let digest = after.digest;
  let endOffset = after.endOffset;
  for (const row of rows) {
    // The first row after a lost cursor does not begin where it ends, or chains to something else.
    if (row.firstOffset !== endOffset) throw new CursorLost(slot, { endOffset, digest });
    const found = createHash("sha256").update(digest, "hex").update(row.body).digest("hex");
    if (found !== row.digest) {
      throw taken.length === 0 && endOffset > 0
        ? new CursorLost(slot, after)
        : new RowCorrupt(slot, row.firstOffset);
    }
    taken.push(row);
    ({ digest } = row);
    endOffset = row.firstOffset + row.entries;
  }
  return taken;
}

async function appendAll(pool: pg.Pool, items: readonly AppendItem[]): Promise<AppendVerdict[]> {
  const column = <Value>(value: (item: AppendItem) => Value) => items.map(value);
  const values = [
    texts(column(({ kind }) => kind)),
    texts(column(({ slot }) => slot)),
    texts(column(({ league }) => league)),
    texts(column(({ gameId }) => gameId)),
    integers(column((item) => ("epoch" in item ? item.epoch : 0))),
    bigints(column((item) => ("number" in item ? item.number : item.revision))),
    integers(column(({ entries }) => entries)),
    byteas(column(({ body }) => body)),
    texts(column((item) => (item.kind === "official" ? item.playerId : null))),
    byteas(column((item) => (item.kind === "official" ? Buffer.from(item.digest, "hex") : null))),
    booleans(
      column((item) => {
        if (item.kind === "official") return item.withdrawn;
        return item.kind === "facts" ? (item.final ?? null) : null;
      }),
    ),
  ];
  const statement = { name: "journal_append", text: APPEND, values };
  const { rows } = await commit<Appended>(pool, statement);
  return rows.map((row, at) => ({
    verdict: row.verdict,
    firstOffset: row.first_offset === null ? undefined : Number(row.first_offset),
    end: { slot: items[at]?.slot ?? "", endOffset: Number(row.end_offset), term: row.term },
    expectedNumber: Number(row.expected ?? 0),
    epoch: row.present_epoch,
    hasOfficials: row.officials,
    replicated: row.replicated,
  }));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

type Opened = {
  verdict: "open" | "not_owner" | "wrong_slot";
  epoch: number | null;
  next_number: string | null;
  owner: string | null;
  end_offset: string | null;
  term: number | null;
  replicated: boolean;
};

function openVerdictOf(slot: Slot, row: Opened | undefined): OpenVerdict {
  switch (row?.verdict) {
    case "open": {
      const end = { slot, endOffset: Number(row.end_offset ?? 0), term: row.term ?? 0 };
      return {
        verdict: "open",
        epoch: row.epoch ?? 0,
        nextNumber: Number(row.next_number),
        end,
        replicated: row.replicated,
      };
    }
    case "not_owner":
      return { verdict: "not_owner", owner: row.owner ?? "" };
    case "wrong_slot":
      return { verdict: "wrong_slot", slot: row.owner ?? "" };
    default:
      throw new Error("journal_open gave no verdict");
  }
}

type Appended = {
  verdict: AppendVerdict["verdict"];
  first_offset: string | null;
  end_offset: string;
  term: number;
  expected: string | null;
  present_epoch: number;
  officials: boolean;
  replicated: boolean;
};

type Released = {
  verdict: "appended" | "duplicate";
  end_offset: string;
  term: number;
  replicated: boolean;
};

type StoredHead = {
  slot: string;
  end_offset: string;
  digest: Buffer;
  term: number;
  // node-postgres gives -infinity as a number.
  recorded_at: Date | number;
};

type StoredRow = {
  first_offset: string;
  entries: number;
  recorded_at: Date;
  term: number;
  digest: Buffer;
  body: Buffer;
};

function rowOf(stored: StoredRow): JournalRow {
  return {
    firstOffset: Number(stored.first_offset),
    entries: stored.entries,
    recordedAt: stored.recorded_at.getTime(),
    term: stored.term,
    digest: stored.digest.toString("hex"),
    body: stored.body,
  };
}
