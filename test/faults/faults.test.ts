import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultNamed } from "./catalogue.ts";
import { type FaultMesh, startFaultMesh } from "./mesh.ts";
import { tableOf } from "./results.ts";
import { type Outcome, run } from "./run.ts";
import type { TopologyName } from "./topology.ts";

/** Faults of processes, of ways between them, and of both stores; `npm run test:faults` has all. */
const FAULTS: readonly (readonly [TopologyName, readonly string[]])[] = [
  [
    "single",
    ["ingest-killed", "ingest-postgres-stalled", "answers-lost-projector-redis", "redis-old-copy"],
  ],
  ["sentinel", ["redis-failover-with-loss"]],
  ["replicated", ["failover-with-loss"]],
];
const SEED = Number(process.env.COURTSIDE_TEST_SEED ?? 20_231_024);
const LINES_PER_SECOND = 600;
/** A machine that runs other tests as well is slower than one that does not. */
const PATIENCE_LEAST = 3;

describe.each(FAULTS)("a mesh under load, its stores %s", (topology, names) => {
  let mesh: FaultMesh;
  let folder: string;
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "courtside-faults-"));
    mesh = await startFaultMesh({ topology });
  }, 120_000);
  afterAll(async () => {
    console.log(tableOf(outcomes));
    await mesh?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  it.each(names)("keeps every promise: %s", { timeout: 240_000 }, async (name) => {
    const where = { folder: join(folder, name), patienceLeast: PATIENCE_LEAST };
    const options = { seed: SEED, linesPerSecond: LINES_PER_SECOND, ...where };
    const outcome = await run(faultNamed(name), mesh, options);
    outcomes.push(outcome);

    expect(outcome.violations.slice(0, 5)).toEqual([]);
    expect(outcome.hadEffect).toBe(true);
  });
});
