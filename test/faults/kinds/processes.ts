import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { framed } from "../../../runtime/rpc/raw.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import type { Link } from "../link.ts";
import { oneOf } from "../load/ground.ts";
import type { FaultMesh } from "../mesh.ts";
import type { Part } from "../part.ts";
import { USUAL } from "./usual.ts";

/** Clients that each begin to send a message as large as ingest takes it, and how large that is. */
const LARGE_SENDERS = 100;
const LARGE_BYTES = 1024 * 1024;
const ENDED_WITHIN_MS = 10_000;
/** The last words of who got no memory: of V8, of the C++ library, or of an error that nobody caught. */
const MEMORY_REFUSED = /out of memory|bad_alloc|allocation failed/i;

/** Faults of services: their processes die, stand still, or are replaced one by one. */
export const OF_PROCESSES: readonly Fault[] = [
  {
    ...USUAL,
    name: "ingest-killed",
    what: "kill -9 of one of two ingest processes, and of the other one when the first one is back",
    hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0,
    inject: async ({ mesh }) => {
      const [first, second] = mesh.parts("ingest");
      if (first === undefined || second === undefined)
        throw new Error("there are not two of ingest");
      const harm = await killed(mesh, [first]);
      await delay(1_500);
      await harm.heal();
      return { ...(await killed(mesh, [second])), target: namesOf([first, second]) };
    },
  },
  {
    ...USUAL,
    name: "all-ingest-killed",
    what: "kill -9 of both ingest processes",
    withoutWritesS: 12,
    hadEffect: ({ broke, callsFailed, withoutWritesS }) =>
      broke + callsFailed > 0 && withoutWritesS > 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("ingest")),
  },
  {
    ...USUAL,
    name: "projector-killed",
    what: "kill -9 of one of two projector processes",
    // The other one folds on: what is to be seen is that nothing else happens.
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
    name: "stats-killed",
    what: "kill -9 of one of two stats processes",
    withoutReadsS: 8,
    hadEffect: ({ readsFailed }) => readsFailed > 0,
    inject: (on) => killOne(on, "stats"),
  },
  {
    ...USUAL,
    name: "leaderboard-killed",
    what: "kill -9 of the only leaderboard process",
    withoutReadsS: 8,
    hadEffect: ({ readsFailed }) => readsFailed > 0,
    inject: (on) => killOne(on, "leaderboard"),
  },
  {
    ...USUAL,
    name: "gateway-killed",
    what: "kill -9 of the only gateway process",
    withoutReadsS: 8,
    hadEffect: ({ visitsFailed }) => visitsFailed > 0,
    inject: (on) => killOne(on, "gateway"),
  },
  ...["ingest", "projector", "stats"].map(
    (service): Fault => ({
      ...USUAL,
      name: `${service}-frozen`,
      what: `SIGSTOP of one of two ${service} processes for 6 s, then SIGCONT`,
      lastsS: 6,
      withoutReadsS: 8,
      withoutWritesS: 14,
      hadEffect: ({ broke, callsFailed, readsFailed }) =>
        service === "projector" || broke + callsFailed + readsFailed > 0,
      inject: async ({ mesh, random }) => frozen([oneOf(random, mesh.parts(service))]),
    }),
  ),
  {
    ...USUAL,
    name: "ingest-stutters",
    what: "both ingest processes stand still for 250 ms, again and again, for 4 s",
    lastsS: 4,
    hadEffect: ({ ackP50Ms, ackP50BeforeMs }) => ackP50Ms > ackP50BeforeMs,
    inject: async ({ mesh }) => {
      const parts = mesh.parts("ingest");
      const thaw = () => {
        for (const part of parts) part.thaw();
      };
      const turns = setInterval(() => {
        frozen(parts);
        setTimeout(thaw, 250);
      }, 400);
      return {
        target: namesOf(parts),
        async heal() {
          clearInterval(turns);
          thaw();
        },
      };
    },
  },
  {
    ...USUAL,
    name: "all-projectors-frozen",
    what: "SIGSTOP of both projector processes for 5 s, then SIGCONT",
    lastsS: 5,
    hadEffect: ({ hotStoodS, archiveStoodS }) => Math.min(hotStoodS, archiveStoodS) > 4,
    inject: async ({ mesh }) => frozen(mesh.parts("projector")),
  },
  {
    ...USUAL,
    name: "projectors-at-odds",
    what: "two projectors fold one slot, one of them 150 ms behind; the other one stands still at times",
    lastsS: 6,
    hadEffect: ({ hotStoodS }) => hotStoodS < 4,
    inject: async ({ mesh }) => {
      const links = mesh.links("projector-1", "redis");
      for (const link of links) link.delay(150);
      const other = mesh.part("projector-2");
      const turns = setInterval(() => {
        other.freeze();
        setTimeout(() => other.thaw(), 700);
      }, 1_500);
      return {
        target: "projector-1 projector-2",
        async heal() {
          clearInterval(turns);
          other.thaw();
          for (const link of links) link.heal();
        },
      };
    },
  },
  {
    ...USUAL,
    name: "ingest-out-of-memory",
    what: `an ingest process gets no more memory as ${LARGE_SENDERS} clients begin to send 1 MiB; then the other`,
    hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0,
    inject: async ({ mesh }) => {
      const parts = mesh.parts("ingest");
      const ended: boolean[] = [];
      // Between two games of theirs, all arenas may be at one of them.
      for (const part of parts) {
        ended.push(await endedWithoutMemory(mesh, part));
        await mesh.ready();
      }
      return {
        target: namesOf(parts),
        heal: () => mesh.ready(),
        isEvident: () => ended.every(Boolean),
      };
    },
  },
  {
    ...USUAL,
    name: "rolling-restart",
    what: "SIGTERM of every service process, one after the other",
    lastsS: 0,
    withoutReadsS: 8,
    // Uploads are told to go elsewhere and do: they need not break.
    inject: async ({ mesh }) => {
      const services = ["ingest", "projector", "stats", "leaderboard", "gateway"];
      const parts = services.flatMap((service) => mesh.parts(service));
      const before = parts.map((part) => part.pid());
      for (const part of parts) {
        await part.end();
        await mesh.ready();
      }
      return {
        target: namesOf(parts),
        heal: async () => {},
        isEvident: () => parts.every((part, at) => part.pid() !== before[at]),
      };
    },
  },
];

