import type { Violation } from "./checks.ts";
import { type Plan, planOf, smaller } from "./plan.ts";
import { inVirtualTime } from "./virtual-time.ts";
import { simulate, type Variant } from "./world.ts";

/** A run that broke a check, and the smallest plan found that breaks it too. */
export type Failure = {
  readonly violation: Violation;
  readonly plan: Plan;
  /** What happened in it, a line each. */
  readonly trace: readonly string[];
};

/** Runs that are made to find a smaller plan. */
const RUNS_MAX = 400;

/** What goes on all the time and tells nothing. */
const DULL =
  /postgres: (journal_(heads|id|notify)|archive_(cursors|ends|games|game|progress)|listen)|redis: (get|hmget|courtside_get)/;

/** The plan of a seed. */
export async function planOfSeed(seed: number): Promise<Plan> {
  const { result } = await inVirtualTime(seed, async (time) => planOf(seed, time.chance("plan")));
  return result;
}

/** Makes the plan of a run that failed as small as it gets while the same check fails. */
export async function shrunk(plan: Plan, { check }: Violation, variant: Variant): Promise<Failure> {
  let smallest = plan;
  let runs = 0;
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const candidate of smaller(smallest)) {
      runs += 1;
      if (runs > RUNS_MAX) break;
      const { violation } = await simulate(candidate, variant);
      if (violation?.check !== check) continue;
      smallest = candidate;
      isDone = false;
      break;
    }
  }
  const trace: string[] = [];
  const { violation } = await simulate(smallest, variant, (actor, what) => {
    const line = `${actor}  ${what}`;
    if (!DULL.test(line)) trace.push(line);
  });
  if (violation === undefined) throw new Error(`seed ${plan.seed} fails at times only`);
  return { violation, plan: smallest, trace };
}

/** A failure for people to read. */
export function told({ violation, plan, trace }: Failure): string {
  const { seed, standby, arenas, ingests, projectors, readers, faults } = plan;
  const lines = arenas.map(({ name, lines }) => `${name} with ${lines} lines`).join(", ");
  return [
    `seed ${seed}: ${violation.message}`,
    `${standby} standby; ${lines}; ${ingests} ingest, ${projectors} projectors, ${readers} readers; ${faults.length} faults`,
    ...trace,
    `${violation.message}`,
    `Again: npm run test:simulation -- --seed ${seed}`,
  ].join("\n");
}
