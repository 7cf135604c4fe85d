/**
 * Runs the simulation from a seed on, and prints the first run that breaks a check, as small as it gets; or
 * plants bugs, and prints which check finds each.
 *
 *     npm run test:simulation -- --seed 1 --seeds 2000
 *     npm run test:simulation -- --planted
 */
import { Command, InvalidArgumentError } from "commander";
import { UPLOAD_PARTS } from "./plan.ts";
import { find, PLANTED } from "./planted.ts";
import { planOfSeed, shrunk, told } from "./shrink.ts";
import { simulate } from "./world.ts";

/** A planted bug is found by then, or the checks are worth nothing. */
const PLANTED_SEEDS_MAX = 500;

const SEEDS_DEFAULT = 2_000;

type Options = { readonly seed?: number; readonly seeds?: number; readonly planted?: true };

const command = new Command("test:simulation")
  .description("Simulate uploads, folds and reads under faults, and check every promise.")
  .option("--seed <number>", "the first seed; alone, the only one", whole)
  .option("--seeds <count>", `how many seeds, ${SEEDS_DEFAULT} unless told`, whole)
  .option("--planted", "plant bugs, and print which check finds each")
  .addHelpText(
    "after",
    "\nA seed that breaks a check is printed as small as it gets, and ends the run with status 1.\n" +
      "\nExamples:\n  npm run -s test:simulation -- --seed 1 --seeds 2000\n" +
      "  npm run -s test:simulation -- --seed 42",
  );

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("It is a whole number from 0.");
  }
  return value;
}

const { seed, seeds, planted } = command.parse().opts<Options>();
const first = seed ?? 1;
const count = seeds ?? (seed === undefined ? SEEDS_DEFAULT : 1);

if (planted) {
  const width = Math.max(...PLANTED.map(({ bug }) => bug.length));
  for (const one of PLANTED) {
    const { bug, by = "no check", seed, steps, isRight } = await find(one, PLANTED_SEEDS_MAX);
    if (!isRight) process.exitCode = 1;
    const how = `${isRight ? "found" : "NOT FOUND"} by ${by}, at seed ${seed} in ${steps} steps`;
    console.log(`${bug.padEnd(width)}  ${how}`);
  }
  process.exit();
}

const begin = performance.now();
let steps = 0;
const killed = new Map(UPLOAD_PARTS.map((part) => [part, 0]));
for (let seed = first; seed < first + count; seed += 1) {
  const plan = await planOfSeed(seed);
  const outcome = await simulate(plan);
  steps += outcome.steps;
  for (const part of outcome.killed) killed.set(part, (killed.get(part) ?? 0) + 1);
  if (outcome.violation === undefined) continue;
  console.log(told(await shrunk(plan, outcome.violation, {})));
  process.exit(1);
}
const parts = [...killed].map(([part, times]) => `${part} ${times}`).join(", ");
console.log(`killed while lines were uploaded: ${parts}`);
const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
console.log(
  `${count} seeds from ${first} on: ${steps} steps in ${seconds} s, and every check held`,
);
