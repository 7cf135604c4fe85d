import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import {
  IngestService,
  type UploadedLineSchema,
  type UploadLinesRequestSchema,
  type UploadLinesResponse,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { rpcClient, untilAborted } from "#runtime/rpc";
import { type Backoff, pause } from "./backoff.ts";
import { patience } from "./retried.ts";
import { newTally, type Tally, type UploadProgress } from "./tally.ts";

/** A line to upload. */
export type NewLine = MessageInitShape<typeof UploadedLineSchema>;

/** The lines of one game, and who sends them where. */
export type Upload = {
  /** The address of the ingest service. */
  readonly target: string;
  /** Who sends, e.g. "arena-crypto". */
  readonly source: string;
  /** Which of the source's machines or runs this is; the same for the whole game. */
  readonly instance: string;
  /** The game's season; absent leaves it to the league's id rule. */
  readonly season?: MessageInitShape<typeof SeasonSchema>;
  readonly gameId: string;
  /** All lines of the upload: number n is `lines[n - 1]`, the same in every run. */
  readonly lines: ArrayLike<NewLine>;
  /** True to become the game's owner whoever it is now; numbers are then taken from 1 again. */
  readonly takeOver?: boolean;
  /** At most so many lines go in one message: 1 to 500, default 50. */
  readonly batchLines?: number;
  /** At most so many lines are on the way, sent and not acknowledged. Default 2,000. */
  readonly windowLines?: number;
  /**
   * Asked before each line is sent, in order: undefined if it is due now, else a promise of when it
   * is. What came before is sent first. After a broken connection it is asked about the same lines
   * again, and when the upload ends while it waits, its answer is not waited for.
   */
  readonly paceUntil?: (line: NewLine, number: number) => Promise<void> | undefined;
  /** Called after each answer of the service. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Called when a connection broke and before it is opened again. */
  readonly onReconnect?: (failure: unknown) => void;
  /** How long an answer that is due may take before the connection counts as dead. Default 15 s. */
  readonly answerWithinMs?: number;
  readonly backoff?: Backoff;
  /** Ends the upload where it is; what was acknowledged stays. */
  readonly signal?: AbortSignal;
};

/** An upload of which every line is durable. */
export type UploadResult = UploadProgress & {
  /** A read that names it sees all lines of the upload. */
  readonly position: string;
};

const BATCH_LINES_DEFAULT = 50;
const WINDOW_LINES_DEFAULT = 2_000;
const ANSWER_WITHIN_MS_DEFAULT = 15_000;

/**
 * Uploads the lines of one game and returns when the service has said that all are durable.
 *
 * It begins with the number that the service expects: what an earlier run brought is not sent again.
 * A connection that breaks, and a service that is away, are waited out, and the upload goes on from
 * the number expected then. So each line counts once, in order, however often anything is killed.
 *
 * Throws what the service said if it refuses (reasonOf tells: NOT_OWNER, UPLOAD_FENCED, a field that
 * breaks a rule), GivenUp after ten minutes without progress, and the signal's reason. What was
 * acknowledged by then stays, and a later run goes on from there.
 */
export async function uploadGame(upload: Upload): Promise<UploadResult> {
  const { signal, onReconnect } = upload;
  const client = rpcClient(IngestService, upload.target);
  const patient = patience(upload.backoff);
  const tally = newTally(upload.lines.length);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const stream = openStream(client.uploadLines, signal);
      try {
        const position = await runStream(upload, stream, tally, patient.progressed);
        return { ...tally.progress(), position };
      } catch (error) {
        signal?.throwIfAborted();
        const ms = patient.afterFailure(error);
        tally.reconnects();
        onReconnect?.(error);
        await pause(ms, signal);
      } finally {
        stream.close();
      }
    }
  } finally {
    client.close();
  }
}

type Stream = {
  write(request: MessageInitShape<typeof UploadLinesRequestSchema>): Promise<void>;
  end(): void;
  readonly responses: AsyncIterable<UploadLinesResponse>;
  /** Aborts when the stream is over, for whatever reason. */
  readonly over: AbortSignal;
  /** Breaks the stream off, if it is not over. */
  close(reason?: unknown): void;
};

type OpenCall = (options: { signal?: AbortSignal }) => Omit<Stream, "over" | "close">;

function openStream(open: OpenCall, signal: AbortSignal | undefined): Stream {
  const closing = new AbortController();
  const over = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  const call = open({ signal: over });
  return {
    write: (request) => call.write(request),
    end: () => call.end(),
    responses: call.responses,
    over,
    close: (reason) => closing.abort(reason),
  };
}

