import type { Fault, Harm, Target } from "./fault.ts";
import { oneOf } from "./load/ground.ts";
import type { FaultMesh } from "./mesh.ts";
import type { Part } from "./part.ts";
import { TOPOLOGIES } from "./topology.ts";

/** What most faults have in common; each says what differs. */
const USUAL = {
  topologies: TOPOLOGIES,
  lastsS: 3,
  caughtUpWithinS: 5,
  withoutWritesS: 8,
  withoutReadsS: 8,
} satisfies Partial<Fault>;

/** Kills one process of a service, and lets it be started again when the fault is healed. */
async function killOne({ mesh, random }: Target, service: string): Promise<Harm> {
  const part = oneOf(random, mesh.parts(service));
  return killed(mesh, [part]);
}

async function killed(mesh: FaultMesh, parts: readonly Part[]): Promise<Harm> {
  const letGo = parts.map((part) => part.hold());
  await Promise.all(parts.map((part) => part.kill()));
  return {
    target: parts.map(({ name }) => name).join(" "),
    async heal() {
      for (const go of letGo) go();
      await mesh.ready();
    },
  };
}

/** Every fault that there is, in the order in which they are run. */
export const FAULTS: readonly Fault[] = [
  {
    ...USUAL,
    name: "ingest-killed",
    what: "kill -9 of one of two ingest processes",
    hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0,
    inject: (on) => killOne(on, "ingest"),
  },
  {
    ...USUAL,
    name: "all-ingest-killed",
    what: "kill -9 of both ingest processes",
    hadEffect: ({ broke, withoutWritesS }) => broke > 0 && withoutWritesS > 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("ingest")),
  },
  {
    ...USUAL,
    name: "projector-killed",
    what: "kill -9 of one of two projector processes",
    // The other one folds on: what is seen is that nothing else happens.
    hadEffect: ({ inFlight }) => inFlight > 0,
    inject: (on) => killOne(on, "projector"),
  },
  {
    ...USUAL,
    name: "all-projectors-killed",
    what: "kill -9 of both projector processes",
    hadEffect: ({ hotStoodS, archiveStoodS }) => Math.min(hotStoodS, archiveStoodS) > 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("projector")),
  },
  {
    ...USUAL,
    name: "postgres-killed",
    what: "kill -9 of Postgres",
    topologies: ["single"],
    caughtUpWithinS: 10,
    withoutWritesS: 15,
    hadEffect: ({ journalAway, withoutWritesS }) => journalAway > 0 && withoutWritesS > 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("postgres")),
  },
  {
    ...USUAL,
    name: "redis-killed",
    what: "kill -9 of Redis",
    topologies: ["single"],
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 2 && archived > 0,
    inject: ({ mesh }) => killed(mesh, mesh.parts("redis")),
  },
];

/** The fault of a name. Throws where there is none. */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`There is no fault ${name}: --list names them all.`);
  return fault;
}
