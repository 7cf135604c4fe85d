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
import { bareEcho, bareInsert, barePipeline } from "./ceilings.ts";
import { type BenchMesh, onMesh } from "./mesh.ts";
import { at, print } from "./result.ts";
import { cpuPerLine } from "./usage.ts";

const BENCH = "end-to-end";
const RUNS = 3;
const RUN_S = 10;
const WARM_UP_S = 4;
const CAUGHT_UP_WITHIN_MS = 2_000;
const ECHO_S = 3;

/** Cases may be named by their first number: all of them else. */
const asked = process.argv.slice(2);
const isAsked = (number: number) => asked.length === 0 || asked.includes(String(number));

const THROUGHPUT = [50, 10, 1].filter(isAsked);
const LATENCY = [
  { batchLines: 1, rate: 5_000 },
  { batchLines: 10, rate: 16_700 },
].filter(({ rate }) => isAsked(rate));

await onMesh(async (mesh) => {
  const echo = await bareEcho();
  const insert = await bareInsert(mesh.urlOf("postgres"));
  const pipeline = await barePipeline(mesh.urlOf("redis"));
  // First, as Postgres tidies up for a while after what comes as fast as it can.
  for (const { batchLines, rate } of LATENCY) {
    const bare = await mesh.load({ ingest: echo.address, batchLines, rate, seconds: ECHO_S });
    await latency(mesh, batchLines, rate, bare.acks);
  }
  for (const batchLines of THROUGHPUT) {
    const bare = await mesh.load({ ingest: echo.address, batchLines, seconds: ECHO_S });
    await throughput(mesh, batchLines, { echo: bare.linesInTime / ECHO_S, insert, pipeline });
  }
  echo.close();
});

async function throughput(
  mesh: BenchMesh,
  batchLines: number,
  parts: { echo: number; insert: number; pipeline: number },
): Promise<void> {
  const plan = { ...endsOf(mesh), batchLines };
  await mesh.load({ ...plan, seconds: WARM_UP_S });
  await mesh.caughtUp();
  const rates: number[] = [];
  const before = mesh.usage();
  let lines = 0;
  let caughtUpMs = 0;
  for (let run = 0; run < RUNS; run++) {
    const { head } = await mesh.progress();
    const loaded = await mesh.load({ ...plan, seconds: RUN_S });
    const after = await mesh.caughtUp();
    assert.ok(after.ms <= CAUGHT_UP_WITHIN_MS, `caught up only after ${after.ms} ms`);
    assert.ok(after.head - head >= loaded.lines, "lines are missing in the journal");
    await mesh.check(loaded);
    rates.push(loaded.linesInTime / RUN_S);
    lines += loaded.lines;
    caughtUpMs = Math.max(caughtUpMs, after.ms);
  }
  const ceiling = 1 / Object.values(parts).reduce((sum, rate) => sum + 1 / rate, 0);
  print({
    ...{ bench: BENCH, case: String(batchLines), unit: "lines/s", runs: rates, ceiling },
    more: {
      ...{ ...parts, caughtUpMs, ...cpuPerLine(before, mesh.usage(), lines) },
      ...mesh.peaks("ingest", "projector", "stats"),
    },
  });
}

async function latency(
  mesh: BenchMesh,
  batchLines: number,
  rate: number,
  bare: readonly number[],
): Promise<void> {
  const plan = { ...endsOf(mesh), stats: mesh.addressOf("stats"), batchLines, rate };
  await mesh.load({ ...plan, seconds: WARM_UP_S });
  await mesh.caughtUp();
  const before = mesh.usage();
  const loaded = await mesh.load({ ...plan, seconds: RUN_S });
  await mesh.caughtUp();
  const cpu = cpuPerLine(before, mesh.usage(), loaded.lines);
  await mesh.check(loaded);
  for (const [what, times] of Object.entries({ ack: loaded.acks, seen: loaded.seen })) {
    print({
      ...{ bench: BENCH, case: `${what} at ${rate}/s by ${batchLines}`, unit: "ms" },
      runs: [at(times, 0), at(times, 0.5), at(times, 1)],
      ceiling: at(bare, 0.5),
      more: {
        p90: at(times, 0.9),
        p99: at(times, 0.99),
        ceiling_p99: at(bare, 0.99),
        linesPerSecond: loaded.linesInTime / RUN_S,
        ...(what === "ack" ? { ...cpu, ...mesh.peaks("ingest", "projector", "stats") } : {}),
      },
    });
  }
}

function endsOf(mesh: BenchMesh) {
  return { ingest: mesh.addressOf("ingest"), projector: mesh.addressOf("projector") };
}
