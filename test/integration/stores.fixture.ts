import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import type pg from "pg";
import { inject, onTestFinished } from "vitest";
import { redisPlace } from "#runtime/config";
import { createLog } from "#runtime/log";
import { postgresPool } from "#stores/postgres";
import { connected, keysLike, type RedisClient, redisClient } from "#stores/redis";
import {
  type RedisGroupOptions,
  removeFolder,
  type ServerGroup,
  startRedisAs,
} from "../../local/servers/index.ts";
import { databaseAt, TEST_REDIS } from "./topology.fixture.ts";

/** A log that says nothing. */
export const SILENT = createLog("test", "silent");

const QUERY_MS_MAX = 60_000;

/** A season that no other test has. */
export function freshSlot(): string {
  return `t${randomBytes(6).toString("hex")}:2023-24:regular`;
}

/** The URL of a database of its own, with the newest schema and nothing in it. */
export async function freshDatabase(): Promise<string> {
  const servers = inject("postgresUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = databaseAt(servers, name);
  await rowsIn(databaseAt(servers, "postgres"), `create database ${name} template courtside`);
  // Every copy would otherwise have the template's id, and be the same journal.
  await rowsIn(url, "update journal set id = gen_random_uuid()");
  return url;
}

/** The rows of a query, which may take longer than any of the product's. */
export async function rowsIn<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const pool = postgresPool({ url, connectionsMax: 1, log: SILENT, name: "test" });
  const patient = { text, values: [...values], query_timeout: QUERY_MS_MAX };
  try {
    return (await pool.query<Row>(patient)).rows;
  } finally {
    await pool.end();
  }
}

/** A pool on a database, ended with the test. */
export function poolOn(url: string, connectionsMax = 4): pg.Pool {
  const pool = postgresPool({ url, connectionsMax, log: SILENT, name: "test" });
  onTestFinished(() => pool.end());
  return pool;
}

/** A client of a Redis, that of all tests unless given: use a fresh slot there. */
export async function redisOn(url = inject("redisUrl"), name = "test"): Promise<RedisClient> {
  const client = redisClient({ url, log: SILENT, name });
  if (!(await connected(client))) throw new Error("Redis is out of reach");
  return client;
}

/** A client of a Redis that waits as long as it takes, closed with the test. */
export function patientRedisOn(url: string): RedisClient {
  const { topology, hosts, login, sentinelLogin, primary } = redisPlace(url);
  const server = {
    single: { ...hosts[0] },
    sentinel: { sentinels: [...hosts], name: primary, sentinelPassword: sentinelLogin.password },
  };
  const client =
    topology === "cluster"
      ? new Cluster([...hosts], { redisOptions: login })
      : new Redis({ ...login, ...server[topology] });
  onTestFinished(() => client.disconnect());
  return client;
}

/** The servers of a Redis that take writes, as one that uses this client knows them. */
export function primariesOf(redis: RedisClient): Redis[] {
  return redis instanceof Cluster ? redis.nodes("master") : [redis];
}

/** How many clients subscribe to a sharded channel. */
export async function subscribersOf(redis: RedisClient, channel: string): Promise<number> {
  const counts = await Promise.all(
    primariesOf(redis).map((node) => node.call("PUBSUB", "SHARDNUMSUB", channel)),
  );
  return counts.reduce((sum: number, reply) => sum + (reply as [string, number])[1], 0);
}

/** Breaks the connections of the clients of a name, as seen by a client of another one; how many those were. */
export async function breakConnections(redis: RedisClient, name: string): Promise<number> {
  let broken = 0;
  for (const node of primariesOf(redis)) {
    const lines = String(await node.client("LIST")).split("\n");
    for (const line of lines.filter((line) => line.includes(name))) {
      broken += Number(await node.call("CLIENT", "KILL", "ID", /^id=(\d+)/.exec(line)?.[1] ?? ""));
    }
  }
  return broken;
}

/** The keys of a Redis that match a pattern, sorted. */
export async function keysIn(redis: RedisClient, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  for await (const found of keysLike(redis, pattern)) for (const key of found) keys.add(key);
  return [...keys].sort();
}

/** A Redis that no other test has, for those who harm it or who play real games, which have one season. */
export async function startOwnRedis(
  topology = TEST_REDIS,
  options: Omit<RedisGroupOptions, "folder"> = {},
): Promise<ServerGroup> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-redis-"));
  // The server runs as somebody else where the tests run as root.
  chmodSync(folder, 0o755);
  const group = await startRedisAs(topology, { folder, ...options });
  return {
    ...group,
    async stop() {
      await group.stop();
      removeFolder(folder);
    },
  };
}
