/**
 * What 2,000 uploads that are open and send nothing cost one ingest process: arenas hold their stream
 * through every time-out and half-time.
 *
 * Each stream is of a game of its own, has sent one batch of 50 real lines and has its ack. `100 a
 * connection` is 20 connections, as from relays; `1 a connection` is one for each, as from arenas. In MB of
 * memory that the process has had at most, in a process of its own each; lower is better. The ceiling is
 * that of a server that answers the same streams and keeps nothing. `cpu_idle` is ms of processor time a
 * second while nothing is sent for so long that every connection was pinged. `ack` is how long a line on
 * one of the streams takes to its ack then, in ms, and `ack_alone` before any other stream was open.
 */
import { strict as assert } from "node:assert";
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { UploadLinesRequestSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { bareEcho } from "./ceilings.ts";
import { framed } from "./frames.ts";
import { SEASON } from "./load.ts";
import { onMesh } from "./mesh.ts";
import { rawUpload } from "./raw-upload.ts";
import { at, print } from "./result.ts";
import { type ShippedGame, shippedGames } from "./shipped-games.ts";
import { cpuMsOf, peakMbOf } from "./usage.ts";

const STREAMS = 2_000;
const CASES = [100, 1];
const BATCH_LINES = 50;
/** A connection is pinged every 20 s. */
const IDLE_MS = 21_000;
const SOURCE = "bench";
const OPENED_AT_ONCE = 20;
/** Lines whose acks are measured, and the time from one to the next. */
const LINES_TIMED = 200;
const LINE_EVERY_MS = 20;

const [batched] = await shippedGames(BATCH_LINES, 1);
const [single] = await shippedGames(1, 1);
assert.ok(batched && single && single.lines > LINES_TIMED);

for (const perConnection of CASES) {
  const echo = await bareEcho();
  const bare = await openStreams(echo.address, perConnection);
  const ceiling = peakMbOf(echo.pid);
  await bare.close();
  echo.close();
  await onMesh(async (mesh) => {
    const address = mesh.addressOf("ingest");
    const pid = mesh.pidOf("ingest");
    await acksOfLines(address, "warm-up", single);
    const alone = await acksOfLines(address, "alone", single);
    const before = peakMbOf(pid);
    const streams = await openStreams(address, perConnection);
    const { head } = await mesh.caughtUp();
    assert.equal(head, STREAMS * BATCH_LINES + 2 * LINES_TIMED);
    const cpuMs = cpuMsOf(pid);
    await delay(IDLE_MS);
    const cpuIdle = ((cpuMsOf(pid) - cpuMs) * 1_000) / IDLE_MS;
    const beside = await acksOfLines(address, "beside", single);
    await streams.close();
    print({
      ...{ bench: "uploads-idle", case: `${perConnection} a connection`, unit: "MB" },
      ...{ runs: [peakMbOf(pid)], ceiling },
      more: {
        ...{ streams: STREAMS, before, cpu_idle: cpuIdle },
        ...{ ack: at(beside, 0.5), ack_p99: at(beside, 0.99) },
        ...{ ack_alone: at(alone, 0.5), ack_alone_p99: at(alone, 0.99) },
      },
    });
  });
}

/** Opens the streams, each with a batch that is acknowledged. `close` finishes every one of them. */
async function openStreams(target: string, perConnection: number) {
  const sessions = Array.from({ length: STREAMS / perConnection }, () =>
    connect(`http://${target}`),
  );
  const streams: Stream[] = [];
  for (let from = 0; from < STREAMS; from += OPENED_AT_ONCE) {
    const places = Array.from({ length: OPENED_AT_ONCE }, (_, at) => from + at);
    const opened = places.map(async (place) => {
      const session = sessions[Math.floor(place / perConnection)] as ClientHttp2Session;
      const stream = await openStream(session, `idle-${place}`);
      await stream.send(batched as ShippedGame, 0, BATCH_LINES);
      return stream;
    });
    streams.push(...(await Promise.all(opened)));
  }
  return {
    async close() {
      await Promise.all(streams.map(({ finish }) => finish(BATCH_LINES)));
      for (const session of sessions) session.destroy();
    },
  };
}

/** How long lines take to their acks, one after the other on a stream of its own; in ms, ascending. */
async function acksOfLines(target: string, gameId: string, game: ShippedGame): Promise<number[]> {
  const session = connect(`http://${target}`);
  const stream = await openStream(session, gameId);
  const times: number[] = [];
  for (let line = 0; line < LINES_TIMED; line++) {
    const begun = performance.now();
    await stream.send(game, line, line + 1);
    times.push(performance.now() - begun);
    await delay(LINE_EVERY_MS);
  }
  await stream.finish(LINES_TIMED);
  session.destroy();
  return times.sort((a, b) => a - b);
}

type Stream = {
  /** Sends one message of a game, and resolves when all up to line number `through` is durable. */
  send(game: ShippedGame, message: number, through: number): Promise<void>;
  finish(lastNumber: number): Promise<void>;
};

async function openStream(session: ClientHttp2Session, gameId: string): Promise<Stream> {
  let waiting = Promise.withResolvers<void>();
  let awaited = 0;
  let failure: Error | undefined;
  const upload = rawUpload(session, {
    opened: () => waiting.resolve(),
    acknowledged(through) {
      if (through >= awaited) waiting.resolve();
    },
    finished: () => waiting.resolve(),
    failed(error) {
      failure = error;
      waiting.reject(error);
    },
  });
  const answered = () => {
    if (failure !== undefined) throw failure;
    waiting = Promise.withResolvers();
    return waiting.promise;
  };
  const say = (message: MessageInitShape<typeof UploadLinesRequestSchema>["message"]) =>
    upload.write(framed(UploadLinesRequestSchema, { message }));
  say({ case: "open", value: { source: SOURCE, instance: "a", season: SEASON, gameId } });
  await waiting.promise;
  return {
    send({ frames, ends }, message, through) {
      awaited = through;
      upload.write(frames.subarray(ends[message - 1] ?? 0, ends[message]));
      return answered();
    },
    finish(lastNumber) {
      say({ case: "finish", value: { lastNumber: BigInt(lastNumber) } });
      awaited = Number.POSITIVE_INFINITY;
      return answered();
    },
  };
}
