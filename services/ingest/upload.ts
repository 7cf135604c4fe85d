import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type {
  OpenUpload,
  UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { RawUploadLinesRequest } from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import { eventQueue } from "#runtime/events";
import type { Log } from "#runtime/log";
import { positionToken } from "#runtime/positions";
import { badRequest } from "#runtime/rpc";
import type { End } from "#stores/journal";
import {
  type AppendMeans,
  appends,
  type Result,
  type Taken,
  type Told,
  type Upload,
} from "./appends.ts";
import { durabilityOf } from "./durability.ts";
import type { News, OpenUploads } from "./open-uploads.ts";
import { fenced, notOpened, numberGap } from "./refusals.ts";
import { placeOfGame } from "./seasons.ts";

/** What uploads work on. */
export type UploadMeans = AppendMeans & {
  readonly uploads: OpenUploads;
  /** In ms since 1970. */
  readonly now: () => number;
  readonly log: Log;
};

type Response = MessageInitShape<typeof UploadLinesResponseSchema>;

/** Batches of one stream that may wait for their commit; the next one is read when one is done. */
const BATCHES_WAITING_MAX = 64;

/** Lines that may wait, and so what a sender may have on the way. */
const CREDIT_LINES = 8_000;
const CREDIT_BYTES = 4 * 1024 * 1024;

/** A clock that is further off than this, either way, is corrected. The way of a message is less. */
const CLOCK_TOLERANCE_MS = 2_000;

type Event = { readonly message: IteratorResult<RawUploadLinesRequest, void> } | Told | News;

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
    const batches = appends(means, upload, events.push);
    const waiting = { batches: 0, lines: 0 };
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
        const { taken } = event;
        waiting.batches -= taken.batches;
        waiting.lines -= taken.lines;
        progress.durable(taken);
        registered.awaitFolds(progress.end().endOffset);
        yield progress.ack(tokenOf, taken.results);
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
          waiting.batches += 1;
          waiting.lines += request.value.lines.length;
          batches.add(request.value);
        } else {
          throw badRequest([{ field: "message", description: "an upload is opened only once" }]);
        }
      }
      if (finish !== undefined && waiting.batches === 0) {
        const position = tokenOf(progress.end());
        yield { message: { case: "finished", value: { position } } };
        return;
      }
      const isFull = waiting.batches >= BATCHES_WAITING_MAX || waiting.lines >= CREDIT_LINES;
      if (!reading && finish === undefined && !isFull) read();
    }
  } finally {
    registered.leave();
  }
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
