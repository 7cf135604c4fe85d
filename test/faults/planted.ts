import type { CheckName } from "./checker.ts";
import type { TopologyName } from "./topology.ts";

/** A fault in the code itself, which the harness must find: who finds none proves nothing. */
export type Planted = {
  readonly name: string;
  /** What is wrong, as people would say it. */
  readonly what: string;
  /** The file that is wrong, from the root, and what stands in place of what in it. */
  readonly file: string;
  readonly instead: string;
  readonly of: string;
  /** How the stores stand; each alone unless given. */
  readonly topology?: TopologyName;
  /** The fault under which it shows, and one of the checks that then fail. */
  readonly fault: string;
  readonly check: CheckName;
};

/** Every fault of code that there is. */
export const PLANTED: readonly Planted[] = [
  {
    name: "fold-without-comparing",
    what: "the hot store's script writes without looking whether the slot is where the writes begin",
    file: "stores/hotstore/scripts.ts",
    of: `.lua\`, import.meta.url), "utf8");`,
    instead: `.lua\`, import.meta.url), "utf8").replace("present ~= ARGV[1]", "false");`,
    fault: "projector-killed",
    check: "I2",
  },
  {
    name: "ack-before-durable",
    what: "ingest answers when Postgres has a line in memory and not on disk",
    file: "stores/postgres/pool.ts",
    of: "application_name: name,",
    instead: `application_name: name, options: "-c synchronous_commit=off",`,
    fault: "postgres-killed",
    check: "I1",
  },
  {
    name: "read-after-ignored",
    what: "a read does not wait for the position that it names",
    file: "runtime/positions/read-after.ts",
    of: "if (position === undefined) return answer;",
    instead: "return answer;",
    fault: "all-projectors-killed",
    check: "I6",
  },
  {
    name: "floor-forgotten",
    what: "a process answers from a store that is behind what it has answered before",
    file: "stores/reads/floors.ts",
    of: "if (isBelow(answered, floor)) return false;",
    instead: "",
    fault: "redis-old-copy",
    check: "I5",
  },
  {
    name: "made-by-halves",
    what: "a slot that is made again is read when half of it is there",
    file: "stores/hotstore/hot-folds.ts",
    of: "writes.slice(at, at + WRITES_PER_ROUND_TRIP)",
    instead: "writes.slice(at, at + WRITES_PER_ROUND_TRIP).filter((_, place) => place % 2 > 0)",
    fault: "redis-slot-dropped",
    check: "I2",
  },
  {
    name: "cancelled-wait-taken-for-success",
    what: "a commit whose wait for the standby was cancelled is acknowledged",
    topology: "replicated",
    file: "stores/postgres/pool.ts",
    of: "if (unreplicated !== undefined)",
    instead: "if (false)",
    fault: "failover-with-loss",
    check: "I1",
  },
  {
    name: "row-not-compared",
    what: "a row of the journal is folded though it is not what its digest says",
    file: "stores/journal/in-postgres.ts",
    of: "if (found !== row.digest) {",
    instead: "if (false) {",
    fault: "journal-row-changed",
    check: "I12",
  },
  {
    name: "clock-believed",
    what: "ingest takes the clock of whoever sends for right",
    file: "services/ingest/upload.ts",
    of: "Math.abs(offsetMs ?? 0) > CLOCK_TOLERANCE_MS",
    instead: "false",
    fault: "arena-clock-fast",
    check: "I12",
  },
];

/** What Node is told so that it runs a service with a fault in it. */
export function plantedFlags({ name }: Planted): readonly string[] {
  const hook = new URL("./plant.ts", import.meta.url);
  hook.searchParams.set("name", name);
  return ["--import", hook.href];
}

/** The root of the repository, as the beginning of a file's URL. */
export const ROOT_URL = new URL("../../", import.meta.url).href;

/** The fault of a name. Throws where there is none. */
export function plantedNamed(name: string): Planted {
  const planted = PLANTED.find((one) => one.name === name);
  if (planted === undefined) throw new Error(`There is no ${name} to be planted.`);
  return planted;
}
