import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { createLog } from "#runtime/log";
import { connected, type RedisClient, redisClient } from "#stores/redis";
import { harmsOf } from "../../integration/harms.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import type { Part } from "../part.ts";
import { frozen, killed } from "./processes.ts";
import { EVERY_REDIS, USUAL } from "./usual.ts";

/** How old what is restored is. */
const OLD_MS = 1_500;
/** How long replicas hear nothing before the primary dies: what is written meanwhile is lost. */
const BEHIND_MS = 3_000;
/** How long a slot of the Cluster stays where it was moved to. */
const MOVED_MS = 300;
const KEYS_AT_ONCE = 20;

const OF_EVERY_REDIS = {
  ...USUAL,
  topologies: EVERY_REDIS,
  caughtUpWithinS: 10,
  // Nothing that is written needs Redis.
  withoutWritesS: 3,
  withoutReadsS: 6,
} satisfies Partial<Fault>;

/** Faults of Redis. Where it has replicas, one of them takes the place of a primary that is gone. */
export const OF_REDIS: readonly Fault[] = [
  {
    ...OF_EVERY_REDIS,
    name: "redis-killed",
    what: "kill -9 of Redis, or of the primary of the slot, for 5 s",
    lastsS: 5,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 0.7 && archived > 0,
    inject: async (on) => killed(on.mesh, [await primaryOf(on)]),
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-frozen",
    what: "SIGSTOP of Redis, or of the primary of the slot, for 8 s, then SIGCONT",
    lastsS: 8,
    hadEffect: ({ hotStoodS, archived }) => hotStoodS > 0.7 && archived > 0,
    inject: async (on) => frozen([await primaryOf(on)]),
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-refused",
    what: "every connection of services to Redis breaks, and none is taken, for 4 s",
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
    ...OF_EVERY_REDIS,
    name: "redis-flushed",
    what: "FLUSHALL",
    lastsS: 1,
    hadEffect: ({ lostByHotStore, madeAgain }) => lostByHotStore > 0 || madeAgain > 0,
    inject: (on) => once(on, "everything", (redis) => harmsOf(redis).wipe()),
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-slot-dropped",
    what: "every key of the slot is deleted",
    lastsS: 1,
    hadEffect: ({ lostByHotStore, madeAgain }) => lostByHotStore > 0 || madeAgain > 0,
    inject: (on) => once(on, on.slot, (redis) => harmsOf(redis).drop(on.slot)),
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-old-copy",
    what: "the slot is what it was 1.5 s before",
    lastsS: 1,
    async inject(on) {
      // The folds may have caught up before anybody looks where the slot is.
      let wentBack = false;
      const harm = await once(on, on.slot, async (redis) => {
        const restore = await harmsOf(redis).copy(on.slot);
        const copied = await redis.get(cursorOf(on.slot));
        await delay(OLD_MS);
        const left = await redis.get(cursorOf(on.slot));
        await restore();
        wentBack = left !== copied;
      });
      return { ...harm, isEvident: () => wentBack };
    },
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-out-of-memory",
    what: "no Redis may take more memory than it has, for 4 s",
    lastsS: 4,
    hadEffect: ({ hotStoodS, archiveStoodS }) => hotStoodS > 2 && archiveStoodS < hotStoodS,
    inject: async ({ mesh }) => {
      const memory = (most: string) =>
        Promise.all(
          // One that is away by another fault is left alone.
          mesh
            .parts("redis")
            .map(({ name }) =>
              at(mesh.stores.urlOf(name), (redis) => redis.config("SET", "maxmemory", most)).catch(
                () => {},
              ),
            ),
        );
      await memory("1mb");
      return { target: "redis", heal: () => memory("0") };
    },
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-failover-with-loss",
    what: "the replicas hear nothing for 3 s, then the Redis primary dies, and one of them takes its place",
    topologies: ["sentinel", "cluster"],
    lastsS: 8,
    inject: async (on) => {
      const { mesh } = on;
      const primary = await primaryOf(on);
      const cursorAt = ({ name }: Part) =>
        at(mesh.stores.urlOf(name), async (redis) => {
          await redis.call("READONLY").catch(() => {});
          // Replicas of other slots lead elsewhere.
          return redis.get(cursorOf(on.slot)).catch(() => null);
        });
      const replicas = (await mesh.stores.those("replica", "redis")).map(mesh.part);
      for (const replica of replicas) replica.freeze();
      await delay(100);
      // A replica that is stopped reads what its kernel has kept for it: it is cut off as well.
      await at(mesh.stores.urlOf(primary.name), async (redis) => {
        await redis.call("CLIENT", "KILL", "TYPE", "replica");
      });
      await delay(BEHIND_MS);
      const left = await cursorAt(primary);
      const harm = await killed(mesh, [primary]);
      for (const replica of replicas) replica.thaw();
      // Asked before one of them takes its place: then the folds may have caught up before anybody looks.
      const kept = await Promise.all(replicas.map(cursorAt));
      return { ...harm, isEvident: () => kept.some((one) => one !== null && one !== left) };
    },
  },
  {
    ...OF_EVERY_REDIS,
    name: "sentinels-killed",
    what: "kill -9 of every Sentinel: who is connected stays so",
    topologies: ["sentinel"],
    lastsS: 4,
    hadEffect: ({ hotStoodS }) => hotStoodS < 2,
    inject: ({ mesh }) => killed(mesh, mesh.parts("sentinel")),
  },
  {
    ...OF_EVERY_REDIS,
    name: "redis-slot-moved",
    what: "the Cluster's slot moves to another primary, key by key, and back, again and again, for 6 s",
    topologies: ["cluster"],
    lastsS: 6,
    inject: moved,
  },
];

