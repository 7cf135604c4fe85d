/**
 * The load generator: a process of its own, told by its parent what to send and where. It sends the
 * games that ship, each of them again and again as a new game, on a connection for each game at a time.
 */
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { SeasonType } from "#gen/courtside/game/v1/game_pb.ts";
import {
  IngestService,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService, WatchGameRequestSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { positionOf } from "#runtime/positions";
import { type RpcClient, rpcClient } from "#runtime/rpc";
import { framed } from "./frames.ts";
import { rawStream } from "./raw-stream.ts";
import { rawUpload } from "./raw-upload.ts";
import { type ShippedGame, shippedGames } from "./shipped-games.ts";

/** What to send, where to, and how. */
export type Plan = {
  /** host:port of ingest, or of a server that answers as it would. */
  readonly ingest: string;
  /** Of the projector: nothing is sent while more than a second's lines wait to be folded. */
  readonly projector?: string;
  /** Of stats: each game is watched, and it is measured when its lines are seen. */
  readonly stats?: string;
  readonly batchLines: number;
  /** Lines a second; as many as are taken unless given. */
  readonly rate?: number;
  readonly gamesAtOnce: number;
  readonly seconds: number;
  /** Ends as soon as so many lines are durable, if that is earlier. */
  readonly linesMax?: number;
  /** The first new game is `game-<from>`. */
  readonly gamesFrom: number;
};

/** A game that was sent, or its first lines. */
export type SentGame = {
  readonly gameId: string;
  /** Which of the shipped games it is. */
  readonly shipped: number;
  readonly lines: number;
};

/** What became of a plan. */
export type Loaded = {
  /** Lines that became durable within the time, and in all. */
  readonly linesInTime: number;
  readonly lines: number;
  readonly games: readonly SentGame[];
  /** How long each message took from when it was due to its ack, in ms, ascending. */
  readonly acks: readonly number[];
  /** And to when a watcher of its game had seen it. */
  readonly seen: readonly number[];
};

/** The season that all games are in. */
export const SEASON = { league: "bench", season: "2023-24", type: SeasonType.REGULAR };

const SOURCE = "bench";

/** What one game has sent and not been answered, where as many are sent as are taken. */
const LINES_IN_FLIGHT_MAX = 500;
const MESSAGES_IN_FLIGHT_MAX = 32;

const WATCH = "/courtside.stats.v1.StatsService/WatchGame";

const LAG_CHECK_MS = 100;
const LAG_LINES_MIN = 5_000;
const TICK_MS = 1;
const SEEN_WITHIN_MS = 10_000;

if (process.send !== undefined) {
  process.on("message", async (plan: Plan) => {
    process.send?.(await load(plan));
  });
}

/** The shipped games by how many lines a message of them has: made once. */
const made = new Map<number, Promise<ShippedGame[]>>();

function gamesIn(batchLines: number): Promise<ShippedGame[]> {
  const games = made.get(batchLines) ?? shippedGames(batchLines);
  made.set(batchLines, games);
  return games;
}

async function load(plan: Plan): Promise<Loaded> {
  const { batchLines, rate, gamesAtOnce, seconds, linesMax = Number.POSITIVE_INFINITY } = plan;
  const games = await gamesIn(batchLines);
  const ingest = rpcClient(IngestService, plan.ingest);
  const stats = plan.stats === undefined ? undefined : rpcClient(StatsService, plan.stats);
  const watching = plan.stats === undefined ? undefined : connect(`http://${plan.stats}`);
  const projector =
    plan.projector === undefined ? undefined : rpcClient(ProjectorService, plan.projector);
  const sent: SentGame[] = [];
  const acks: number[] = [];
  const seen: number[] = [];
  const go = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  let gameNumber = plan.gamesFrom;
  let lines = 0;
  let braked = false;
  let stopping = false;

  const lanes = Array.from({ length: gamesAtOnce }, (_, at) => startLane(at));
  await Promise.all(lanes.map(({ ready }) => ready));
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  const braking = projector && brakeUntilStopped(projector);
  go.resolve();
  if (rate === undefined) await Promise.race([delay(seconds * 1_000), enough.promise]);
  else await sendAt(rate);
  const linesInTime = lines;
  stopping = true;
  for (const lane of lanes) lane.pump();
  await Promise.all([braking, ...lanes.map(({ ended }) => ended)]);
  for (const client of [ingest, stats, watching, projector]) client?.close();
  const ascending = (times: number[]) => times.sort((a, b) => a - b);
  return { linesInTime, lines, games: sent, acks: ascending(acks), seen: ascending(seen) };

  /** Sends each message when it is due, whether those before it were answered or not. */
  async function sendAt(linesPerSecond: number): Promise<void> {
    const everyMs = (batchLines * 1_000) / linesPerSecond;
    let messages = 0;
    let due = begun;
    for (let now = begun; now < end; now = performance.now()) {
      for (; due <= now; due = begun + messages * everyMs) {
        lanes[messages++ % gamesAtOnce]?.sendOne(due);
      }
      await delay(TICK_MS);
    }
  }

  async function brakeUntilStopped(projector: RpcClient<typeof ProjectorService>): Promise<void> {
    while (!stopping) {
      const { headOffset, hotStoreOffset, archiveOffset } = await projector.getProgress({
        season: SEASON,
      });
      const linesPerSecond = (lines * 1_000) / (performance.now() - begun);
      const waiting = Number(headOffset) - Math.min(Number(hotStoreOffset), Number(archiveOffset));
      braked = waiting > Math.max(LAG_LINES_MIN, linesPerSecond);
      if (!braked) for (const lane of lanes) lane.pump();
      await delay(LAG_CHECK_MS);
    }
  }

  /** Sends one game after the other; the next one is opened while the present one is sent. */
  function startLane(at: number) {
    const session = connect(`http://${plan.ingest}`);
    const ready = Promise.withResolvers<void>();
    const dues: number[] = [];
    const closings: Promise<void>[] = [];
    let present: OpenGame | undefined;

    function pump(): void {
      if (stopping) present?.stop();
      else if (rate !== undefined) present?.send(dues);
      else if (!braked) present?.fill();
    }
    async function run(): Promise<void> {
      let place = at;
      let next = open(place);
      ready.resolve(next.then(() => {}));
      await go.promise;
      while (!stopping) {
        present = await next;
        const shipped = place % games.length;
        place += gamesAtOnce;
        next = open(place);
        pump();
        sent.push({ gameId: present.gameId, shipped, lines: await present.ended });
        present = undefined;
      }
      (await next).stop();
      await Promise.all(closings);
      session.close();
    }
    async function open(place: number): Promise<OpenGame> {
      const game = games[place % games.length]!;
      const gameId = `game-${gameNumber++}`;
      const record = async (facts: ShippedGame["live"]) => {
        return ingest.recordGame({ source: SOURCE, season: SEASON, game: { ...facts, gameId } });
      };
      const { position } = await record(game.live);
      // A game is watched from when it is known.
      await stats?.getBoxScore({ season: SEASON, gameId, readAfter: position });
      const watched = watching && watchedGame(watching, gameId, seen);
      const opened = await openGame(session, gameId, game, batchLines, {
        acknowledged(count, due, position) {
          lines += count;
          if (lines >= linesMax) enough.resolve();
          acks.push(performance.now() - due);
          watched?.expect(due, position);
        },
        pump,
      });
      closings.push(close());
      return opened;

      async function close(): Promise<void> {
        if ((await opened.ended) === game.lines) await record(game.final);
        await watched?.ended();
      }
    }
    return {
      ready: ready.promise,
      ended: run(),
      pump,
      sendOne(due: number) {
        dues.push(due);
        pump();
      },
    };
  }
}

type OpenGame = {
  readonly gameId: string;
  /** Sends a message for each of these times that it was due at, and takes it off, while it has any. */
  send(dues: number[]): void;
  /** Sends as much as may be in flight. */
  fill(): void;
  /** Ends it when what is in flight is durable. */
  stop(): void;
  /** How many lines are durable at its end. */
  readonly ended: Promise<number>;
};

async function openGame(
  session: ClientHttp2Session,
  gameId: string,
  game: ShippedGame,
  batchLines: number,
  on: { acknowledged(lines: number, due: number, position: string): void; pump(): void },
): Promise<OpenGame> {
  const { frames, ends } = game;
  const inFlightMax = Math.min(MESSAGES_IN_FLIGHT_MAX, LINES_IN_FLIGHT_MAX / batchLines);
  const linesThrough = (messages: number) => Math.min(messages * batchLines, game.lines);
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  const inFlight: number[] = [];
  let messages = 0;
  let stopping = false;

  const upload = rawUpload(session, {
    opened: opened.resolve,
    acknowledged(through, position) {
      for (;;) {
        const first = messages - inFlight.length;
        const due = inFlight[0];
        if (due === undefined || linesThrough(first + 1) > through) break;
        inFlight.shift();
        on.acknowledged(linesThrough(first + 1) - linesThrough(first), due, position);
      }
      if (stopping) stop();
      else on.pump();
    },
    finished: () => ended.resolve(game.lines),
    failed(error) {
      opened.reject(error);
      ended.reject(error);
    },
  });
  const open = { source: SOURCE, instance: "load", season: SEASON, gameId };
  say({ case: "open", value: open });
  await opened.promise;
  return { gameId, send, fill, stop, ended: ended.promise };

  function say(message: MessageInitShape<typeof UploadLinesRequestSchema>["message"]): void {
    upload.write(framed(UploadLinesRequestSchema, { message }));
  }
  function send(dues: number[]): void {
    const taken = dues.splice(0, ends.length - messages);
    if (taken.length === 0) return;
    const from = ends[messages - 1] ?? 0;
    messages += taken.length;
    inFlight.push(...taken);
    upload.write(frames.subarray(from, ends[messages - 1]));
    if (messages < ends.length) return;
    say({ case: "finish", value: { lastNumber: BigInt(game.lines) } });
  }
  function fill(): void {
    send(Array(inFlightMax - inFlight.length).fill(performance.now()));
  }
  function stop(): void {
    stopping = true;
    if (inFlight.length > 0 || messages === ends.length) return;
    upload.cancel();
    ended.resolve(linesThrough(messages));
  }
}

/** Watches a game, and adds to `seen` how long each of its messages took to be seen. */
function watchedGame(session: ClientHttp2Session, gameId: string, seen: number[]) {
  const expected: { due: number; end: number }[] = [];
  const messages: { at: number; end: number }[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  // One ack is of many lines.
  let last = { token: "", end: 0 };
  const endOf = (token: string) => {
    if (token !== last.token) last = { token, end: positionOf(token)?.endOffset ?? 0 };
    return last.end;
  };
  const watch = rawStream(session, WATCH, {
    message(body) {
      const reader = new BinaryReader(body);
      reader.tag();
      // The position is the first field of every message.
      messages.push({ at: performance.now(), end: endOf(reader.string()) });
    },
    failed: failed.reject,
  });
  watch.end(framed(WatchGameRequestSchema, { season: SEASON, gameId }));
  return {
    expect: (due: number, position: string) => void expected.push({ due, end: endOf(position) }),
    async ended() {
      const last = expected.at(-1)?.end ?? 0;
      const until = performance.now() + SEEN_WITHIN_MS;
      while ((messages.at(-1)?.end ?? 0) < last) {
        // A line that was never seen must not look quick.
        if (performance.now() > until) throw new Error(`the end of ${gameId} was never seen`);
        await Promise.race([failed.promise, delay(LAG_CHECK_MS)]);
      }
      watch.cancel();
      let at = 0;
      for (const { due, end } of expected) {
        while (messages[at]!.end < end) at += 1;
        seen.push(messages[at]!.at - due);
      }
    },
  };
}
