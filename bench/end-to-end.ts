/**
 * How many lines a second go all the way: uploaded over gRPC, durable, and folded into hot store and
 * archive, with load generator, services and both databases on this machine. And how long a line takes to
 * its ack and to a watcher of its game.
 *
 * Lines are those of the games that ship, sent again and again as new games of one season, 16 at a time.
 * `50`, `10`, `1`: lines a message, as many as are taken while no more than a second's worth waits to be
 * folded; runs of 10 s, each caught up within 2 s of its end; higher is better. `ack` and `seen` at a
 * rate: p50 in place of the median of runs; lower is better. The ceiling is that of gRPC alone, of an
 * insert of a row a line and of a Redis pipeline, one after the other on the same processors; for
 * latencies the p50 of gRPC alone. `cpu` is µs of processor time a line, over
 * all processes and by process: on a machine that others use as well, it says more than the rate.
 */
import { strict as assert } from "node:assert";
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { startCommandLine } from "../test/integration/command-line.fixture.ts";
import { bareInsert, barePipeline } from "./ceilings.ts";
import { type Loaded, type Plan, SEASON, type SentGame } from "./load.ts";
import { at, print } from "./result.ts";
import { shippedGames } from "./shipped-games.ts";
import { cpuMsOf, type Usage, usageOf } from "./usage.ts";

const BENCH = "end-to-end";
const GAMES_AT_ONCE = 16;
const RUNS = 3;
const RUN_S = 10;
const WARM_UP_S = 4;
const CAUGHT_UP_WITHIN_MS = 2_000;
const ECHO_S = 3;
/** Games whose box scores are compared with what was sent, after each run. */
const GAMES_CHECKED = 40;

/** Cases may be named by their first number: all of them else. */
const asked = process.argv.slice(2);
const isAsked = (number: number) => asked.length === 0 || asked.includes(String(number));

const THROUGHPUT = [50, 10, 1].filter(isAsked);
const LATENCY = [
  { batchLines: 1, rate: 5_000 },
  { batchLines: 10, rate: 16_700 },
].filter(({ rate }) => isAsked(rate));

const mesh = await startCommandLine();
const addressOf = (name: string) =>
  mesh.state().services.find((service) => service.name === name)?.address ?? "";
const storeOf = (name: string) =>
  mesh.state().stores.find((store) => store.name === name)?.url ?? "";
const projector = rpcClient(ProjectorService, addressOf("projector"));
const stats = rpcClient(StatsService, addressOf("stats"));
const shipped = await shippedGames(50);
const generator = child("load.ts");
const echo = child("bare-echo.ts");
let gamesFrom = 1;

try {
  const echoPort = await told<number>(echo);
  const insert = await bareInsert(storeOf("postgres"));
  const pipeline = await barePipeline(storeOf("redis"));
  for (const batchLines of THROUGHPUT) {
    const bare = await loaded({
      ...{ ingest: `127.0.0.1:${echoPort}`, batchLines, seconds: ECHO_S },
    });
    const parts = { echo: bare.linesInTime / ECHO_S, insert, pipeline };
    await throughput(batchLines, parts);
  }
  for (const { batchLines, rate } of LATENCY) {
    const bare = await loaded({
      ...{ ingest: `127.0.0.1:${echoPort}`, batchLines, rate, seconds: ECHO_S },
    });
    await latency(batchLines, rate, at(bare.acks, 0.5));
  }
} finally {
  for (const process of [generator, echo]) process.disconnect();
  projector.close();
  stats.close();
  await mesh.close();
}

async function throughput(
  batchLines: number,
  parts: { echo: number; insert: number; pipeline: number },
): Promise<void> {
  const plan = { ...ends(), batchLines };
  await loaded({ ...plan, seconds: WARM_UP_S });
  await caughtUp();
  const rates: number[] = [];
  const cpu = new Map<string, number>();
  let lines = 0;
  let caughtUpMs = 0;
  for (let run = 0; run < RUNS; run++) {
    const before = usage();
    const headBefore = await progress();
    const load = await loaded({ ...plan, seconds: RUN_S });
    const headAfter = await caughtUp();
    assert.ok(headAfter.ms <= CAUGHT_UP_WITHIN_MS, `caught up only after ${headAfter.ms} ms`);
    assert.ok(headAfter.head - headBefore.head >= load.lines, "lines are missing in the journal");
    for (const [name, { cpuMs }] of usage()) {
      cpu.set(name, (cpu.get(name) ?? 0) + cpuMs - (before.get(name)?.cpuMs ?? 0));
    }
    await checked(load);
    rates.push(load.linesInTime / RUN_S);
    lines += load.lines;
    caughtUpMs = Math.max(caughtUpMs, headAfter.ms);
  }
  const ceiling = 1 / Object.values(parts).reduce((sum, rate) => sum + 1 / rate, 0);
  print({
    ...{ bench: BENCH, case: String(batchLines), unit: "lines/s", runs: rates, ceiling },
    more: { ...parts, caughtUpMs, ...cpuPerLine(cpu, lines), ...peaks(usage()) },
  });
}