/** The server that writes to the slot go to. */
async function primaryOf({ mesh, slot }: Target): Promise<Part> {
  const { stores } = mesh;
  const primaries = await stores.those("primary", "redis");
  for (const name of primaries) {
    // In a Cluster, those that have other slots say so.
    const isHere = await at(stores.urlOf(name), (redis) => redis.exists(cursorOf(slot))).catch(
      () => 0,
    );
    if (isHere === 1) return mesh.part(name);
  }
  throw new Error(`no Redis has ${slot}`);
}

const cursorOf = (slot: string) => `courtside:{${slot}}:cursor`;

/** Harms the hot store once; one that is away by another fault is left alone, and then nothing shows. */
async function once(
  { mesh }: Target,
  target: string,
  harm: (redis: RedisClient) => Promise<unknown>,
): Promise<Harm> {
  const log = createLog("test", "silent");
  const redis = redisClient({ url: mesh.stores.redisUrl, log, name: "harm" });
  if (await connected(redis)) await harm(redis).catch(() => {});
  redis.disconnect();
  return { target, heal: async () => {} };
}

/** Moves the slot between two primaries of a Cluster, as somebody does who makes it larger or smaller. */
async function moved(on: Target): Promise<Harm> {
  const { mesh, slot } = on;
  const here = await primaryOf(on);
  const primaries = await mesh.stores.those("primary", "redis");
  const there = mesh.part(primaries.find((name) => name !== here.name) ?? "");
  let [from, to] = [here, there];
  let healing = false;
  let moves = 0;
  let keys = 0;
  const moving = (async () => {
    while (!healing || from !== here) {
      keys += await moveSlot(mesh.stores.urlOf(from.name), mesh.stores.urlOf(to.name), slot);
      [from, to] = [to, from];
      moves += 1;
      await delay(MOVED_MS);
    }
  })();
  moving.catch(() => {});
  return {
    target: `${here.name} ${there.name}`,
    async heal() {
      healing = true;
      await moving;
    },
    isEvident: () => moves >= 2 && keys > 100,
  };
}

/** Moves a slot with all its keys from one server to another; returns how many keys those were. */
async function moveSlot(from: string, to: string, slot: string): Promise<number> {
  const { hostname, port, password } = new URL(to);
  return at(from, (source) =>
    at(to, async (target) => {
      const number = String(await source.cluster("KEYSLOT", cursorOf(slot)));
      const [own, other] = [await source.cluster("MYID"), await target.cluster("MYID")].map(String);
      await target.call("CLUSTER", "SETSLOT", number, "IMPORTING", own ?? "");
      await source.call("CLUSTER", "SETSLOT", number, "MIGRATING", other ?? "");
      let count = 0;
      for (;;) {
        const keys = await source.cluster("GETKEYSINSLOT", Number(number), KEYS_AT_ONCE);
        if (keys.length === 0) break;
        count += keys.length;
        const what = ["", "0", "5000", "AUTH", password, "KEYS", ...(keys as string[])];
        await source.call("MIGRATE", hostname, port, ...what);
      }
      // The one that gets it first: nobody is to be told of a place that does not know it yet.
      for (const one of [target, source]) {
        await one.call("CLUSTER", "SETSLOT", number, "NODE", other ?? "");
      }
      return count;
    }),
  );
}

/** What one server answers, on a connection of its own. */
async function at<Answer>(url: string, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url, { maxRetriesPerRequest: 2, commandTimeout: 5_000 });
  redis.on("error", () => {});
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}
