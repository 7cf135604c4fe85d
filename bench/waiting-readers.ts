/**
 * How many commands a second Redis gets from 200 readers who wait for a position of one slot, and how
 * long the readers wait once the slot is there, in ms. Lower is better.
 *
 * A mesh of real processes on this machine. The projector is stopped for 3 s (SIGSTOP) while the readers,
 * who ask for players' seasons, wait for the next line of the season; then it goes on, and each of them
 * must see that line. Prints one JSON line.
 */
import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Redis } from "ioredis";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { startCommandLine } from "../test/integration/command-line.fixture.ts";

const READERS = 200;
const WAIT_MS = 3_000;

const mesh = await startCommandLine();
const { services, urls } = mesh.state();
const service = (wanted: string) => services.find(({ name }) => name === wanted);
const ingest = rpcClient(IngestService, service("ingest")?.address ?? "");
const stats = rpcClient(StatsService, service("stats")?.address ?? "");
const folds = rpcClient(ProjectorService, service("projector")?.address ?? "");
const redis = new Redis(urls.redis);
const projector = service("projector")?.pid ?? 0;
const season = { league: "bench", season: "2023-24" };

try {
  await measure();
} finally {
  ingest.close();
  stats.close();
  folds.close();
  redis.disconnect();
  await mesh.close();
}

async function measure(): Promise<void> {
  const before = await record(1);
  await folds.getProgress({ season, readAfter: before });
  process.kill(projector, "SIGSTOP");
  const after = await record(2);
  let resumedAt = 0;
  const waits = Array.from({ length: READERS }, async () => {
    const asked = { season, playerId: "p1", readAfter: after };
    const { player } = await stats.getPlayerSeason(asked, { timeoutMs: 10_000 });
    assert.equal(player?.totals?.points, 2);
    return performance.now() - resumedAt;
  });
  await delay(500);
  const idle = await commands();
  const begun = performance.now();
  await delay(WAIT_MS);
  const commandsPerSecond = ((await commands()) - idle) / ((performance.now() - begun) / 1_000);
  process.kill(projector, "SIGCONT");
  resumedAt = performance.now();
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  const at = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN);
  const found = {
    readers: READERS,
    commandsPerSecond: Math.round(commandsPerSecond),
    afterMs: { median: at(0.5), p99: at(0.99) },
  };
  console.log(JSON.stringify({ bench: "waiting-readers", ...found, node: process.version }));
}

async function record(points: number): Promise<string> {
  const line = { playerId: "p1", teamId: "t1", happenedTime: timestampFromMs(1_000) };
  const value = { ...line, totals: { points } };
  const lines = [{ of: { case: "player" as const, value } }];
  return (await ingest.recordLines({ season, gameId: "g1", source: "bench", lines })).position;
}

async function commands(): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))?.[1]);
}