/** Refuses a process more memory while clients have much to send to it; returns whether it ended of that. */
async function endedWithoutMemory(mesh: FaultMesh, part: Part): Promise<boolean> {
  const log = mesh.logOf(part.name);
  const [starts, logged] = [part.starts(), statSync(log).size];
  execFileSync("prlimit", ["--pid", String(part.pid()), "--data=1"]);
  const senders = mesh.links("client", part.name).flatMap(largeSenders);
  const isBack = () => part.starts() > starts;
  for (const end = Date.now() + ENDED_WITHIN_MS; !isBack() && Date.now() < end; ) await delay(50);
  for (const sender of senders) sender.destroy();
  return isBack() && MEMORY_REFUSED.test(readFileSync(log).toString("utf8", logged));
}

/** Connections that each send a message but for its last byte: all that it does is to take memory. */
function largeSenders({ host, port }: Link): ClientHttp2Session[] {
  const message = framed(Buffer.alloc(LARGE_BYTES)).subarray(0, -1);
  return Array.from({ length: LARGE_SENDERS }, () => {
    const session = connect(`http://${host}:${port}`);
    session.on("error", () => {});
    const stream = session.request({
      ":method": "POST",
      ":path": `/${IngestService.typeName}/UploadLines`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    stream.write(message);
    return session;
  });
}

/** Kills one process of a service, and lets it be started again when the fault is healed. */
async function killOne({ mesh, random }: Target, service: string): Promise<Harm> {
  return killed(mesh, [oneOf(random, mesh.parts(service))]);
}

/** Kills processes, and lets them be started again when the fault is healed. */
export async function killed(mesh: FaultMesh, parts: readonly Part[]): Promise<Harm> {
  const letGo = parts.map((part) => part.hold());
  await Promise.all(parts.map((part) => part.kill()));
  return {
    target: namesOf(parts),
    async heal() {
      for (const go of letGo) go();
      await mesh.ready();
    },
  };
}

/** Stops processes where they stand, until the fault is healed. */
export function frozen(parts: readonly Part[]): Harm {
  for (const part of parts) part.freeze();
  return {
    target: namesOf(parts),
    async heal() {
      for (const part of parts) part.thaw();
    },
  };
}

const namesOf = (parts: readonly Part[]) => parts.map(({ name }) => name).join(" ");