async function latency(batchLines: number, rate: number, ceiling: number): Promise<void> {
  const plan = { ...ends(), stats: addressOf("stats"), batchLines, rate };
  await loaded({ ...plan, seconds: WARM_UP_S });
  await caughtUp();
  const before = usage();
  const load = await loaded({ ...plan, seconds: RUN_S });
  await caughtUp();
  const cpu = new Map(
    [...usage()].map(([name, { cpuMs }]) => [name, cpuMs - (before.get(name)?.cpuMs ?? 0)]),
  );
  await checked(load);
  for (const [what, times] of Object.entries({ ack: load.acks, seen: load.seen })) {
    print({
      ...{ bench: BENCH, case: `${what} at ${rate}/s by ${batchLines}`, unit: "ms", ceiling },
      runs: [at(times, 0), at(times, 0.5), at(times, 1)],
      more: {
        p90: at(times, 0.9),
        p99: at(times, 0.99),
        linesPerSecond: load.linesInTime / RUN_S,
        ...(what === "ack" ? { ...cpuPerLine(cpu, load.lines), ...peaks(usage()) } : {}),
      },
    });
  }
}

function ends() {
  return { ingest: addressOf("ingest"), projector: addressOf("projector") };
}

async function loaded(plan: Omit<Plan, "gamesAtOnce" | "gamesFrom">): Promise<Loaded> {
  generator.send({ ...plan, gamesAtOnce: GAMES_AT_ONCE, gamesFrom });
  const load = await told<Loaded>(generator);
  gamesFrom += load.games.length + 2 * GAMES_AT_ONCE;
  return load;
}

async function progress() {
  const { headOffset, hotStoreOffset, archiveOffset } = await projector.getProgress({
    season: SEASON,
  });
  return {
    head: Number(headOffset),
    folded: Math.min(Number(hotStoreOffset), Number(archiveOffset)),
  };
}

/** Waits until both folds are at the end of the log; returns how long that took. */
async function caughtUp(): Promise<{ head: number; ms: number }> {
  const begun = performance.now();
  for (;;) {
    const { head, folded } = await progress();
    if (folded === head) return { head, ms: Math.round(performance.now() - begun) };
    await delay(10);
  }
}

/** Compares box scores with the newest lines that were sent. */
async function checked({ games }: Loaded): Promise<void> {
  assert.ok(games.length > 0);
  const step = Math.max(1, games.length / GAMES_CHECKED);
  for (let place = 0; place < games.length; place += step) {
    await checkedGame(games[Math.floor(place)] as SentGame);
  }
}

async function checkedGame({ gameId, shipped: which, lines }: SentGame): Promise<void> {
  const { teams } = await stats.getBoxScore({ season: SEASON, gameId });
  const players = teams.flatMap((team) => team.players);
  const expected = shipped[which]?.totalsAfter(lines);
  assert.equal(players.length, expected?.size);
  for (const { playerId, totals } of players) {
    const { $typeName, $unknown, ...found } = totals ?? ({} as never);
    assert.deepEqual(found, expected?.get(playerId), `${playerId} in ${gameId}`);
  }
}

function usage(): Map<string, Usage> {
  const found = usageOf(mesh.state());
  return found.set("load", { cpuMs: cpuMsOf(generator.pid ?? 0), peakMb: 0 });
}

function cpuPerLine(cpu: ReadonlyMap<string, number>, lines: number): Record<string, number> {
  const named = [...cpu].filter(([, ms]) => ms > 0);
  const each = named.map(([name, ms]) => [`cpu_${name}`, (ms * 1_000) / lines] as const);
  const all = each.reduce((sum, [, microseconds]) => sum + microseconds, 0);
  return { cpu: all, ...Object.fromEntries(each) };
}

function peaks(found: ReadonlyMap<string, Usage>): Record<string, number> {
  const services = ["ingest", "projector", "stats"].flatMap((name) => {
    const peak = found.get(name)?.peakMb;
    return peak === undefined ? [] : [[`peak_mb_${name}`, peak]];
  });
  return Object.fromEntries(services);
}

function child(file: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, { serialization: "advanced" });
}

function told<Message>(from: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process of the bench has ended"));
    from.once("exit", onExit);
    from.once("message", (message) => {
      from.off("exit", onExit);
      resolve(message as Message);
    });
  });
}
