import { setImmediate as immediate } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  LineOutcome,
  type OpenUpload,
  type UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type {
  RawLineBatch,
  RawUploadLinesRequest,
} from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import { eventQueue } from "#runtime/events";
import type { Log } from "#runtime/log";
import { positionToken } from "#runtime/positions";
import { badRequest, type FieldViolation } from "#runtime/rpc";
import type { Recorded } from "#stores/archive";
import type { AppendVerdict, End, Journal } from "#stores/journal";
import { type CheckedLine, checked, lineOf } from "./checked-lines.ts";
import { durabilityOf } from "./durability.ts";
import { linesBody, type Place } from "./entries.ts";
import { type KnownLines, knownLines, lineDigest } from "./known-lines.ts";
import type { Limits } from "./limits.ts";
import type { News, OpenUploads } from "./open-uploads.ts";
import { fenced, notAppended, notOpened, numberGap, numberReused, ownerLost } from "./refusals.ts";
import { placeOfGame } from "./seasons.ts";

/** What uploads work on. */
export type UploadMeans = {
  readonly journal: Journal;
  readonly recorded: Recorded;
  readonly uploads: OpenUploads;
  readonly limits: Limits;
  /** In ms since 1970. */
  readonly now: () => number;
  readonly log: Log;
};

type Response = MessageInitShape<typeof UploadLinesResponseSchema>;
type Result = {
  readonly number: bigint;
  readonly outcome: LineOutcome;
  readonly violations?: FieldViolation[];
};

/** Batches of one stream that may wait for their commit; the next one is read when one is done. */
const BATCHES_IN_FLIGHT_MAX = 16;

/** Results that one ack may carry: those of one batch always fit. */
const RESULTS_PER_ACK_MAX = 500;

/** What a sender may have on the way: as much as waits at most. */
const CREDIT_LINES = BATCHES_IN_FLIGHT_MAX * 500;
const CREDIT_BYTES = 4 * 1024 * 1024;

/** A clock that is further off than this, either way, is corrected. The way of a message is less. */
const CLOCK_TOLERANCE_MS = 2_000;

