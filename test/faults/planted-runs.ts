import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultNamed } from "./catalogue.ts";
import type { Violation } from "./checker.ts";
import { startFaultMesh } from "./mesh.ts";
import { PLANTED, plantedFlags } from "./planted.ts";
import { run } from "./run.ts";

/** Runs services with each known fault in their code; whether the check that is meant for it finds each. */
export async function findPlanted(options: {
  readonly seed: number;
  readonly rate: number;
  /** Only what shows under these faults. */
  readonly only?: readonly string[];
}): Promise<boolean> {
  let found = 0;
  const wanted = PLANTED.filter(({ fault }) => options.only?.includes(fault) ?? true);
  for (const planted of wanted) {
    const { name, what, topology = "single", fault, check } = planted;
    console.log(`${name}: ${what}`);
    const mesh = await startFaultMesh({ topology, nodeFlags: () => plantedFlags(planted) });
    const folder = mkdtempSync(join(tmpdir(), "courtside-planted-"));
    try {
      const { seed, rate: linesPerSecond } = options;
      const { violations } = await run(faultNamed(fault), mesh, { seed, linesPerSecond, folder });
      const [first] = violations.filter((one) => one.check === check);
      console.log(`  Under ${fault}: ${countsOf(violations)}.`);
      console.log(`  ${check}: ${first?.what ?? "NOT FOUND"}`);
      if (first !== undefined) found += 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await mesh.close();
    }
  }
  console.log(`\nFound ${found} of ${wanted.length}.`);
  return found === wanted.length;
}

function countsOf(violations: readonly Violation[]): string {
  const counts = Object.entries(Object.groupBy(violations, ({ check }) => check));
  return counts.map(([check, all]) => `${check} ${all?.length} times`).join(", ") || "nothing";
}
