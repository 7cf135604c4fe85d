import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { harmsOf } from "../../integration/harms.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
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

/** Harms Redis once. */
async function once(on: Target, target: string, harm: (redis: Redis) => Promise<unknown>) {
  const redis = new Redis(on.mesh.stores.redisUrl);
  await harm(redis);
  redis.disconnect();
  return { target, heal: async () => {} };
}

/** Harms Redis until the fault is healed. */
async function lasting(
  on: Target,
  target: string,
  harm: (redis: Redis) => Promise<() => Promise<unknown>>,
): Promise<Harm> {
  const redis = new Redis(on.mesh.stores.redisUrl);
  const undo = await harm(redis);
  return {
    target,
    async heal() {
      await undo();
      redis.disconnect();
    },
  };
}
