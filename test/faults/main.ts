/**
 * Breaks a mesh of real processes under load in one way after the other, and checks every promise:
 * `npm run test:faults`. Exits with 1 when anything did not hold, or when a fault had no effect.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { meshFolder } from "../../local/mesh/index.ts";
import { FAULTS, faultNamed } from "./catalogue.ts";
import { CHECK_NAMES, type Violation } from "./checker.ts";
import type { Fault } from "./fault.ts";
import { type FaultMesh, startFaultMesh } from "./mesh.ts";
import { PLANTED, plantedFlags } from "./planted.ts";
import { isGood, openResults, tableOf } from "./results.ts";
import { run } from "./run.ts";
import { TOPOLOGIES, type TopologyName } from "./topology.ts";

type Options = {
  readonly only?: readonly string[];
  readonly topology: TopologyName;
  readonly seed: number;
  readonly rate: number;
  readonly planted?: true;
  readonly list?: true;
  readonly resume?: true;
};

const VIOLATIONS_SHOWN = 10;

const command = new Command("test:faults")
  .description("Break a mesh of real processes under load, and check every promise.")
  .addOption(new Option("--only <faults>", "these faults, with commas between").argParser(named))
  .addOption(
    new Option("--topology <name>", "how the stores stand").choices(TOPOLOGIES).default("single"),
  )
  .option("--seed <number>", "draws what is broken, and when", whole, 20_231_024)
  .option("--rate <lines>", "lines a second", whole, 800)
  .option(
    "--planted",
    "run a service with a known fault in its code, each in turn, and expect to find it",
  )
  .option("--resume", "leave out what has been run before")
  .option("--list", "name the faults and the checks, and do nothing")
  .addHelpText(
    "after",
    "\nA run prints what was acknowledged, lost, doubled and answered wrongly, and for how long nobody\n" +
      "could write or read. What a run that failed has seen is kept, in the folder that it names.",
  );

function named(text: string): string[] {
  const names = text.split(",");
  for (const name of names) {
    if (FAULTS.some((fault) => fault.name === name)) continue;
    throw new InvalidArgumentError(`There is no fault ${name}: --list names them all.`);
  }
  return names;
}

function whole(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("Pass a whole number.");
}

function list(): void {
  for (const { name, what, topologies } of FAULTS) {
    console.log(`${name.padEnd(28)} ${what} (${topologies.join(", ")})`);
  }
  for (const [name, what] of CHECK_NAMES) console.log(`${name.padEnd(28)} ${what}`);
}

async function runAll({ only, topology, seed, rate, resume }: Options): Promise<boolean> {
  const home = join(meshFolder(), "faults");
  const results = openResults(join(home, "results.jsonl"), resume === true);
  const isDone = ({ name }: Fault) =>
    results.all.some((one) => one.fault === name && one.topology === topology && isGood(one));
  const faults = (only?.map(faultNamed) ?? FAULTS).filter(
    (fault) => fault.topologies.includes(topology) && !isDone(fault),
  );
  let mesh: FaultMesh | undefined;
  try {
    for (const [at, fault] of faults.entries()) {
      console.log(`${at + 1} of ${faults.length}: ${fault.what} (seed ${seed})`);
      if (fault.mesh !== undefined) {
        await mesh?.close();
        mesh = undefined;
      }
      mesh ??= await startFaultMesh({ topology, ...fault.mesh });
      const folder = join(home, `${topology}-${fault.name}-${seed}`);
      const outcome = await run(fault, mesh, { seed, linesPerSecond: rate, folder });
      results.add(outcome);
      if (isGood(outcome)) {
        if (fault.mesh === undefined && fault.spoils !== true) continue;
        await mesh.close();
        mesh = undefined;
        continue;
      }
      if (!outcome.hadEffect) console.log("  The fault had no effect.");
      for (const { check, what } of outcome.violations.slice(0, VIOLATIONS_SHOWN)) {
        console.log(`  ${check}: ${what}`);
      }
      console.log(`  ${outcome.violations.length} in all. What was seen: ${folder}`);
      console.log(`  What the processes said: ${join(mesh.folder, "log")}`);
      // The next one begins with a mesh that nothing has befallen.
      await mesh.close({ keep: true });
      mesh = undefined;
    }
  } finally {
    await mesh?.close();
  }
  console.log(`\n${tableOf(results.all)}`);
  return results.all.every(isGood);
}

/** Whether each fault in the code is found by the check that it is meant for. */
async function runPlanted({ seed, rate }: Options): Promise<boolean> {
  let found = 0;
  for (const planted of PLANTED) {
    const { name, what, fault, check } = planted;
    console.log(`${name}: ${what}`);
    const mesh = await startFaultMesh({
      topology: "single",
      nodeFlags: () => plantedFlags(planted),
    });
    const folder = mkdtempSync(join(tmpdir(), "courtside-planted-"));
    try {
      const options = { seed, linesPerSecond: rate, folder };
      const { violations } = await run(faultNamed(fault), mesh, options);
      const ofCheck = violations.filter((one) => one.check === check);
      console.log(
        `  ${checksOf(violations)} under ${fault}; ${check}: ${ofCheck[0]?.what ?? "nothing"}`,
      );
      if (ofCheck.length > 0) found += 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await mesh.close();
    }
  }
  console.log(`\nFound ${found} of ${PLANTED.length}.`);
  return found === PLANTED.length;
}

function checksOf(violations: readonly Violation[]): string {
  const counts = Object.entries(Object.groupBy(violations, ({ check }) => check));
  return (
    counts.map(([check, all]) => `${check} ${all?.length} times`).join(", ") || "nothing found"
  );
}

command.parse();
const options = command.opts<Options>();
const runs = options.planted ? runPlanted : runAll;
if (options.list) list();
else process.exitCode = (await runs(options)) ? 0 : 1;
