import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf, rpcClient } from "#runtime/rpc";
import type { Fault, Harm } from "../fault.ts";
import type { Link } from "../link.ts";
import { EVERY_POSTGRES, EVERY_REDIS, USUAL } from "./usual.ts";

/** The ways in which those at the end of a way can stand. */
const TOPOLOGIES_OF = {
  ingest: USUAL.topologies,
  postgres: EVERY_POSTGRES,
  redis: EVERY_REDIS,
} as const;

/** Ways whose answers are lost, and what shows that they were. */
const ANSWERS: readonly (Pick<Fault, "hadEffect"> & {
  readonly from: string;
  readonly to: keyof typeof TOPOLOGIES_OF;
})[] = [
  { from: "client", to: "ingest", hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0 },
  {
    from: "ingest",
    to: "postgres",
    hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0,
  },
  { from: "projector", to: "postgres", hadEffect: ({ archiveStoodS }) => archiveStoodS > 0.7 },
  { from: "projector", to: "redis", hadEffect: ({ hotStoodS }) => hotStoodS > 0.7 },
  {
    from: "stats",
    to: "redis",
    hadEffect: ({ archived, readsFailed }) => archived + readsFailed > 0,
  },
];

const LOST_MS = 1_000;
const PAUSE_MS = 500;

/** Faults of the ways between processes. */
export const OF_LINKS: readonly Fault[] = [
  ...ANSWERS.map(
    ({ from, to, hadEffect }): Fault => ({
      ...USUAL,
      name: `answers-lost-${from}-${to}`,
      what: `${from} → ${to}: requests arrive and answers do not, for 1 s; then all breaks; three times`,
      topologies: TOPOLOGIES_OF[to],
      lastsS: 4.5,
      caughtUpWithinS: 8,
      withoutWritesS: 12,
      hadEffect,
      inject: async ({ mesh }) => {
        const links = mesh.links(from, to);
        return again(`${from} → ${to}`, links, async () => {
          for (const link of links) link.dropAnswers();
          await delay(LOST_MS);
          for (const link of links) link.cut();
          await delay(PAUSE_MS);
        });
      },
    }),
  ),
  {
    ...USUAL,
    name: "ingest-postgres-stalled",
    what: "nothing passes between ingest and Postgres, and nothing breaks, for 6 s",
    topologies: EVERY_POSTGRES,
    lastsS: 6,
    withoutWritesS: 20,
    hadEffect: ({ broke, callsFailed, withoutWritesS }) =>
      broke + callsFailed > 0 && withoutWritesS > 4,
    inject: async ({ mesh }) => stalled("ingest → postgres", mesh.links("ingest", "postgres")),
  },
  {
    ...USUAL,
    name: "ingest-postgres-cut",
    what: "every connection between ingest and Postgres breaks each 300 ms, for 4 s",
    topologies: EVERY_POSTGRES,
    lastsS: 4,
    hadEffect: ({ broke, callsFailed }) => broke + callsFailed > 0,
    inject: async ({ mesh }) => {
      const links = mesh.links("ingest", "postgres");
      return again("ingest → postgres", links, async () => {
        for (const link of links) link.cut();
        await delay(300);
      });
    },
  },
  {
    ...USUAL,
    name: "projector-redis-stalled",
    what: "nothing passes between the projectors and Redis, and nothing breaks, for 5 s",
    topologies: EVERY_REDIS,
    lastsS: 5,
    hadEffect: ({ hotStoodS, archiveStoodS }) => hotStoodS > 4 && archiveStoodS < 3,
    inject: async ({ mesh }) => stalled("projector → redis", mesh.links("projector", "redis")),
  },
  {
    ...USUAL,
    name: "readers-redis-stalled",
    what: "nothing passes between stats or leaderboard and Redis, and nothing breaks, for 5 s",
    topologies: EVERY_REDIS,
    lastsS: 5,
    withoutReadsS: 6,
    hadEffect: ({ archived }) => archived > 0,
    inject: async ({ mesh }) =>
      stalled("stats, leaderboard → redis", [
        ...mesh.links("stats", "redis"),
        ...mesh.links("leaderboard", "redis"),
      ]),
  },
  {
    ...USUAL,
    name: "readers-postgres-stalled",
    what: "nothing passes between stats or leaderboard and Postgres, and nothing breaks, for 5 s",
    topologies: EVERY_POSTGRES,
    lastsS: 5,
    // Nobody is to notice, as names are known and Redis answers, but who asks for history.
    inject: async ({ mesh, season, gameIds }) => {
      const links = [...mesh.links("stats", "postgres"), ...mesh.links("leaderboard", "postgres")];
      const harm = stalled("stats, leaderboard → postgres", links);
      const asOf = { happenedTime: timestampFromMs(Date.now()) };
      const stats = rpcClient(StatsService, mesh.target("stats"), { timeoutMs: 3_000 });
      const asked = stats.getBoxScore({ season, gameId: gameIds[0] ?? "", asOf });
      const failure = asked.then(() => undefined, reasonOf);
      let code: Code | undefined;
      return {
        ...harm,
        async heal() {
          code = (await failure)?.code;
          stats.close();
          await harm.heal();
        },
        isEvident: () => code === Code.DeadlineExceeded || code === Code.Unavailable,
      };
    },
  },
  ...[50, 200].map(
    (ms): Fault => ({
      ...USUAL,
      name: `slow-${ms}`,
      what: `everything takes ${ms} ms longer, on every way and each way`,
      lastsS: 5,
      hadEffect: ({ ackP50Ms, ackP50BeforeMs }) => ackP50Ms > ackP50BeforeMs + ms,
      inject: async ({ mesh }) => {
        const links = mesh.links("", "");
        for (const link of links) link.delay(ms);
        return { target: "every way", heal: async () => healed(links) };
      },
    }),
  ),
];

function stalled(target: string, links: readonly Link[]): Harm {
  for (const link of links) link.stall();
  return { target, heal: async () => healed(links) };
}

/** Does the same harm again and again. */
function again(target: string, links: readonly Link[], harm: () => Promise<void>): Harm {
  let healing = false;
  const harming = (async () => {
    while (!healing) await harm();
  })();
  return {
    target,
    async heal() {
      healing = true;
      await harming;
      healed(links);
    },
  };
}

function healed(links: readonly Link[]): void {
  for (const link of links) link.heal();
}
