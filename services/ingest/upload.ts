import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  Durability,
  type LineBatch,
  LineOutcome,
  type OpenUpload,
  type UploadLinesRequest,
  type UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { positionToken } from "#runtime/positions";
import { badRequest, eachMessage } from "#runtime/rpc";
import type { AppendVerdict, End, Journal } from "#stores/journal";
import { linesBody } from "./entries.ts";
import { notAppended, notOpened, numberGap } from "./refusals.ts";
import { placeOfGame } from "./seasons.ts";

type Response = MessageInitShape<typeof UploadLinesResponseSchema>;
type Result = { readonly number: bigint; readonly outcome: LineOutcome };

/** Batches of one stream that may wait for their commit; the next one is read when one is done. */
const BATCHES_IN_FLIGHT_MAX = 16;

/** Results that one ack may carry. */
const RESULTS_PER_ACK_MAX = 500;

/** An upload that is open: whose it is, and the number that its next line must have. */
type Upload = {
  readonly open: OpenUpload;
  readonly league: string;
  readonly slot: string;
  readonly epoch: number;
  next: number;
};

/** What is durable after a batch. */
type Taken = { readonly through: number; readonly end: End; readonly results: readonly Result[] };

/** Answers one upload: opened, acks as batches become durable, finished. */
export async function* upload(
  journal: Journal,
  requests: AsyncIterable<UploadLinesRequest>,
  context: HandlerContext,
): AsyncGenerator<Response> {
  const messages = eachMessage(requests, context.signal)[Symbol.asyncIterator]();
  const journalId = await journal.id();
  const tokenOf = (end: End) => positionToken({ journalId, ...end });

  const first = await messages.next();
  if (first.done || first.value.message.case !== "open") {
    throw badRequest([{ field: "message", description: "the first message must be open" }]);
  }
  const { upload, end } = await openUpload(journal, first.value.message.value);
  const position = end.endOffset === 0 ? "" : tokenOf(end);
  const nextNumber = BigInt(upload.next);
  yield { message: { case: "opened", value: { epoch: upload.epoch, nextNumber, position } } };

  let reached = end;
  // Batches become durable in the order they came: the oldest one is always the next to be answered.
  const waiting: Promise<Taken>[] = [];
  let message = messages.next();
  for (;;) {
    const full = waiting.length >= BATCHES_IN_FLIGHT_MAX;
    const event = await Promise.race([
      ...(full ? [] : [message.then((next) => ({ next }))]),
      ...waiting.slice(0, 1).map((oldest) => oldest.then((taken) => ({ taken }))),
    ]);
    if ("taken" in event) {
      waiting.shift();
      reached = event.taken.end;
      yield ackOf(event.taken, tokenOf(event.taken.end));
      continue;
    }
    // The end without finish: the stream was cut, and what is in flight ends by itself.
    if (event.next.done) return;
    const request = event.next.value.message;
    if (request.case === "finish") {
      const missing = Number(request.value.lastNumber) >= upload.next;
      if (missing) throw numberGap(upload.open.gameId, upload.next);
      break;
    }
    if (request.case !== "batch") {
      throw badRequest([{ field: "message", description: "an upload is opened only once" }]);
    }
    const taken = take(journal, upload, request.value);
    // Whoever awaits it learns of a failure; until then it must not count as unhandled.
    taken.catch(() => {});
    waiting.push(taken);
    message = messages.next();
  }
  for (const oldest of waiting) {
    const taken = await oldest;
    reached = taken.end;
    yield ackOf(taken, tokenOf(taken.end));
  }
  yield { message: { case: "finished", value: { position: tokenOf(reached) } } };
}

async function openUpload(
  journal: Journal,
  open: OpenUpload,
): Promise<{ upload: Upload; end: End }> {
  const { gameId, source, instance, takeOver } = open;
  const { league, slot } = await placeOfGame(journal, open.season, gameId);
  const verdict = await journal.open({ league, gameId, slot, source, instance, takeOver });
  if (verdict.verdict !== "open") throw notOpened(gameId, verdict);
  const { epoch, nextNumber, end } = verdict;
  return { upload: { open, league, slot, epoch, next: nextNumber }, end };
}

// Appends what is new in a batch. The check of numbers and the queueing happen at once, so that batches
// are appended in the order in which they were read.
function take(journal: Journal, upload: Upload, batch: LineBatch): Promise<Taken> {
  const { gameId } = upload.open;
  const firstNumber = Number(batch.firstNumber);
  if (firstNumber > upload.next) return Promise.reject(numberGap(gameId, upload.next));
  const afterLast = firstNumber + batch.lines.length;
  const known = Math.min(upload.next, afterLast) - firstNumber;
  upload.next = Math.max(upload.next, afterLast);
  return append(journal, upload, batch, known);
}

/** Appends the lines of a batch from place `known` on; those before it are duplicates. */
async function append(
  journal: Journal,
  upload: Upload,
  batch: LineBatch,
  known: number,
): Promise<Taken> {
  const { league, slot, epoch } = upload;
  const { gameId, source } = upload.open;
  const number = Number(batch.firstNumber) + known;
  const lines = batch.lines.slice(known);
  const through = number + lines.length - 1;
  const duplicates = batch.lines.slice(0, known).map((_, at) => ({
    number: batch.firstNumber + BigInt(at),
    outcome: LineOutcome.DUPLICATE,
  }));
  if (lines.length === 0) {
    // What was acknowledged before is in the log up to where it was when the upload was opened.
    const { end } = await reopened(journal, upload);
    return { through, end, results: duplicates };
  }
  const body = linesBody({ gameId, source, epoch }, lines, (at) => number + at);
  const item = { kind: "lines" as const, slot, league, gameId, epoch, number, body };
  const [verdict] = await journal.append([{ ...item, entries: lines.length }]);
  if (verdict === undefined) throw new Error("an append gave no verdict");
  if (verdict.verdict === "duplicate") {
    // Another stream of the same owner was faster: go on behind what it brought.
    const inBatch = verdict.expectedNumber - Number(batch.firstNumber);
    return append(journal, upload, batch, Math.min(inBatch, batch.lines.length));
  }
  if (verdict.verdict !== "appended") throw notAppended(gameId, verdict);
  const superseded = await supersededIn(journal, upload, lines, number, verdict);
  return { through, end: verdict.end, results: [...duplicates, ...superseded] };
}

// Asks anew, which is fenced: an answer of "I have it" must be as durable as having it.
async function reopened(journal: Journal, { league, slot, open }: Upload): Promise<{ end: End }> {
  const { gameId, source, instance } = open;
  const takeOver = false;
  const verdict = await journal.open({ league, gameId, slot, source, instance, takeOver });
  if (verdict.verdict !== "open") throw notOpened(gameId, verdict);
  return verdict;
}

async function supersededIn(
  journal: Journal,
  { league, open }: Upload,
  lines: LineBatch["lines"],
  firstNumber: number,
  { hasOfficials }: AppendVerdict,
): Promise<Result[]> {
  if (!hasOfficials) return [];
  const players = await journal.officialPlayers(league, open.gameId);
  return lines.flatMap(({ of }, at) =>
    of.case === "player" && players.has(of.value.playerId)
      ? [{ number: BigInt(firstNumber + at), outcome: LineOutcome.SUPERSEDED }]
      : [],
  );
}

function ackOf({ through, results }: Taken, position: string): Response {
  const ack = {
    through: BigInt(through),
    position,
    durability: Durability.LOCAL,
    results: results.slice(0, RESULTS_PER_ACK_MAX),
  };
  return { message: { case: "ack", value: ack } };
}
