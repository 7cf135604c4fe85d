/**
 * Breaks a mesh of real processes under load in one way after the other, and checks every promise:
 * `npm run test:faults`. Exits with 1 when anything did not hold, or when a fault had no effect.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { meshFolder } from "../../local/mesh/index.ts";
import { FAULTS, faultNamed } from "./catalogue.ts";
import { CHECK_NAMES } from "./checker.ts";
import { canMakeDisks } from "./disk.ts";
import type { Fault } from "./fault.ts";
import { mixOf } from "./kinds/mixes.ts";
import { findPlanted } from "./planted-runs.ts";
import { isGood, openResults, type Results, tableOf, writeBetweenMarkers } from "./results.ts";
import { runSeries, type Series, secondsOf } from "./series.ts";
import { TOPOLOGIES, type TopologyName } from "./topology.ts";

type Options = {
  readonly only?: readonly string[];
  readonly topology?: TopologyName;
  readonly seed: number;
  readonly rate: number;
  readonly soak?: number;
  readonly planted?: true;
  readonly markdown?: true;
  readonly list?: true;
  readonly resume?: true;
};

const PAGE = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));

const command = new Command("test:faults")
  .description("Break a mesh of real processes under load, and check every promise.")
  .addOption(new Option("--only <faults>", "these faults, with commas between").argParser(named))
  .addOption(
    new Option("--topology <name>", "only with the stores standing so").choices(TOPOLOGIES),
  )
  .option("--seed <number>", "draws what is broken, and when", whole, 20_231_024)
  .option("--rate <lines>", "lines a second", whole, 800)
  .option(
    "--soak <time>",
    "two faults at a time, drawn by the seed, for so long, e.g. 10m; single unless told",
    milliseconds,
  )
  .option("--planted", "run services with a known fault in their code, and expect to find it")
  .option("--resume", "leave out what has held before, and keep the table of before")
  .option("--markdown", "write the table into docs/reliability.md too")
  .option("--list", "name the faults and the checks, and do nothing")
  .addHelpText(
    "after",
    "\nA run prints what was acknowledged, lost, doubled and answered wrongly, and for how long nobody\n" +
      "could write or read. What a run that failed has seen is kept, in the folder that it names.\n" +
      "Results are kept in faults/ of the mesh's folder, which COURTSIDE_HOME names.\n" +
      "\nExamples:\n  npm run -s test:faults -- --only ingest-killed,redis-flushed\n" +
      "  npm run -s test:faults -- --resume --markdown",
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

function milliseconds(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (count === "") throw new InvalidArgumentError("Pass a time such as 90s, 10m or 2h.");
  return Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
}

function list(options: Options): void {
  const all = wanted(options);
  for (const fault of new Set(all.map((one) => one.fault))) {
    const { name, what, topologies } = fault;
    console.log(
      `${name.padEnd(32)} ${what} (${topologies.join(", ")}; ${secondsOf(fault)} s each)`,
    );
  }
  for (const [name, what] of CHECK_NAMES) console.log(`${name.padEnd(32)} ${what}`);
  const seconds = all.reduce((sum, { fault }) => sum + secondsOf(fault), 0);
  console.log(`\n${all.length} runs, about ${Math.ceil(seconds / 60)} minutes in all.`);
}

/** The faults that are asked for, each in every topology that it is asked for in. */
function wanted({ only, topology }: Options) {
  const faults = only?.map(faultNamed) ?? FAULTS;
  return (topology === undefined ? TOPOLOGIES : [topology]).flatMap((one) =>
    faults
      .filter(({ topologies }) => topologies.includes(one))
      .map((fault) => ({ fault, topology: one })),
  );
}

/** Of the faults that are asked for those that are possible here, and have not held before. */
function* asked(options: Options, results: Results): Generator<Run> {
  const hasHeld = (fault: Fault, topology: TopologyName) =>
    results
      .all()
      .some((one) => one.fault === fault.name && one.topology === topology && isGood(one));
  const left = wanted(options).filter(({ fault, topology }) => !hasHeld(fault, topology));
  const possible = left.filter(({ fault }) => fault.mesh?.disks === undefined || canMakeDisks);
  for (const { fault, topology } of left.filter((one) => !possible.includes(one))) {
    console.log(`${fault.name} (${topology}) is left out: only root can make a disk for it.`);
  }
  for (const [at, one] of possible.entries()) {
    yield { ...one, seed: options.seed, place: `${at + 1} of ${possible.length}:` };
  }
}

/** Mixes until the time is over. */
function* mixes({ topology = "single", seed, soak = 0 }: Options): Generator<Run> {
  const until = Date.now() + soak;
  for (let at = 0; Date.now() < until; at += 1) {
    const left = Math.ceil((until - Date.now()) / 1_000);
    const fault = mixOf(FAULTS, topology, seed + at);
    yield { fault, topology, seed: seed + at, place: `${left} s left:` };
  }
}

type Run = Series["runs"] extends Iterable<infer One> ? One : never;

async function runAll(options: Options): Promise<boolean> {
  const { rate, resume, soak, markdown } = options;
  const home = join(meshFolder(), "faults");
  const results = openResults(join(home, "results.jsonl"), resume === true);
  const runs = soak === undefined ? asked(options, results) : mixes(options);
  try {
    await runSeries({ rate, home, results, runs });
  } finally {
    const table = tableOf(results.all());
    console.log(`\n${table}`);
    if (markdown) writeBetweenMarkers(PAGE, table);
  }
  return results.all().every(isGood);
}

// A mesh that runs is ended as the process ends, which a signal alone would not have it do.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(130));
}
command.parse();
const options = command.opts<Options>();
if (options.list) list(options);
else {
  const allHeld = await (options.planted ? findPlanted(options) : runAll(options));
  // Not left to Node, which may wait for ever for a connection that was broken while it was being made.
  process.exit(allHeld ? 0 : 1);
}
