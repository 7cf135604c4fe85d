import { LineOutcome, type OpenUpload } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { RawLineBatch } from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import type { FieldViolation } from "#runtime/rpc";
import type { Recorded } from "#stores/archive";
import {
  type AppendItem,
  type AppendVerdict,
  ENTRIES_PER_ROW_MAX,
  type End,
  type Journal,
} from "#stores/journal";
import { type CheckedLine, checked, lineOf } from "./checked-lines.ts";
import { linesBody, type Place } from "./entries.ts";
import { type KnownLines, knownLines, lineDigest } from "./known-lines.ts";
import type { Limits } from "./limits.ts";
import { notAppended, notOpened, numberGap, numberReused, ownerLost } from "./refusals.ts";

/** What appends work on. */
export type AppendMeans = {
  readonly journal: Journal;
  readonly recorded: Recorded;
  readonly limits: Limits;
};

/** An upload that is open: whose it is, and the number that its next line must have. */
export type Upload = {
  readonly open: OpenUpload;
  readonly league: string;
  readonly slot: string;
  readonly epoch: number;
  /** Where its lines come from. */
  readonly place: Place;
  /** The number that was next when it was opened. */
  readonly begun: number;
  next: number;
  /** The lines below `begun`, while they are sent again: looked up once, as that reads a part of the log. */
  known?: Promise<KnownLines> | undefined;
};

/** What became of a line that was not simply taken. */
export type Result = {
  readonly number: bigint;
  readonly outcome: LineOutcome;
  readonly violations?: FieldViolation[];
};

/** What is durable after some batches. */
export type Taken = {
  /** How many they are, and the lines in them. */
  readonly batches: number;
  readonly lines: number;
  readonly through: number;
  readonly end: End;
  readonly replicated: boolean;
  /** At most as many as a batch has lines at most. */
  readonly results: readonly Result[];
};

/** What is told of batches, in the order in which they came; nothing follows a failure. */
export type Told = { readonly taken: Taken } | { readonly failed: unknown };

/** Checked lines with consecutive numbers, of one batch or of several that followed each other. */
type Batch = {
  readonly firstNumber: number;
  readonly lines: readonly CheckedLine[];
  /** How many of the first ones came before: duplicates. */
  readonly known: number;
  readonly batches: number;
};

/** A batch, or why what was read is none. */
type Waiting = Batch | { readonly refused: unknown };

/**
 * Appends what an upload brings. Lines gather until the commit that takes them begins, and go with it as one:
 * many messages are a line, and a line by itself costs an append what five hundred cost.
 */
export function appends(
  means: AppendMeans,
  upload: Upload,
  tell: (told: Told) => void,
): { add(batch: RawLineBatch): void } {
  const waiting: Waiting[] = [];
  // Whether the first that waits is on its way already.
  let isAsked = false;
  let told = Promise.resolve();

  function ask(): void {
    const first = waiting[0];
    if (isAsked || first === undefined) return;
    isAsked = true;
    const taken = Promise.withResolvers<Taken>();
    const before = told;
    told = before
      .then(() => taken.promise)
      .then(
        (taken) => tell({ taken }),
        (failed) => tell({ failed }),
      );
    taken.promise.catch(() => {});
    (isNew(first) ? together() : alone(before)).then(taken.resolve, taken.reject);
  }
  async function together(): Promise<Taken> {
    let batch: Batch | undefined;
    const verdicts = await means.journal.append(() => {
      batch = nextBatch(waiting, isNew);
      isAsked = false;
      ask();
      return batch === undefined ? [] : [itemOf(upload, batch)];
    });
    if (batch === undefined) throw new Error("no lines were there when their commit began");
    return takenOf(means, upload, batch, verdicts[0]);
  }
  // What was sent again is compared with what came before it, which has to be in the log by then.
  async function alone(before: Promise<void>): Promise<Taken> {
    await before;
    const first = nextBatch(waiting, isRepeated) ?? waiting.shift();
    try {
      if (first === undefined || "refused" in first) throw first?.refused;
      return await append(means, upload, first);
    } finally {
      isAsked = false;
      ask();
    }
  }

  return {
    add(batch) {
      try {
        waiting.push(checkedBatch(means, upload, batch));
      } catch (refused) {
        waiting.push({ refused });
      }
      ask();
    },
  };
}

/** Checks a batch as soon as it is read, and moves on the number that comes next. */
function checkedBatch({ limits }: AppendMeans, upload: Upload, batch: RawLineBatch): Batch {
  const firstNumber = Number(batch.firstNumber);
  if (firstNumber > upload.next) throw numberGap(upload.open.gameId, upload.next);
  const own = limits.get(upload.league);
  const lines = batch.lines.map((bytes, at) => checked(bytes, own, at));
  const afterLast = firstNumber + lines.length;
  const known = Math.min(upload.next, afterLast) - firstNumber;
  upload.next = Math.max(upload.next, afterLast);
  return { firstNumber, lines, known, batches: 1 };
}

/** Whether it can be appended without being compared with anything. */
function isNew(waiting: Waiting): waiting is Batch {
  return !("refused" in waiting) && waiting.known === 0;
}

/** Whether all of it came before. */
function isRepeated(waiting: Waiting): waiting is Batch {
  return !("refused" in waiting) && waiting.known === waiting.lines.length;
}

/**
 * Takes what is alike and has consecutive numbers off the front of what waits, as one batch: as much as fits
 * into a row. Undefined where what comes first is something else.
 */