/** An upload that is open: whose it is, and the number that its next line must have. */
type Upload = {
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

/** What is durable after a batch. */
type Taken = {
  readonly through: number;
  readonly end: End;
  readonly replicated: boolean;
  readonly results: readonly Result[];
};

type Event =
  | { readonly message: IteratorResult<RawUploadLinesRequest, void> }
  | { readonly taken: Taken }
  | { readonly failed: unknown }
  | News;

/** Answers one upload: opened, acks as batches become durable and are folded, finished. */
export async function* upload(
  means: UploadMeans,
  requests: AsyncIterable<RawUploadLinesRequest>,
): AsyncGenerator<Response> {
  const { journal, uploads } = means;
  const messages = requests[Symbol.asyncIterator]();
  const journalId = await journal.id();
  const tokenOf = (end: End) => positionToken({ journalId, ...end });

  const first = await messages.next();
  if (first.done || first.value.message.case !== "open") {
    throw badRequest([{ field: "message", description: "the first message must be open" }]);
  }
  const { upload, end, replicated, opened } = await openUpload(means, first.value.message.value);
  const events = eventQueue<Event>();
  const { league, slot, epoch, open } = upload;
  const registered = uploads.enter({ league, slot, gameId: open.gameId, epoch }, events.push);
  try {
    const position = end.endOffset === 0 ? "" : tokenOf(end);
    yield { message: { case: "opened", value: { ...opened, position } } };

    const progress = newProgress(upload.next - 1, end, replicated);
    registered.awaitFolds(end.endOffset);
    // Batches are answered in the order in which they came, whenever each became durable.
    let answered = Promise.resolve();
    let waiting = 0;
    let reading = false;
    let finish: bigint | undefined;
    const fail = (failed: unknown) => events.push({ failed });
    const read = () => {
      reading = true;
      messages.next().then((message) => events.push({ message }), fail);
    };
    read();
    for (;;) {
      const event = await events.next();
      if ("failed" in event) throw event.failed;
      if ("taken" in event) {
        // Batches share commits: what became durable with this one is acknowledged with it.
        await immediate();
        const results: Result[] = [];
        let taken: Taken | undefined = event.taken;
        for (; taken !== undefined; taken = events.nextIf(isTaken(results.length))?.taken) {
          waiting -= 1;
          progress.durable(taken);
          results.push(...taken.results);
        }
        registered.awaitFolds(progress.end().endOffset);
        yield progress.ack(tokenOf, results);
      } else if ("news" in event) {
        if (event.news === "fenced") throw fenced(open.gameId, event.epoch);
        if (event.news === "draining") yield drainingOf(event.returnAfterMs);
        else if (progress.folded(event.endOffset)) yield progress.ack(tokenOf, []);
      } else {
        reading = false;
        // The end without finish: the stream was cut, and what is in flight ends by itself.
        if (event.message.done) return;
        const request = event.message.value.message;
        if (request.case === "finish") {
          finish = request.value.lastNumber;
          if (Number(finish) >= upload.next) throw numberGap(open.gameId, upload.next);
        } else if (request.case === "batch") {
          const taken = take(means, upload, request.value);
          taken.catch(() => {});
          waiting += 1;
          answered = answered.then(() => taken).then((taken) => events.push({ taken }), fail);
        } else {
          throw badRequest([{ field: "message", description: "an upload is opened only once" }]);
        }
      }
      if (finish !== undefined && waiting === 0) {
        const position = tokenOf(progress.end());
        yield { message: { case: "finished", value: { position } } };
        return;
      }
      if (!reading && finish === undefined && waiting < BATCHES_IN_FLIGHT_MAX) read();
    }
  } finally {
    registered.leave();
  }
}

/** Whether an event is of a batch whose results fit into an ack that has so many. */
function isTaken(known: number) {
  return (event: Event): event is { readonly taken: Taken } =>
    "taken" in event && known + event.taken.results.length <= RESULTS_PER_ACK_MAX;
}

async function openUpload({ journal, now, log }: UploadMeans, open: OpenUpload) {
  const { gameId, source, instance, takeOver, sentTime, hole } = open;
  // Before anything is waited for: that would count as the clock's.
  const offsetMs = sentTime === undefined ? undefined : now() - timestampMs(sentTime);
  const clockCorrected = Math.abs(offsetMs ?? 0) > CLOCK_TOLERANCE_MS;
  const { league, slot } = await placeOfGame(journal, open.season, gameId);
  const verdict = await journal.open({ league, gameId, slot, source, instance, takeOver });
  if (verdict.verdict !== "open") throw notOpened(gameId, verdict);
  const { epoch, nextNumber, end, replicated } = verdict;
  const about = { game: gameId, source, epoch };
  if (clockCorrected) log.warn({ ...about, offsetMs }, "the sender's clock is wrong; corrected");
  if (hole !== undefined) {
    const { firstNumber, lastNumber } = hole;
    const numbers = `${firstNumber} to ${lastNumber}`;
    log.error({ ...about, numbers }, "the sender no longer has lines that the journal has lost");
  }
  const clockOffsetMs = clockCorrected ? (offsetMs ?? 0) : 0;
  const place = { gameId, source, epoch, clockOffsetMs };
  const upload: Upload = { open, league, slot, epoch, place, begun: nextNumber, next: nextNumber };
  const opened = {
    epoch,
    nextNumber: BigInt(nextNumber),
    creditLines: CREDIT_LINES,
    creditBytes: BigInt(CREDIT_BYTES),
    clockOffsetMs: offsetMs === undefined ? undefined : BigInt(offsetMs),
    clockCorrected,
  };
  return { upload, end, replicated, opened };
}

// Appends what is new in a batch. The check of numbers and the queueing happen at once, so that batches
// are appended in the order in which they were read.
async function take(means: UploadMeans, upload: Upload, batch: RawLineBatch): Promise<Taken> {
  const { gameId } = upload.open;
  const firstNumber = Number(batch.firstNumber);
  if (firstNumber > upload.next) throw numberGap(gameId, upload.next);
  const limits = means.limits.get(upload.league);
  const lines = batch.lines.map((bytes, at) => checked(bytes, limits, at));
  const afterLast = firstNumber + batch.lines.length;
  const known = Math.min(upload.next, afterLast) - firstNumber;
  upload.next = Math.max(upload.next, afterLast);
  return append(means, upload, { firstNumber, lines }, known);
}

/** Checked lines with consecutive numbers. */
type Batch = { readonly firstNumber: number; readonly lines: readonly CheckedLine[] };

/** Appends the lines of a batch from place `known` on; those before it are duplicates. */
async function append(
  means: UploadMeans,
  upload: Upload,
  batch: Batch,
  known: number,
): Promise<Taken> {
  const { journal } = means;
  const { league, slot, epoch, place } = upload;
  const { gameId } = upload.open;
  const number = batch.firstNumber + known;
  const lines = batch.lines.slice(known);
  const through = number + lines.length - 1;
  const repeated = batch.lines.slice(0, known);
  if (repeated.length > 0) await compareRepeated(means, upload, batch.firstNumber, repeated);
  else upload.known = undefined;
  const duplicates = repeated.map((_, at) => ({
    number: BigInt(batch.firstNumber + at),
    outcome: LineOutcome.DUPLICATE,
  }));
  if (lines.length === 0) {
    // What was acknowledged before is in the log up to where it was when the upload was opened.
    const { end, replicated } = await reopened(journal, upload);
    return { through, end, replicated, results: duplicates };
  }
  const body = linesBody(place, lines, (at) => number + at);
  const item = { kind: "lines" as const, slot, league, gameId, epoch, number, body };
  const [verdict] = await journal.append([{ ...item, entries: lines.length }]);
  if (verdict === undefined) throw new Error("an append gave no verdict");
  if (verdict.verdict === "duplicate") {
    // Another stream of the same owner was faster: go on behind what it brought.
    const inBatch = verdict.expectedNumber - batch.firstNumber;
    return append(means, upload, batch, Math.min(inBatch, batch.lines.length));
  }
  if (verdict.verdict === "fenced" && verdict.epoch < epoch) throw ownerLost(gameId, verdict.epoch);
  if (verdict.verdict !== "appended") throw notAppended(gameId, verdict);
  const superseded = await supersededIn(journal, upload, lines, verdict);
  const results = lines.flatMap(({ held }, at): Result[] => {
    if (held) return [{ number: BigInt(number + at), ...held, violations: [...held.violations] }];
    return superseded.has(at)
      ? [{ number: BigInt(number + at), outcome: LineOutcome.SUPERSEDED }]
      : [];
  });
  const { end, replicated } = verdict;
  return { through, end, replicated, results: [...duplicates, ...results] };
}

/** Throws where a number that was taken before comes with another content. */
async function compareRepeated(
  means: UploadMeans,
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

/** The places of lines whose counting statistics an official line decides. */
async function supersededIn(
  journal: Journal,
  { league, open }: Upload,
  lines: readonly CheckedLine[],
  { hasOfficials }: AppendVerdict,
): Promise<Set<number>> {
  const places = new Set<number>();
  if (!hasOfficials) return places;
  const players = await journal.officialPlayers(league, open.gameId);
  for (const [at, line] of lines.entries()) {
    const { of } = lineOf(line);
    if (of.case === "player" && players.has(of.value.playerId)) places.add(at);
  }
  return places;
}

/** How far an upload is durable, and how far it is folded. */
function newProgress(from: number, opened: End, openedReplicated: boolean) {
  let through = from;
  let applied = 0;
  let end = opened;
  let replicated = openedReplicated;
  // What is durable and not known to be folded yet, in order.
  let unfolded = from === 0 ? [] : [{ through: from, endOffset: opened.endOffset }];
  return {
    end: () => end,
    durable(taken: Taken) {
      ({ through, end, replicated } = taken);
      unfolded.push({ through, endOffset: end.endOffset });
    },
    /** Whether more is folded than was known. */
    folded(endOffset: number): boolean {
      const done = unfolded.filter((part) => part.endOffset <= endOffset);
      unfolded = unfolded.slice(done.length);
      const last = done.at(-1);
      if (last === undefined) return false;
      applied = last.through;
      return true;
    },
    ack: (tokenOf: (end: End) => string, results: readonly Result[]): Response => ({
      message: {
        case: "ack",
        value: {
          through: BigInt(through),
          position: tokenOf(end),
          durability: durabilityOf(replicated),
          results: [...results],
          appliedThrough: BigInt(applied),
        },
      },
    }),
  };
}

function drainingOf(returnAfterMs: number): Response {
  const returnAfter = {
    seconds: BigInt(Math.floor(returnAfterMs / 1_000)),
    nanos: (returnAfterMs % 1_000) * 1_000_000,
  };
  return { message: { case: "draining", value: { returnAfter } } };
}
