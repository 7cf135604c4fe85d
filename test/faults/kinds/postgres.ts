import type { Fault } from "../fault.ts";
import { frozen, killed } from "./processes.ts";
import { USUAL } from "./usual.ts";

const OF_ONE_POSTGRES = {
  ...USUAL,
  topologies: ["single"],
  caughtUpWithinS: 10,
  withoutWritesS: 15,
} satisfies Partial<Fault>;

/** Faults of a Postgres that stands alone. */
export const OF_POSTGRES: readonly Fault[] = [
  {
    ...OF_ONE_POSTGRES,
    name: "postgres-killed",
    what: "kill -9 of Postgres",
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway > 0 && withoutWritesS > 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("postgres")),
  },
  {
    ...OF_ONE_POSTGRES,
    name: "postgres-frozen",
    what: "SIGSTOP of Postgres and all its processes for 6 s, then SIGCONT",
    lastsS: 6,
    withoutWritesS: 20,
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway > 0 && withoutWritesS > 4,
    inject: async ({ mesh }) => frozen(mesh.parts("postgres")),
  },
];
