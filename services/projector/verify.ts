import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type BoxScores, countedLine, type Entry, foldBoxScores } from "#domain/boxscore";
import { foldSeason } from "#domain/season";
import type { Slot } from "#domain/slots";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";
import type {
  Difference,
  VerifySeasonResponseSchema,
} from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { Outage } from "#runtime/outage";
import { type ArchivedRow, type ArchiveReads, columnOf } from "#stores/archive";
import { type Contents, contentsOf, type HotFolds } from "#stores/hotstore";
import {
  BEGINNING,
  type Cursor,
  CursorLost,
  decodeEntry,
  decodeRow,
  type Journal,
  RowCorrupt,
} from "#stores/journal";

type Response = MessageInitShape<typeof VerifySeasonResponseSchema>;
type Found = Omit<Difference, "$typeName" | "$unknown">;

type Means = {
  readonly journal: Journal;
  readonly archive: ArchiveReads;
  readonly hot: Pick<HotFolds, "contents">;
};

/** Differences that one check sends; all are counted. */
const DIFFERENCES_MAX = 1_000;

/** Entries compared at once. */
const ENTRIES_AT_ONCE = 5_000;

/** How long the hot store may take to come as far as the archive, in ms. */
const HOT_STORE_MS_MAX = 10_000;

/**
 * Checks a slot: each difference as it is found, and a summary at the end. What must be there is a
 * fresh fold of the archive's entries, and of the journal behind them; nothing else is believed.
 */
export async function* verify(
  { journal, archive, hot }: Means,
  slot: Slot,
  signal: AbortSignal,
): AsyncGenerator<Response> {
  let differences = 0;
  function* told(found: Iterable<Found>): Generator<Response> {
    for (const difference of found) {
      differences += 1;
      if (differences > DIFFERENCES_MAX) continue;
      yield { message: { case: "difference", value: difference } };
    }
  }

  const { cursor: archived, value: games } = await archive.snapshot(slot);
  const rows = await archive.rows(slot);
  const truth = new Truth();
  const end = archived?.endOffset ?? 0;
  const tail = journalFrom(journal, slot);
  for (let from = 0; from < end; from += ENTRIES_AT_ONCE) {
    signal.throwIfAborted();
    const count = Math.min(ENTRIES_AT_ONCE, end - from);
    const kept = await archive.entries(slot, from, count);
    yield* told(compareEntries(from, count, kept, await tail.take(from + count)));
    truth.fold(kept.map(({ bytes }) => decodeEntry(bytes)));
  }
  yield* told(compared("archive", stateOf(slot, games), stateOf(slot, truth.games)));
  // Rows are compared at the archive's own end, so only if it has not moved since.
  if ((await archive.snapshot(slot)).cursor?.endOffset === archived?.endOffset) {
    yield* told(compareRows(rows, truth.games));
  }

  const { cursor, contents } = await caughtUp(hot, slot, end, signal);
  const { journalled, broken } = await tail.rest(cursor.endOffset);
  if (broken) yield* told([broken]);
  truth.fold(journalled);
  const expected = stateOf(slot, truth.games);
  yield* told(compared("hot store", contents, expected));

  const fields = [...expected.values()].reduce((sum, { size }) => sum + size, 0);
  const verified = {
    entries: BigInt(cursor.endOffset),
    fields: BigInt(fields),
    differences: BigInt(differences),
    digest: digestOf(expected),
  };
  yield { message: { case: "verified", value: verified } };
}

/** The games as entries alone make them. */
class Truth {
  readonly games = new Map<
    string,
    BoxScores extends ReadonlyMap<string, infer Box> ? Box : never
  >();

  fold(entries: readonly Entry[]): void {
    for (const [gameId, box] of foldBoxScores(this.games, entries)) this.games.set(gameId, box);
  }
}

/** Reads a log from its beginning, checking each row's place on the chain. */
function journalFrom(journal: Journal, slot: Slot) {
  let cursor: Cursor = BEGINNING;
  let ahead: { offset: number; bytes: Uint8Array; entry: Entry }[] = [];
  let broken: Found | undefined;

  async function readUntil(end: number): Promise<void> {
    while (broken === undefined && (ahead.at(-1)?.offset ?? cursor.endOffset - 1) + 1 < end) {
      try {
        const rows = await journal.read(slot, cursor, ENTRIES_AT_ONCE);
        const last = rows.at(-1);
        if (last === undefined) return;
        ahead.push(...rows.flatMap(decodeRow));
        cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
      } catch (error) {
        // The cursor is the end of a row that was just read: what does not follow it is broken.
        if (!(error instanceof RowCorrupt || error instanceof CursorLost)) throw error;
        const from = error instanceof RowCorrupt ? error.firstOffset : cursor.endOffset;
        broken = { store: "journal", place: `row at ${from}`, found: error.message, expected: "" };
      }
    }
  }
  function upTo(end: number) {
    const taken = ahead.filter(({ offset }) => offset < end);
    ahead = ahead.filter(({ offset }) => offset >= end);
    return taken;
  }
  return {
    /** The entries before `end` that were not taken yet; what of them is broken is left out. */
    async take(end: number) {
      await readUntil(end);
      return { entries: upTo(end), broken };
    },
    /** The rest of the entries before `end`, to be folded. */
    async rest(end: number) {
      const before = broken;
      await readUntil(end);
      return {
        journalled: upTo(end).map(({ entry }) => entry),
        broken: before === undefined ? broken : undefined,
      };
    },
  };
}