function nextBatch(
  waiting: Waiting[],
  isAlike: (waiting: Waiting) => waiting is Batch,
): Batch | undefined {
  const taken: Batch[] = [];
  let count = 0;
  for (const next of waiting) {
    if (!isAlike(next)) break;
    const [first = next] = taken;
    const isNext = next.firstNumber === first.firstNumber + count;
    count += next.lines.length;
    if (taken.length > 0 && (!isNext || count > ENTRIES_PER_ROW_MAX)) break;
    taken.push(next);
  }
  waiting.splice(0, taken.length);
  const [first] = taken;
  if (first === undefined || taken.length === 1) return first;
  const lines = taken.flatMap((batch) => batch.lines);
  return { ...first, lines, known: first.known === 0 ? 0 : lines.length, batches: taken.length };
}

/** Appends the lines of a batch that are new, behind the duplicates. */
async function append(means: AppendMeans, upload: Upload, batch: Batch): Promise<Taken> {
  const { firstNumber, lines, known, batches } = batch;
  if (known > 0) await compareRepeated(means, upload, firstNumber, lines.slice(0, known));
  if (known === lines.length) {
    // What was acknowledged before is in the log up to where it was when the upload was opened.
    const { end, replicated } = await reopened(means.journal, upload);
    const through = firstNumber + lines.length - 1;
    return { batches, lines: lines.length, through, end, replicated, results: duplicatesIn(batch) };
  }
  const [verdict] = await means.journal.append([itemOf(upload, batch)]);
  return takenOf(means, upload, batch, verdict);
}

/** The new lines of a batch as the journal takes them. */
function itemOf(upload: Upload, { firstNumber, lines, known }: Batch): AppendItem {
  const { league, slot, epoch, place, open } = upload;
  const number = firstNumber + known;
  const fresh = known === 0 ? lines : lines.slice(known);
  const body = linesBody(place, fresh, (at) => number + at);
  return {
    ...{ kind: "lines", slot, league, gameId: open.gameId, epoch, number },
    ...{ entries: fresh.length, body },
  };
}

/** What is durable after an append of a batch. */
async function takenOf(
  means: AppendMeans,
  upload: Upload,
  batch: Batch,
  verdict: AppendVerdict | undefined,
): Promise<Taken> {
  const { gameId } = upload.open;
  const { firstNumber, lines, known, batches } = batch;
  if (verdict === undefined) throw new Error("an append gave no verdict");
  if (verdict.verdict === "duplicate") {
    // Another stream of the same owner was faster: go on behind what it brought.
    const inBatch = verdict.expectedNumber - firstNumber;
    return append(means, upload, { ...batch, known: Math.min(inBatch, lines.length) });
  }
  if (verdict.verdict === "fenced" && verdict.epoch < upload.epoch) {
    throw ownerLost(gameId, verdict.epoch);
  }
  if (verdict.verdict !== "appended") throw notAppended(gameId, verdict);
  if (known === 0) upload.known = undefined;
  const results = duplicatesIn(batch);
  const official = verdict.hasOfficials
    ? await means.journal.officialPlayers(upload.league, gameId)
    : NOBODY;
  for (let at = known; at < lines.length; at++) {
    const line = lines[at];
    const number = firstNumber + at;
    if (line?.held !== undefined) results.push(heldBack(number, line.held));
    else if (line !== undefined && isDecided(line, official)) {
      results.push({ number: BigInt(number), outcome: LineOutcome.SUPERSEDED });
    }
  }
  const { end, replicated } = verdict;
  const through = firstNumber + lines.length - 1;
  return { batches, lines: lines.length, through, end, replicated, results };
}

const NOBODY: ReadonlySet<string> = new Set();

function duplicatesIn({ firstNumber, lines, known }: Batch): Result[] {
  return lines.slice(0, known).map((_, at) => ({
    number: BigInt(firstNumber + at),
    outcome: LineOutcome.DUPLICATE,
  }));
}

function heldBack(number: number, held: NonNullable<CheckedLine["held"]>): Result {
  return { number: BigInt(number), ...held, violations: [...held.violations] };
}

/** Whether an official line decides what counts of the player whose line it is. */
function isDecided(line: CheckedLine, official: ReadonlySet<string>): boolean {
  if (official.size === 0) return false;
  const { of } = lineOf(line);
  return of.case === "player" && official.has(of.value.playerId);
}

/** Throws where a number that was taken before comes with another content. */
async function compareRepeated(
  means: AppendMeans,
  upload: Upload,
  firstNumber: number,
  lines: readonly CheckedLine[],
): Promise<void> {
  const { slot, open, epoch } = upload;
  const look = () => knownLines(means, slot, open.gameId, epoch);
  const isFromBefore = firstNumber + lines.length <= upload.begun;
  if (isFromBefore) upload.known ??= look();
  const known = await ((isFromBefore && upload.known) || look());
  for (const [at, line] of lines.entries()) {
    const digest = known.get(firstNumber + at);
    const sent = lineDigest(lineOf(line));
    if (digest !== undefined && digest !== sent) {
      throw numberReused(open.gameId, firstNumber + at, sent, digest);
    }
  }
}

// Asks anew, which is fenced: an answer of "I have it" must be as durable as having it.
async function reopened(journal: Journal, { league, slot, open }: Upload) {
  const { gameId, source, instance } = open;
  const takeOver = false;
  const verdict = await journal.open({ league, gameId, slot, source, instance, takeOver });
  if (verdict.verdict !== "open") throw notOpened(gameId, verdict);
  return verdict;
}
