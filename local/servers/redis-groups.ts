import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort, HOST } from "./port.ts";
import { launchRedis, startRedis } from "./redis.ts";
import type { GroupOptions, RunningServer, RunServer, ServerGroup } from "./running-server.ts";
import { secretIn } from "./secret.ts";

/** What Sentinels call the primary that they watch. */
const PRIMARY = "courtside";

const REPLICAS = 2;
const SENTINELS = 3;
const QUORUM = 2;
const CLUSTER_NODES = 6;
const CLUSTER_SLOTS = 16_384;

const READY_WITHIN_MS = 30_000;
const ROLE_WITHIN_MS = 1_000;

/** A replica is fed at once and over the wire, not after 5 s and by a file. */
const REPLICATION = { "repl-diskless-sync": "yes", "repl-diskless-sync-delay": "0" };

/** What several servers of Redis that are one store are told. */
export type RedisGroupOptions = GroupOptions & {
  /** How long a server is silent before it counts as dead, in ms: 1,000 unless given. */
  readonly downAfterMs?: number;
};

const DOWN_AFTER_MS = 1_000;

/** How the Redis of a mesh can stand. */
export const REDIS_TOPOLOGIES = ["single", "sentinel", "cluster"] as const;
export type RedisTopology = (typeof REDIS_TOPOLOGIES)[number];

/** Starts Redis in one of its topologies. */
export function startRedisAs(
  topology: RedisTopology,
  options: RedisGroupOptions,
): Promise<ServerGroup> {
  return STARTS[topology](options);
}

const STARTS: Record<RedisTopology, (options: RedisGroupOptions) => Promise<ServerGroup>> = {
  single: startSingle,
  sentinel: startSentinelGroup,
  cluster: startClusterGroup,
};

const onlyStarted: RunServer = (_, start) => start();

async function startSingle({ folder, run = onlyStarted }: GroupOptions): Promise<ServerGroup> {
  const server = await run("redis", (port) => startRedis({ folder, port }));
  return group(server.url, new Map([["redis", server]]));
}

/** Starts a primary, two replicas, and three Sentinels that put a replica in its place when it dies. */
async function startSentinelGroup({
  folder,
  run = onlyStarted,
  downAfterMs = DOWN_AFTER_MS,
}: RedisGroupOptions): Promise<ServerGroup> {
  const password = passwordOf(folder);
  const servers = new Map<string, RunningServer>();
  const primary = await run("redis-1", (port) =>
    // As a replica it will have to log in at the next primary.
    startRedis({
      ...{ folder: join(folder, "redis-1"), port, password },
      settings: { ...REPLICATION, masterauth: password },
    }),
  );
  servers.set("redis-1", primary);
  for (let at = 0; at < REPLICAS; at += 1) {
    const name = `redis-${at + 2}`;
    const settings = {
      ...REPLICATION,
      ...{ masterauth: password, replicaof: `${HOST} ${primary.port}` },
    };
    const where = { folder: join(folder, name), password, settings };
    servers.set(name, await run(name, (port) => startRedis({ ...where, port })));
  }
  await until(async () => (await replicasOf(primary)) === REPLICAS, "replicas that are connected");
  for (let at = 1; at <= SENTINELS; at += 1) {
    const name = `sentinel-${at}`;
    const lines = [
      // The same after a restart: else the others would count it twice.
      `sentinel myid ${createHash("sha1").update(name).digest("hex")}`,
      `sentinel monitor ${PRIMARY} ${HOST} ${primary.port} ${QUORUM}`,
      `sentinel auth-pass ${PRIMARY} ${password}`,
      `sentinel down-after-milliseconds ${PRIMARY} ${downAfterMs}`,
      `sentinel failover-timeout ${PRIMARY} 5000`,
      `sentinel parallel-syncs ${PRIMARY} 1`,
      `sentinel sentinel-pass ${password}`,
    ];
    const where = { folder: join(folder, name), password };
    const start = (port?: number) => launchRedis({ ...where, port, lines, mode: "--sentinel" });
    servers.set(name, await run(name, start));
  }
  const sentinels = [...servers].filter(([name]) => name.startsWith("sentinel-"));
  await until(async () => {
    const known = await Promise.all(sentinels.map(([, server]) => othersKnown(server)));
    return known.every(([others, replicas]) => others === SENTINELS - 1 && replicas === REPLICAS);
  }, "Sentinels that know each other");
  const hosts = sentinels.map(([, { port }]) => `${HOST}:${port}`).join(",");
  return group(`redis+sentinel://:${password}@${hosts}/${PRIMARY}`, servers);
}

/** Starts a Cluster of three primaries with a replica each. */
async function startClusterGroup({
  folder,
  run = onlyStarted,
  downAfterMs = DOWN_AFTER_MS,
}: RedisGroupOptions): Promise<ServerGroup> {
  const password = passwordOf(folder);
  const servers = new Map<string, RunningServer>();
  const ports = new Map<string, number>();
  for (let at = 1; at <= CLUSTER_NODES; at += 1) {
    const name = `redis-${at}`;
    ports.set(name, await freePort());
    const settings = {
      ...REPLICATION,
      masterauth: password,
      "cluster-enabled": "yes",
      "cluster-config-file": "nodes.conf",
      // Else it is 10,000 above the other port, where the system takes ports for connections.
      "cluster-port": String(ports.get(name)),
      "cluster-node-timeout": String(downAfterMs + 500),
      // What is left answers for its own part.
      "cluster-require-full-coverage": "no",
    };
    const where = { folder: join(folder, name), password, settings };
    servers.set(name, await run(name, (port) => startRedis({ ...where, port })));
  }
  const nodes = [...servers].map(([name, node]) => ({ ...node, busPort: ports.get(name) ?? 0 }));
  await joined(nodes);
  const hosts = nodes.map(({ port }) => `${HOST}:${port}`).join(",");
  return group(`redis+cluster://:${password}@${hosts}`, servers);
}