function* compareEntries(
  from: number,
  count: number,
  kept: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
  journalled: {
    readonly entries: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
    readonly broken: Found | undefined;
  },
): Generator<Found> {
  const inArchive = new Map(kept.map(({ offset, bytes }) => [offset, bytes]));
  const inJournal = new Map(journalled.entries.map(({ offset, bytes }) => [offset, bytes]));
  if (journalled.broken !== undefined && inJournal.size < count) yield journalled.broken;
  for (let offset = from; offset < from + count; offset += 1) {
    const found = inArchive.get(offset);
    const expected = inJournal.get(offset);
    // What the journal does not have any more, or has broken, is not compared.
    const isRight =
      expected === undefined
        ? found !== undefined
        : found !== undefined && Buffer.compare(found, expected) === 0;
    if (isRight) continue;
    yield {
      store: "archive",
      place: `entry ${offset}`,
      found: found === undefined ? "" : hexOf(found),
      expected: expected === undefined ? "an entry" : hexOf(expected),
    };
  }
}

/** Differences between what SQL says of each line and what counts. */
function* compareRows(rows: readonly ArchivedRow[], games: BoxScores): Generator<Found> {
  const expected = new Map<string, Record<string, unknown>>();
  for (const [gameId, { players, teams }] of games) {
    for (const [playerId, lines] of players) {
      const counted = countedLine(lines);
      if (counted === undefined) continue;
      const { teamId, official, totals } = counted;
      const values = STATISTICS.map((name) => [columnOf(name), totals[name] ?? null]);
      const row = { team_id: teamId, official, ...Object.fromEntries(values) };
      expected.set(`game:${gameId} player:${playerId}`, row);
    }
    for (const [teamId, { totals }] of teams) {
      const values = TEAM_STATISTICS.map((name) => [columnOf(name), totals[name] ?? null]);
      expected.set(`game:${gameId} team:${teamId}`, Object.fromEntries(values));
    }
  }
  for (const { gameId, of, id, values } of rows) {
    const place = `game:${gameId} ${of}:${id}`;
    const wanted = expected.get(place);
    expected.delete(place);
    for (const [column, value] of Object.entries(values)) {
      if (wanted !== undefined && !(column in wanted)) continue;
      if (value === wanted?.[column]) continue;
      const found = `${column} = ${value}`;
      yield {
        store: "archive",
        place,
        found,
        expected: wanted ? `${column} = ${wanted[column]}` : "",
      };
    }
  }
  for (const place of expected.keys()) {
    yield { store: "archive", place, found: "", expected: "a row" };
  }
}

/** Differences between two contents, field by field. */
function* compared(store: string, found: Contents, expected: Contents): Generator<Found> {
  for (const key of new Set([...found.keys(), ...expected.keys()])) {
    const has = found.get(key);
    const must = expected.get(key);
    for (const field of new Set([...(has?.keys() ?? []), ...(must?.keys() ?? [])])) {
      const [is, shall] = [has?.get(field) ?? "", must?.get(field) ?? ""];
      if (is !== shall) yield { store, place: `${key} ${field}`, found: is, expected: shall };
    }
  }
}

function stateOf(slot: Slot, games: BoxScores): Contents {
  const nothing = { players: new Map(), teams: new Map() };
  return contentsOf(slot, { games, seasons: foldSeason(nothing, new Map(), games) });
}

/** The hot store at a moment when it is as far as `end`, or further. */
async function caughtUp(hot: Means["hot"], slot: Slot, end: number, signal: AbortSignal) {
  const until = performance.now() + HOT_STORE_MS_MAX;
  for (;;) {
    const read = await hot.contents(slot);
    if (read !== undefined && read.cursor.endOffset >= end) return read;
    if (performance.now() > until) {
      const cause = new Error(`${slot} could not be read at one moment at ${end} or later`);
      throw new Outage("hot store", { cause });
    }
    await delay(50, undefined, { signal });
  }
}

function digestOf(contents: Contents): string {
  const hash = createHash("sha256");
  for (const [key, fields] of [...contents].sort(byName)) {
    for (const [field, value] of [...fields].sort(byName))
      hash.update(`${key}\0${field}\0${value}\n`);
  }
  return hash.digest("hex");
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
