import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  IngestService,
  type OpenUploadSchema,
  type UploadAck,
  type UploadDraining,
  type UploadLinesResponse,
  type UploadOpened,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { pause } from "./backoff.ts";
import { encodeBatch, encodeFinish, encodeOpen } from "./encoded.ts";
import { prospectOf } from "./failures.ts";
import { type Flow, newFlow } from "./flow.ts";
import type { Patience } from "./retried.ts";

/** What an upload wants of the lines that it asks for. */
export type Wanted = {
  /** The number of the first of them. */
  readonly from: number;
  readonly linesMax: number;
  /** The first line is given whatever it has. */
  readonly bytesMax: number;
  /** Aborts when they are wanted no more. */
  readonly signal: AbortSignal;
  /** To be called when a line was waited for: the connection lived meanwhile. */
  readonly waited: () => void;
};

/** What is uploaded, and what is told of it. Numbers are those of the upload, from 1. */
export type Sender = {
  /** How the next connection opens the upload. */
  open(): MessageInitShape<typeof OpenUploadSchema>;
  /**
   * The upload is open: says with which number it goes on, the one expected or one before it. Throws if
   * it is not to go on, or is to be opened in another way.
   */
  opened(opened: UploadOpened): Promise<number>;
  /** Encoded lines, at least one, as soon as there is one; undefined once there will be none. */
  lines(wanted: Wanted): Promise<readonly Uint8Array[] | undefined>;
  /** All up to this number has been sent. */
  sent(through: number): void;
  /** Lines are durable; true if those are more than before. */
  acknowledged(ack: UploadAck): Promise<boolean>;
  /** All lines are durable. */
  finished(): void;
  /** A connection broke, and is opened again. */
  reconnects(failure: unknown): void;
};

/** One connection, as a call of UploadLines gives it. */
export type Call = {
  write(message: Uint8Array, options: { readonly compress: boolean }): Promise<void>;
  end(): void;
  readonly responses: AsyncIterable<UploadLinesResponse>;
};

/** Who opens connections to a service. */
export type Connections = {
  open(signal: AbortSignal): Call;
  close(): void;
};

/** How an upload is sent. */
export type Sending = {
  readonly connections: Connections;
  readonly patience: Patience;
  /** At most so many lines go in one message: 1 to 500, default 50. */
  readonly batchLines?: number;
  /** At most so many lines are on the way, sent and not acknowledged. Default what the service allows. */
  readonly windowLines?: number;
  /** Messages of so many bytes are compressed. Default none. */
  readonly compressFromBytes?: number;
  /** How long an answer that is due may take before the connection counts as dead. Default 15 s. */
  readonly answerWithinMs?: number;
  readonly signal?: AbortSignal;
};

const BATCH_LINES_DEFAULT = 50;
const BATCH_BYTES_MAX = 256 * 1024;
const ANSWER_WITHIN_MS_DEFAULT = 15_000;

// For a service that says nothing of credit.
const CREDIT_LINES_DEFAULT = 2_000;
const CREDIT_BYTES_DEFAULT = 1024 * 1024;

/** Connections to the ingest service at an address. */
export function connectionsTo(target: string): Connections {
  const client = rpcClient(IngestService, target, { mayCompress: true });
  return { open: (signal) => client.uploadLines({ signal }), close: client.close };
}

/**
 * Uploads what `sender` has, to its end, and returns the last position.
 *
 * A connection that breaks is opened again, as long as `patience` lasts, and goes on with the number
 * that the service expects then, or the first before it of which no ack was seen. A service that drains is given its acks, left, and called again when
 * it said. Throws what the sender throws, what the service refuses, GivenUp, and the signal's reason.
 */
export async function runUpload(sender: Sender, sending: Sending): Promise<string> {
  const { connections, patience, signal } = sending;
  for (;;) {
    signal?.throwIfAborted();
    const stream = openStream(connections, signal);
    let returnAfterMs: number;
    try {
      const end = await runConnection(sender, sending, stream);
      if ("position" in end) return end.position;
      ({ returnAfterMs } = end);
    } catch (error) {
      signal?.throwIfAborted();
      returnAfterMs = patience.afterFailure(error);
      sender.reconnects(error);
    } finally {
      stream.close();
    }
    await pause(returnAfterMs, signal);
  }
}

type Stream = Call & {
  /** Aborts when the stream is over, for whatever reason. */
  readonly over: AbortSignal;
  /** Breaks the stream off, if it is not over. */
  close(reason?: unknown): void;
};

