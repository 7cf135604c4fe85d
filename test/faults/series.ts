import { join } from "node:path";
import type { Fault } from "./fault.ts";
import { type FaultMesh, startFaultMesh } from "./mesh.ts";
import { isGood, type Results } from "./results.ts";
import { run } from "./run.ts";
import type { TopologyName } from "./topology.ts";

/** Faults to be run one after the other. */
export type Series = {
  readonly rate: number;
  /** Keeps what runs that failed have seen. */
  readonly home: string;
  readonly results: Results;
  /** What to run, each with its seed. */
  readonly runs: Iterable<{
    readonly fault: Fault;
    readonly topology: TopologyName;
    readonly seed: number;
    readonly place: string;
  }>;
};

/** What a run takes beside its fault, and what a mesh of its own does, in s. */
const RUN_S = 14;
const MESH_S = 10;

/** How long a run of a fault takes on two processors, about, in s. */
export function secondsOf({ lastsS, mesh, spoils }: Fault): number {
  return RUN_S + lastsS + (mesh !== undefined || spoils === true ? MESH_S : 0);
}

const VIOLATIONS_SHOWN = 10;

/** Runs faults on one mesh as long as that is whole, and on a fresh one after any that did harm to it. */
export async function runSeries({ rate, home, results, runs }: Series): Promise<void> {
  let mesh: FaultMesh | undefined;
  const stop = async (keep: boolean) => {
    await mesh?.close({ keep });
    mesh = undefined;
  };
  try {
    for (const { fault, topology, seed, place } of runs) {
      const begun = Date.now();
      process.stdout.write(`${place} ${fault.name}, ${topology}: ${fault.what} (seed ${seed}) … `);
      const needsOwn = fault.mesh !== undefined;
      if (needsOwn || mesh?.topology !== topology) await stop(false);
      mesh ??= await startFaultMesh({ topology, ...fault.mesh });
      const folder = join(home, `${topology}-${fault.name}-${seed}`);
      const outcome = await run(fault, mesh, { seed, linesPerSecond: rate, folder });
      results.add(outcome);
      const holds = isGood(outcome);
      console.log(
        `${holds ? "held" : "DID NOT HOLD"}, ${Math.round((Date.now() - begun) / 1_000)} s`,
      );
      if (!holds) {
        if (!outcome.hadEffect) console.log("  The fault had no effect.");
        for (const { check, what } of outcome.violations.slice(0, VIOLATIONS_SHOWN)) {
          console.log(`  ${check}: ${what}`);
        }
        console.log(`  ${outcome.violations.length} in all. What was seen: ${folder}`);
        console.log(`  What the processes said: ${join(mesh.folder, "log")}`);
      }
      if (!holds || needsOwn || fault.spoils === true) await stop(!holds);
    }
  } finally {
    await stop(false);
  }
}
