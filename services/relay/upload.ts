import { createHash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { encodeLine, type Refused } from "#client";
import {
  Durability,
  type LineBatch,
  LineOutcome,
  type OpenUpload,
  type UploadedLine,
  type UploadLinesRequest,
  type UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { eventQueue } from "#runtime/events";
import { badRequest, failure } from "#runtime/rpc";
import type { Ownership } from "./game.ts";
import { refusal } from "./refusals.ts";
import type { Relay } from "./relay.ts";

type Response = MessageInitShape<typeof UploadLinesResponseSchema>;

/** What uploads at a relay work on. */
export type RelayUploadMeans = {
  readonly relay: Pick<Relay, "open">;
  /** Aborts when this process is about to go away. */
  readonly draining: AbortSignal;
  /** In ms since 1970. */
  readonly now: () => number;
};

/** What a sender may have on the way. */
const CREDIT_LINES = 2_000;
const CREDIT_BYTES = 1024 * 1024;
/** Batches that may wait for the disk. */
const BATCHES_WAITING_MAX = 16;
/** A relay that is started again is back within this. */
const RETURN_AFTER_MS = 1_000;

type Event =
  | { readonly message: IteratorResult<UploadLinesRequest, void> }
  | { readonly spooled: Spooled }
  | { readonly refused: Refused }
  | { readonly failed: unknown }
  | { readonly draining: true };

/** What is on disk after a batch, and the numbers in it that were there before. */
type Spooled = { readonly through: number; readonly duplicates: readonly number[] };

/** Answers one upload from the relay's disk. */
export async function* relayUpload(
  means: RelayUploadMeans,
  requests: AsyncIterable<UploadLinesRequest>,
): AsyncGenerator<Response> {
  const { relay, draining, now } = means;
  const messages = requests[Symbol.asyncIterator]();
  const first = await messages.next();
  if (first.done || first.value.message.case !== "open") {
    throw badRequest([{ field: "message", description: "the first message must be open" }]);
  }
  const open = first.value.message.value;
  const openedAt = now();
  const events = eventQueue<Event>();
  const fail = (failed: unknown) => events.push({ failed: refusal(failed) });
  const listener = {
    fenced: (epoch: number) => fail(fenced(open.gameId, epoch)),
    stopped: fail,
    refused: (refused: Refused) => events.push({ refused }),
  };
  const owner = await relay.open(open, listener).catch((error) => {
    throw refusal(error);
  });
  const onDraining = () => events.push({ draining: true });
  if (draining.aborted) onDraining();
  else draining.addEventListener("abort", onDraining, { once: true });
  try {
    yield openedOf(open, owner, openedAt);
    // Batches are answered in the order in which they came, whenever each is on disk.
    let answered = Promise.resolve();
    let waiting = 0;
    let reading = false;
    let through = owner.uplink.nextNumber() - 1;
    let finish: number | undefined;
    const read = () => {
      reading = true;
      messages.next().then((message) => events.push({ message }), fail);
    };
    read();
    for (;;) {
      const event = await events.next();
      if ("failed" in event) throw event.failed;
      if ("draining" in event) {
        const returnAfter = durationFromMs(RETURN_AFTER_MS);
        yield { message: { case: "draining", value: { returnAfter } } };
      } else if ("refused" in event) {
        yield ackOf(through, [lineResult(event.refused)]);
      } else if ("spooled" in event) {
        waiting -= 1;
        through = Math.max(through, event.spooled.through);
        yield ackOf(through, event.spooled.duplicates.map(duplicate));
      } else {
        reading = false;
        // The end without finish: the stream was cut.
        if (event.message.done) return;
        const { message } = event.message.value;
        if (message.case === "finish") {
          finish = Number(message.value.lastNumber);
          const next = owner.uplink.nextNumber();
          if (finish >= next) throw numberGap(open.gameId, next);
        } else if (message.case === "batch") {
          const { spooled } = await take(open.gameId, owner, message.value);
          spooled.catch(() => {});
          waiting += 1;
          answered = answered.then(() => spooled).then((spooled) => events.push({ spooled }), fail);
        } else {
          throw badRequest([{ field: "message", description: "an upload is opened only once" }]);
        }
      }
      if (finish !== undefined && waiting === 0) {
        yield { message: { case: "finished", value: {} } };
        return;
      }
      if (!reading && finish === undefined && waiting < BATCHES_WAITING_MAX) read();
    }
  } finally {
    owner.leave();
    draining.removeEventListener("abort", onDraining);
  }
}

/** Gives what is new in a batch to the spool; `spooled` is when it is on disk. */
async function take(
  gameId: string,
  owner: Ownership,
  { firstNumber, lines }: LineBatch,
): Promise<{ readonly spooled: Promise<Spooled> }> {
  const { uplink } = owner;
  const from = Number(firstNumber);
  const repeated = lines.slice(0, Math.max(0, uplink.nextNumber() - from));
  if (repeated.length > 0) await compareRepeated(gameId, owner, from, repeated);
  // From here on at once: nobody else's lines come in between.
  const fencedBy = owner.fencedBy();
  if (fencedBy !== undefined) throw fenced(gameId, fencedBy);
  const next = uplink.nextNumber();
  if (from > next) throw numberGap(gameId, next);
  const sends = lines.slice(next - from).map((line) => uplink.send(line));
  const duplicates = lines.slice(0, next - from).map((_, at) => from + at);
  const through = from + lines.length - 1;
  return { spooled: Promise.all(sends).then(() => ({ through, duplicates })) };
}

/** Throws where a number that was taken before comes with another content. */
async function compareRepeated(
  gameId: string,
  { uplink }: Ownership,
  from: number,
  lines: readonly UploadedLine[],
): Promise<void> {
  const kept = await uplink.kept(from, lines.length);
  for (const [at, line] of lines.entries()) {
    const before = kept[at];
    const again = encodeLine(line);
    if (before === undefined || Buffer.compare(before, again) === 0) continue;
    const number = from + at;
    const message = `Line ${number} of game ${gameId} was another one when it was first taken.`;
    throw failure("NUMBER_REUSED", message, {
      metadata: {
        game_id: gameId,
        number: String(number),
        sent: sha256(again),
        known: sha256(before),
      },
    });
  }
}

function openedOf(open: OpenUpload, { epoch, uplink }: Ownership, now: number): Response {
  const { sentTime } = open;
  const value = {
    epoch,
    nextNumber: BigInt(uplink.nextNumber()),
    creditLines: CREDIT_LINES,
    creditBytes: BigInt(CREDIT_BYTES),
    clockOffsetMs: sentTime === undefined ? undefined : BigInt(now - timestampMs(sentTime)),
  };
  return { message: { case: "opened", value } };
}

type Result = { readonly number: bigint; readonly outcome: LineOutcome };

function ackOf(through: number, results: Result[]): Response {
  const value = { through: BigInt(through), durability: Durability.SPOOLED, results };
  return { message: { case: "ack", value } };
}

function duplicate(number: number): Result {
  return { number: BigInt(number), outcome: LineOutcome.DUPLICATE };
}

function lineResult({ number, outcome, violations }: Refused) {
  return { number: BigInt(number), outcome, violations: [...violations] };
}

function fenced(gameId: string, epoch: number) {
  return failure("UPLOAD_FENCED", `Another owner has taken game ${gameId} over.`, {
    metadata: { game_id: gameId, epoch: String(epoch) },
  });
}

function numberGap(gameId: string, expected: number) {
  return failure("NUMBER_GAP", `Number ${expected} of game ${gameId} is expected next.`, {
    metadata: { game_id: gameId, expected: String(expected) },
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
