import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type BoxScores, countedLine, type Entry, foldBoxScores } from "#domain/boxscore";
import { foldSeason, type SeasonTotals } from "#domain/season";
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
  type Journal,
  type JournalEntry,
  RowCorrupt,
  splitRow,
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

/** Entries compared at once: the fewer, the less is alive at a time. */
const ENTRIES_AT_ONCE = 250;

/** Games whose rows are compared at once. */
const GAMES_AT_ONCE = 50;

const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

/** How often it is told how far the check has come, in ms. */
const PROGRESS_EVERY_MS = 500;

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

  const truth = new Truth();
  const tail = journalFrom(journal, slot);
  let toldAt = performance.now();
  async function* compareBetween(from: number, end: number): AsyncGenerator<Response> {
    for await (const stretch of stretches(archive, tail, slot, from, end)) {
      signal.throwIfAborted();
      yield* told(compareEntries(stretch));
      truth.fold(stretch.kept);
      if (performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
      toldAt = performance.now();
      const value = { entries: BigInt(stretch.to), total: BigInt(end) };
      yield { message: { case: "progress", value } };
    }
  }

  // All that is kept is read only when most of the entries have been: it would be in the way till then.
  const begun = (await archive.progress(slot)).cursor?.endOffset ?? 0;
  yield* compareBetween(0, begun);
  const responses: Response[] = [];
  const gameIds = new Set<string>();
  const end = await archive.inParts(slot, async (cursor, parts) => {
    const end = cursor?.endOffset ?? 0;
    for await (const response of compareBetween(begun, end)) responses.push(response);
    for await (const part of parts) {
      for (const gameId of part.keys()) gameIds.add(gameId);
      responses.push(...told(compareGames(slot, part, truth.of(part.keys()))));
    }
    return end;
  });
  const missing = truth.of([...truth.games.keys()].filter((gameId) => !gameIds.has(gameId)));
  responses.push(...told(compareGames(slot, new Map(), missing)));
  yield* responses;
  for (const gameId of missing.keys()) gameIds.add(gameId);
  const inRows = await rowsThatDiffer(archive, slot, [...gameIds], truth);
  // Rows are compared at the archive's own end, so only if it has not moved since.
  const present = (await archive.progress(slot)).cursor?.endOffset ?? 0;
  if (present === end) yield* told(inRows);

  const { cursor, contents } = await caughtUp(hot, slot, end, signal);
  const { journalled, broken } = await tail.take(cursor.endOffset);
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

  /** Some of them. */
  of(gameIds: Iterable<string>): BoxScores {
    return new Map(
      [...gameIds].flatMap((gameId) => {
        const box = this.games.get(gameId);
        return box === undefined ? [] : [[gameId, box]];
      }),
    );
  }

  fold(entries: Iterable<RecordedEntry>): void {
    for (const [gameId, box] of foldBoxScores(this.games, decoded(entries))) {
      this.games.set(gameId, box);
    }
  }
}

// One at a time: nothing of an entry that does not count stays.
function* decoded(entries: Iterable<RecordedEntry>): Generator<Entry> {
  for (const { bytes } of entries) yield decodeEntry(bytes);
}

/** An entry as it was recorded. */
type RecordedEntry = Pick<JournalEntry, "offset" | "bytes">;

/** Entries of archive and journal between two offsets. */
type Stretch = {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly RecordedEntry[];
  readonly journalled: readonly RecordedEntry[];
  /** The row at which the journal cannot be read on. */
  readonly broken: Found | undefined;
};

/** Archive and journal between two offsets; the next stretch is read while one is worked on. */
async function* stretches(
  archive: ArchiveReads,
  tail: ReturnType<typeof journalFrom>,
  slot: Slot,
  begin: number,
  end: number,
): AsyncGenerator<Stretch> {
  const read = async (from: number): Promise<Stretch> => {
    const to = Math.min(from + ENTRIES_AT_ONCE, end);
    const [kept, taken] = await Promise.all([
      archive.entries(slot, from, to - from),
      tail.take(to),
    ]);
    return { from, to, kept, ...taken };
  };
  let next = begin < end ? read(begin) : undefined;
  while (next !== undefined) {
    const present = await next;
    next = present.to < end ? read(present.to) : undefined;
    // Its failure is met in the next turn, if there is one.
    next?.catch(() => {});
    yield present;
  }
}

/** Reads a log from its beginning, checking each row's place on the chain. */
function journalFrom(journal: Journal, slot: Slot) {
  let cursor: Cursor = BEGINNING;
  let ahead: RecordedEntry[] = [];
  let broken: Found | undefined;

  async function readUntil(end: number): Promise<void> {
    while (broken === undefined && (ahead.at(-1)?.offset ?? cursor.endOffset - 1) + 1 < end) {
      try {
        const rows = await journal.read(slot, cursor, ENTRIES_AT_ONCE);
        const last = rows.at(-1);
        if (last === undefined) return;
        ahead.push(...rows.flatMap(splitRow));
        cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
      } catch (error) {
        // The cursor is the end of a row that was just read: what does not follow it is broken.
        if (!(error instanceof RowCorrupt || error instanceof CursorLost)) throw error;
        const from = error instanceof RowCorrupt ? error.firstOffset : cursor.endOffset;
        broken = { store: "journal", place: `row at ${from}`, found: error.message, expected: "" };
      }
    }
  }
  let isTold = false;
  return {
    /** The entries before `end` that were not taken yet, up to what is broken, which is told once. */
    async take(end: number) {
      await readUntil(end);
      const journalled = ahead.filter(({ offset }) => offset < end);
      ahead = ahead.filter(({ offset }) => offset >= end);
      const found = isTold ? undefined : broken;
      isTold = broken !== undefined;
      return { journalled, broken: found };
    },
  };
}

/** Where the archive's entries are not what the journal has. */
function* compareEntries({ from, to, kept, journalled, broken }: Stretch): Generator<Found> {
  const inArchive = new Map(kept.map(({ offset, bytes }) => [offset, bytes]));
  const inJournal = new Map(journalled.map(({ offset, bytes }) => [offset, bytes]));
  if (broken !== undefined) yield broken;
  for (let offset = from; offset < to; offset += 1) {
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

/** Differences between games that are kept and what they should be. */
function compareGames(slot: Slot, found: BoxScores, expected: BoxScores): Generator<Found> {
  const contents = (games: BoxScores) => contentsOf(slot, { games, seasons: NO_SEASONS });
  return compared("archive", contents(found), contents(expected));
}

/** Differences between what SQL says and what counts. */
async function rowsThatDiffer(
  archive: ArchiveReads,
  slot: Slot,
  gameIds: readonly string[],
  truth: Truth,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let at = 0; at < gameIds.length; at += GAMES_AT_ONCE) {
    const some = gameIds.slice(at, at + GAMES_AT_ONCE);
    found.push(...compareRows(await archive.rows(slot, some), truth.of(some)));
  }
  return found;
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
  return contentsOf(slot, { games, seasons: foldSeason(NO_SEASONS, new Map(), games) });
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