function openStream(connections: Connections, signal: AbortSignal | undefined): Stream {
  const closing = new AbortController();
  const over = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  const { write, end, responses } = connections.open(over);
  return { write, end, responses, over, close: (reason) => closing.abort(reason) };
}

/** How a connection ended well: the upload has, or the service drains. */
type End = { readonly position: string } | { readonly returnAfterMs: number };

async function runConnection(sender: Sender, sending: Sending, stream: Stream): Promise<End> {
  const flow = newFlow(sending.answerWithinMs ?? ANSWER_WITHIN_MS_DEFAULT, () => stream.close());
  const draining = new AbortController();
  let returnAt: number | undefined;
  let sent: Promise<void> | undefined;
  let position: string | undefined;
  try {
    flow.expectAnswer();
    await stream.write(encodeOpen(sender.open()), { compress: false });
    for await (const { message } of stream.responses) {
      switch (message.case) {
        case "opened":
          flow.answered();
          flow.acknowledged((await sender.opened(message.value)) - 1);
          allow(flow, message.value, sending.windowLines);
          sent = sendLines(sender, sending, stream, flow, draining.signal);
          // Its failure ends the stream, so that it is thrown below; until then it has a listener.
          sent.catch((error) => stream.close(error));
          break;
        case "ack":
          await acknowledge(sender, sending, flow, message.value);
          break;
        case "draining":
          returnAt = performance.now() + returnAfterMs(message.value);
          draining.abort(new ConnectError("the service drains", Code.Unavailable));
          break;
        case "finished":
          sender.finished();
          position = message.value.position;
          break;
        // An answer that a newer service has and this client has not learned yet.
        case undefined:
          break;
      }
    }
    if (position !== undefined) return { position };
    if (returnAt === undefined) throw new ConnectError("the upload was cut off", Code.Unavailable);
    return { returnAfterMs: leftUntil(returnAt) };
  } catch (error) {
    // All is durable; how the connection ended after that does not matter.
    if (position !== undefined) return { position };
    // What was wrong here comes before what the broken stream says of it.
    const here = stream.over.aborted ? (stream.over.reason ?? error) : error;
    const failure = flow.late() ? new ConnectError("no answer came", Code.Unavailable) : here;
    // The service has gone, as it said.
    if (returnAt !== undefined && prospectOf(failure) !== "refused") {
      return { returnAfterMs: leftUntil(returnAt) };
    }
    throw failure;
  } finally {
    flow.close();
    stream.close();
    await sent?.catch(() => {});
  }
}

/** Takes an ack for what was sent here: what is sent again is still to be read. */
async function acknowledge(sender: Sender, { patience }: Sending, flow: Flow, ack: UploadAck) {
  const through = Math.min(Number(ack.through), flow.sentThrough());
  if (await sender.acknowledged({ ...ack, through: BigInt(through) })) patience.progressed();
  flow.acknowledged(through);
}

function returnAfterMs({ returnAfter }: UploadDraining): number {
  return returnAfter === undefined ? 0 : durationMs(returnAfter);
}

function leftUntil(at: number): number {
  return Math.max(0, at - performance.now());
}

function allow(flow: Flow, { creditLines, creditBytes }: UploadOpened, windowLines = Infinity) {
  flow.credit(
    Math.min(windowLines, creditLines || CREDIT_LINES_DEFAULT),
    Number(creditBytes) || CREDIT_BYTES_DEFAULT,
  );
}

/** Sends all lines from the number expected, then the finish; or, once `draining` aborts, none. */
async function sendLines(
  sender: Sender,
  sending: Sending,
  stream: Stream,
  flow: Flow,
  draining: AbortSignal,
): Promise<void> {
  const { batchLines = BATCH_LINES_DEFAULT, compressFromBytes = Infinity, patience } = sending;
  const signal = AbortSignal.any([stream.over, draining]);
  let last = flow.through();
  try {
    for (;;) {
      signal.throwIfAborted();
      const wanted = { from: last + 1, linesMax: batchLines, bytesMax: BATCH_BYTES_MAX };
      const lines = await sender.lines({ ...wanted, signal, waited: patience.progressed });
      if (lines === undefined) break;
      const message = encodeBatch(last + 1, lines);
      await flow.untilRoom(lines.length, message.length, signal);
      last += lines.length;
      flow.sent(last, message.length);
      await stream.write(message, { compress: message.length >= compressFromBytes });
      sender.sent(last);
    }
    flow.expectAnswer();
    await stream.write(encodeFinish(last), { compress: false });
  } catch (error) {
    if (!draining.aborted || stream.over.aborted) throw error;
    await flow.untilAllDurable(stream.over);
  }
  stream.end();
}