/** What a server is in its group: as Redis itself says it at this moment. */
export type RedisRole = { readonly is: "primary" | "replica" | "sentinel"; readonly of?: string };

/**
 * The roles of the servers with these URLs, in their order; undefined for one that does not answer. `of`
 * is the `host:port` of the primary that a replica follows.
 */
export function redisRoles(urls: readonly string[]): Promise<(RedisRole | undefined)[]> {
  return Promise.all(
    urls.map(async (url) => {
      const client = new Redis(url, { commandTimeout: ROLE_WITHIN_MS, retryStrategy: () => null });
      client.on("error", () => {});
      try {
        const [is, host, port] = (await client.role()) as [string, ...unknown[]];
        if (is === "sentinel") return { is };
        return is === "master" ? { is: "primary" } : { is: "replica", of: `${host}:${port}` };
      } catch {
        return undefined;
      } finally {
        client.disconnect();
      }
    }),
  );
}

/** A node, and the port where the others reach it. */
type ClusterNode = RunningServer & { readonly busPort: number };

/** Makes one Cluster of nodes that know nobody yet; leaves one that was made before as it is. */
async function joined(nodes: readonly ClusterNode[]): Promise<void> {
  const clients = nodes.map((node) => clientOf(node));
  try {
    const [first] = clients;
    if (first === undefined) return;
    const primaries = clients.slice(0, nodes.length / 2);
    const owned = Number(
      /cluster_slots_assigned:(\d+)/.exec(String(await first.cluster("INFO")))?.[1],
    );
    if (owned === 0) {
      const share = Math.ceil(CLUSTER_SLOTS / primaries.length);
      for (const [at, client] of primaries.entries()) {
        const end = Math.min(CLUSTER_SLOTS, (at + 1) * share) - 1;
        await client.call("CLUSTER", "ADDSLOTSRANGE", String(at * share), String(end));
      }
    }
    for (const [at, client] of clients.entries()) {
      if (owned === 0)
        await client.call("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1)).catch(() => {});
      for (const { port, busPort } of nodes) {
        await client.call("CLUSTER", "MEET", HOST, String(port), String(busPort));
      }
    }
    const knowAll = async () => {
      const counts = await Promise.all(
        clients.map(async (client) => String(await client.cluster("INFO"))),
      );
      return counts.every((info) => info.includes(`cluster_known_nodes:${nodes.length}`));
    };
    await until(knowAll, "nodes that know each other");
    if (owned === 0) {
      for (const [at, client] of clients.slice(primaries.length).entries()) {
        const primary = primaries[at];
        if (primary === undefined) continue;
        await client.call("CLUSTER", "REPLICATE", String(await primary.call("CLUSTER", "MYID")));
      }
    }
    await until(async () => {
      const infos = await Promise.all(
        clients.map(async (one) => String(await one.cluster("INFO"))),
      );
      return infos.every((info) => info.includes("cluster_state:ok"));
    }, "a Cluster that is whole");
    if (owned === 0) {
      await until(async () => {
        const infos = await Promise.all(primaries.map((one) => one.info("replication")));
        return infos.every((info) => info.includes("state=online"));
      }, "replicas that are connected");
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}

function group(url: string, servers: ReadonlyMap<string, RunningServer>): ServerGroup {
  return {
    url,
    servers,
    async stop() {
      // Watchers first: they would put others in place of what ends.
      for (const [name, server] of servers) if (name.startsWith("sentinel-")) await server.stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

/** One password for all servers of a folder, kept in it. */
function passwordOf(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return secretIn(join(folder, "password"), undefined);
}

function clientOf({ url }: RunningServer): Redis {
  const client = new Redis(url, { lazyConnect: false, maxRetriesPerRequest: 2 });
  client.on("error", () => {});
  return client;
}

async function replicasOf(primary: RunningServer): Promise<number> {
  const client = clientOf(primary);
  try {
    const info = await client.info("replication");
    return info.split("\n").filter((line) => /^slave\d+:.*state=online/.test(line)).length;
  } finally {
    client.disconnect();
  }
}

/** How many other Sentinels and how many replicas a Sentinel knows. */
async function othersKnown(sentinel: RunningServer): Promise<[others: number, replicas: number]> {
  const client = clientOf(sentinel);
  try {
    const reply = (await client.call("SENTINEL", "MASTER", PRIMARY)) as string[];
    const value = (name: string) => Number(reply[reply.indexOf(name) + 1]);
    return [value("num-other-sentinels"), value("num-slaves")];
  } finally {
    client.disconnect();
  }
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  while (Date.now() < end) {
    if (await holds().catch(() => false)) return;
    await delay(100);
  }
  throw new Error(`waited ${READY_WITHIN_MS / 1_000} s in vain for ${what}`);
}
