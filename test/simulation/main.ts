/**
 * Runs the simulation from a seed on, and prints the first run that breaks a check, as small as it gets; or
 * plants bugs, and prints which check finds each.
 *
 *     npm run test:simulation -- --seed 1 --seeds 2000
 *     npm run test:simulation -- --planted
 */
import { parseArgs } from "node:util";
import { find, PLANTED } from "./planted.ts";
import { planOfSeed, shrunk, told } from "./shrink.ts";
import { simulate } from "./world.ts";

/** A planted bug is found by then, or the checks are worth nothing. */
const PLANTED_SEEDS_MAX = 500;

const { values } = parseArgs({
  options: { seed: { type: "string" }, seeds: { type: "string" }, planted: { type: "boolean" } },
});
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) {
  throw new Error("--seed and --seeds are whole numbers");
}

if (values.planted) {
  const width = Math.max(...PLANTED.map(({ bug }) => bug.length));
  for (const planted of PLANTED) {
    const { bug, by = "no check", seed, steps, isRight } = await find(planted, PLANTED_SEEDS_MAX);
    if (!isRight) process.exitCode = 1;
    const how = `${isRight ? "found" : "NOT FOUND"} by ${by}, at seed ${seed} in ${steps} steps`;
    console.log(`${bug.padEnd(width)}  ${how}`);
  }
  process.exit();
}

const begin = performance.now();
let steps = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const plan = await planOfSeed(seed);
  const outcome = await simulate(plan);
  steps += outcome.steps;
  if (outcome.violation === undefined) continue;
  console.log(told(await shrunk(plan, outcome.violation, {})));
  process.exit(1);
}
const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
console.log(
  `${count} seeds from ${first} on: ${steps} steps in ${seconds} s, and every check held`,
);
