/**
 * Runs the simulation from a seed on, and prints the first run that breaks a check, as small as it gets.
 *
 *     npm run test:simulation -- --seed 1 --seeds 2000
 */
import { parseArgs } from "node:util";
import { planOfSeed, shrunk, told } from "./shrink.ts";
import { simulate } from "./world.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, seeds: { type: "string" } },
});
const first = Number(values.seed ?? 1);
const count = Number(values.seeds ?? (values.seed === undefined ? 2_000 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) {
  throw new Error("--seed and --seeds are whole numbers");
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
