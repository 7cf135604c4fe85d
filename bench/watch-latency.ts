/**
 * How long a line takes from being sent to being seen by a watcher of its game, in ms.
 *
 * A mesh of real processes on this machine. Ten games are uploaded on a stream each, one line a message,
 * 1,000 lines/s in all, and each game has one watcher. A line is seen with the first message that has it
 * or a newer one of its player. The first 3 s warm up and are dropped. Prints one JSON line; lower is
 * better.
 */
import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { startCommandLine } from "../test/integration/command-line.fixture.ts";

const GAMES = 10;
const LINES_PER_SECOND = 1_000;
const SECONDS = 15;
const SECONDS_WARMUP = 3;
const TICK_MS = 10;

const mesh = await startCommandLine();
const addressOf = (service: string) =>
  mesh.state().services.find(({ name }) => name === service)?.address ?? "";
const ingest = rpcClient(IngestService, addressOf("ingest"));
const stats = rpcClient(StatsService, addressOf("stats"));
const season = { league: "bench", season: "2023-24" };
const stop = new AbortController();
const latencies: number[] = [];

/** One game: `send` sends its next line, and `seen` is the number of the newest that was watched. */
async function startGame(gameId: string) {
  const sentAt: number[] = [];
  let seen = 0;
  const upload = ingest.uploadLines();
  const answers = upload.responses[Symbol.asyncIterator]();
  const open = { source: "bench", instance: "a", season, gameId };
  await upload.write({ message: { case: "open", value: open } });
  await answers.next();
  void (async () => {
    while (!(await answers.next()).done);
  })().catch(() => {});

  const send = () => {
    const totals = { points: sentAt.length + 1 };
    const line = { playerId: "p1", teamId: "t1", happenedTime: timestampFromMs(1_000), totals };
    const of = { case: "player" as const, value: line };
    const value = { firstNumber: BigInt(sentAt.length + 1), lines: [{ of }] };
    sentAt.push(performance.now());
    return upload.write({ message: { case: "batch", value } });
  };
  await send();
  await delay(1_000);
  void (async () => {
    for await (const { content } of stats.watchGame({ season, gameId }, { signal: stop.signal })) {
      const [player] = content.value?.teams.flatMap(({ players }) => players) ?? [];
      const points = player?.totals?.points ?? seen;
      const now = performance.now();
      for (; seen < points; seen += 1) latencies.push(now - (sentAt[seen] ?? now));
    }
  })().catch(() => {});
  return { send, sent: () => sentAt.length, seen: () => seen, end: upload.cancel };
}

try {
  await measure();
} finally {
  stop.abort();
  ingest.close();
  stats.close();
  await mesh.close();
}

async function measure(): Promise<void> {
  const games = await Promise.all(
    Array.from({ length: GAMES }, (_, at) => startGame(`bench-${at}`)),
  );
  const begun = performance.now();
  let sent = 0;
  let dropped = 0;
  for (let now = begun; now < begun + SECONDS * 1_000; now = performance.now()) {
    for (; sent < ((now - begun) / 1_000) * LINES_PER_SECOND; sent += 1) {
      await games[sent % GAMES]?.send();
    }
    if (now < begun + SECONDS_WARMUP * 1_000) dropped = latencies.length;
    await delay(TICK_MS);
  }
  const rate = Math.round(sent / ((performance.now() - begun) / 1_000));
  await delay(2_000);
  // A line that was never seen must not look quick.
  for (const game of games) assert.equal(game.seen(), game.sent());

  const sorted = latencies.slice(dropped).sort((a, b) => a - b);
  const at = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN);
  const found = {
    median: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    samples: sorted.length,
  };
  const node = process.version;
  console.log(
    JSON.stringify({ bench: "watch-latency", unit: "ms", linesPerSecond: rate, ...found, node }),
  );
  for (const game of games) game.end();
}
