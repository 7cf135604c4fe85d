import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { harmsOf } from "../../integration/harms.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import type { Part } from "../part.ts";
import { frozen, killed } from "./processes.ts";
import { USUAL } from "./usual.ts";

/** How old what is restored is. */
const OLD_MS = 1_500;

const OF_ONE_REDIS = {
  ...USUAL,
  topologies: ["single"],
  withoutReadsS: 5,
} satisfies Partial<Fault>;

/** Faults of a Redis that stands alone. */
export const OF_REDIS: readonly Fault[] = [
  {
    ...OF_ONE_REDIS,
    name: "redis-killed",
    what: "kill -9 of Redis",
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 2 && archived > 0,
    inject: ({ mesh }) => killed(mesh, mesh.parts("redis")),
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-frozen",
    what: "SIGSTOP of Redis for 6 s, then SIGCONT",
    lastsS: 6,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 4 && archived > 0,
    inject: async ({ mesh }) => frozen(mesh.parts("redis")),
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-refused",
    what: "every connection to Redis breaks, and none is taken, for 4 s",
    lastsS: 4,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 2 && archived > 0,
    inject: async ({ mesh }) => {
      const links = mesh.links("", "redis");
      for (const link of links) link.refuse();
      return {
        target: "all → redis",
        async heal() {
          for (const link of links) link.heal();
        },
      };
    },
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-flushed",
    what: "FLUSHALL",
    lastsS: 1,
    hadEffect: ({ lostByHotStore, madeAgain }) => lostByHotStore > 0 || madeAgain > 0,
    inject: (on) => once(on, "everything", async (redis) => harmsOf(redis).wipe()),
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-slot-dropped",
    what: "every key of the slot is deleted",
    lastsS: 1,
    hadEffect: ({ lostByHotStore, madeAgain }) => lostByHotStore > 0 || madeAgain > 0,
    inject: (on) => once(on, on.slot, async (redis) => harmsOf(redis).drop(on.slot)),
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-old-copy",
    what: "the slot is what it was 1.5 s before",
    lastsS: 1,
    hadEffect: ({ lostByHotStore }) => lostByHotStore > 0,
    inject: (on) =>
      once(on, on.slot, async (redis) => {
        const restore = await harmsOf(redis).copy(on.slot);
        await delay(OLD_MS);
        await restore();
      }),
  },
  {
    ...OF_ONE_REDIS,
    name: "redis-out-of-memory",
    what: "Redis may not take more memory than it has, for 4 s",
    lastsS: 4,
    hadEffect: ({ hotStoodS, archiveStoodS }) => hotStoodS > 2 && archiveStoodS < 2,
    inject: (on) =>
      lasting(on, "redis", async (redis) => {
        await redis.config("SET", "maxmemory", "1mb");
        return () => redis.config("SET", "maxmemory", "0");
      }),
  },
];

const OF_GROUPS = {
  ...USUAL,
  topologies: ["sentinel", "cluster"],
  caughtUpWithinS: 10,
  withoutReadsS: 6,
} satisfies Partial<Fault>;

/** How long replicas hear nothing before the primary dies: what is written meanwhile is lost. */
const BEHIND_MS = 3_000;

/** Faults of a Redis of several servers. */
export const OF_REDIS_GROUPS: readonly Fault[] = [
  {
    ...OF_GROUPS,
    name: "redis-primary-killed",
    what: "kill -9 of the Redis primary of the slot",
    lastsS: 6,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 0.7 && archived > 0,
    inject: async (on) => killed(on.mesh, [await primaryOf(on)]),
  },
  {
    ...OF_GROUPS,
    name: "redis-primary-frozen",
    what: "SIGSTOP of the Redis primary of the slot for 8 s, then SIGCONT: by then another one is",
    lastsS: 8,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 0.7 && archived > 0,
    inject: async (on) => frozen([await primaryOf(on)]),
  },
  {
    ...OF_GROUPS,
    name: "redis-failover-with-loss",
    what: "the replicas hear nothing for 3 s, then the Redis primary dies, and one of them takes its place",
    lastsS: 8,
    hadEffect: ({ lostByHotStore, madeAgain }) => lostByHotStore > 0 || madeAgain > 0,
    inject: async (on) => {
      const { mesh } = on;
      const primary = await primaryOf(on);
      const replicas = (await mesh.stores.those("replica", "redis")).map(mesh.part);
      // A replica that is stopped reads what its kernel has kept for it: it is cut off as well.
      const redis = redisAt(mesh.stores.urlOf(primary.name));
      for (const replica of replicas) replica.freeze();
      await delay(100);
      await redis.call("CLIENT", "KILL", "TYPE", "replica");
      await delay(BEHIND_MS);
      redis.disconnect();
      const harm = await killed(mesh, [primary]);
      for (const replica of replicas) replica.thaw();
      return harm;
    },
  },
  {
    ...OF_GROUPS,
    name: "sentinels-killed",
    what: "kill -9 of every Sentinel: who is connected stays so",
    topologies: ["sentinel"],
    lastsS: 4,
    hadEffect: ({ inFlight, hotStoodS }) => inFlight > 0 && hotStoodS < 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("sentinel")),
  },
];

/** The server that writes to the slot go to. */
async function primaryOf({ mesh, slot }: Target): Promise<Part> {
  const { stores } = mesh;
  for (const name of await stores.those("primary", "redis")) {
    const redis = redisAt(stores.urlOf(name));
    // In a Cluster, those that have other slots say so.
    const isHere = await redis.exists(`courtside:{${slot}}:cursor`).catch(() => 0);
    redis.disconnect();
    if (isHere === 1) return mesh.part(name);
  }
  throw new Error(`no Redis has ${slot}`);
}

/** Harms Redis once; one that is away by another fault is left alone, and then nothing shows. */
async function once(on: Target, target: string, harm: (redis: Redis) => Promise<unknown>) {
  const redis = redisAt(on.mesh.stores.redisUrl);
  await harm(redis).catch(() => {});
  redis.disconnect();
  return { target, heal: async () => {} };
}

/** Harms Redis until the fault is healed; as {@link once} does. */
async function lasting(
  on: Target,
  target: string,
  harm: (redis: Redis) => Promise<() => Promise<unknown>>,
): Promise<Harm> {
  const { redisUrl } = on.mesh.stores;
  const redis = redisAt(redisUrl);
  const undo = await harm(redis).catch(() => async () => {});
  return {
    target,
    async heal() {
      await undo().catch(() => {});
      redis.disconnect();
    },
  };
}

function redisAt(url: string): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 2, commandTimeout: 3_000 });
  redis.on("error", () => {});
  return redis;
}