/** One connection of the upload, up to `finished`: returns its position. */
async function runStream(
  upload: Upload,
  stream: Stream,
  tally: Tally,
  progressed: () => void,
): Promise<string> {
  const { answerWithinMs = ANSWER_WITHIN_MS_DEFAULT, onProgress } = upload;
  const flow = newFlow(stream, answerWithinMs);
  let sending: Promise<void> | undefined;
  let position: string | undefined;
  try {
    const { source, instance, season, gameId, takeOver = false } = upload;
    // Once taken over, the game is ours: to take it over again would begin at 1 again.
    const open = { source, instance, season, gameId, takeOver: takeOver && !tally.hasOpened() };
    flow.expectAnswer(0);
    await stream.write({ message: { case: "open", value: open } });

    for await (const { message } of stream.responses) {
      switch (message.case) {
        case "opened":
          tally.opened(message.value);
          flow.acknowledged(Number(message.value.nextNumber) - 1);
          sending = sendLines(upload, stream, flow, tally, progressed);
          // Its failure ends the stream, so that it is thrown below; until then it has a listener.
          sending.catch((error) => stream.close(error));
          break;
        case "ack":
          if (tally.acknowledged(message.value)) progressed();
          flow.acknowledged(Number(message.value.through));
          break;
        case "finished":
          tally.finished();
          position = message.value.position;
          break;
        // An answer that a newer service has and this client has not learned yet.
        case undefined:
          break;
      }
      onProgress?.(tally.progress());
    }
    if (position === undefined) throw new ConnectError("the upload was cut off", Code.Unavailable);
    return position;
  } catch (error) {
    // All is durable; how the connection ended after that does not matter.
    if (position !== undefined) return position;
    // What was wrong here comes before what the broken stream says of it.
    if (flow.timedOut()) throw new ConnectError("no answer came in time", Code.Unavailable);
    throw stream.over.aborted ? (stream.over.reason ?? error) : error;
  } finally {
    flow.close();
    stream.close();
    await sending?.catch(() => {});
  }
}

/** Sends all lines from the number expected, then the finish. */
async function sendLines(
  {
    lines,
    batchLines = BATCH_LINES_DEFAULT,
    windowLines = WINDOW_LINES_DEFAULT,
    paceUntil,
  }: Upload,
  stream: Stream,
  flow: Flow,
  tally: Tally,
  progressed: () => void,
): Promise<void> {
  let firstNumber = flow.through() + 1;
  let batch: NewLine[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const value = { firstNumber: BigInt(firstNumber), lines: batch };
    const last = firstNumber + batch.length - 1;
    await flow.untilThrough(last - windowLines);
    flow.expectAnswer(last);
    await stream.write({ message: { case: "batch", value } });
    tally.sentThrough(last);
    firstNumber = last + 1;
    batch = [];
  };

  for (let number = firstNumber; number <= lines.length; number++) {
    const line = lines[number - 1];
    if (line === undefined) throw new Error(`line ${number} is missing`);
    const due = paceUntil?.(line, number);
    if (due !== undefined) {
      await flush();
      await untilAborted(stream.over, due);
      // The connection lived while there was nothing to send: earlier failures are behind us.
      progressed();
    }
    batch.push(line);
    if (batch.length >= batchLines) await flush();
  }
  await flush();
  flow.expectAnswer(Number.POSITIVE_INFINITY);
  const value = { lastNumber: BigInt(lines.length) };
  await stream.write({ message: { case: "finish", value } });
  stream.end();
}

/** How far one connection has come, and whether its answers are late. */
type Flow = {
  /** The highest number of which it and all below are durable. */
  through(): number;
  acknowledged(through: number): void;
  /** Returns when that number is durable; throws when the stream is over. */
  untilThrough(number: number): Promise<void>;
  /** Something was sent that is answered when all up to this number is durable. */
  expectAnswer(through: number): void;
  timedOut(): boolean;
  close(): void;
};

function newFlow(stream: Stream, answerWithinMs: number): Flow {
  let through = 0;
  let expected = 0;
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  const waitForAnswer = () => {
    timer = setTimeout(() => {
      late = true;
      stream.close();
    }, answerWithinMs);
  };
  return {
    through: () => through,
    acknowledged(newThrough) {
      through = newThrough;
      clearTimeout(timer);
      timer = undefined;
      if (through < expected) waitForAnswer();
      wake?.();
    },
    async untilThrough(number) {
      while (through < number) {
        const acknowledged = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await untilAborted(stream.over, acknowledged);
      }
    },
    expectAnswer(newExpected) {
      expected = Math.max(expected, newExpected);
      if (timer === undefined) waitForAnswer();
    },
    timedOut: () => late,
    close: () => clearTimeout(timer),
  };
}
