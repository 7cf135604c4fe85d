import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { createLog } from "#runtime/log";
import { postgresPool } from "#stores/postgres";
import { redisClient } from "#stores/redis";
import { removeFolder, startRedis } from "../../local/servers/index.ts";

/** A log that says nothing. */
export const SILENT = createLog("test", "silent");

/** A season that no other test has. */
export function freshSlot(): string {
  return `t${randomBytes(6).toString("hex")}:2023-24:regular`;
}

/** The URL of a database of its own, with the newest schema and nothing in it. */
export async function freshDatabase(): Promise<string> {
  const url = new URL(inject("postgresUrl"));
  const name = `test_${randomBytes(6).toString("hex")}`;
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name} template courtside`);
  // Every copy would otherwise have the template's id, and be the same journal.
  await client.end();
  url.pathname = `/${name}`;
  const own = new pg.Client({ connectionString: url.href });
  await own.connect();
  await own.query("update journal set id = gen_random_uuid()");
  await own.end();
  return url.href;
}

/** A pool on a database, ended with the test. */
export function poolOn(url: string, connectionsMax = 4): pg.Pool {
  const pool = postgresPool({ url, connectionsMax, log: SILENT, name: "test" });
  onTestFinished(() => pool.end());
  return pool;
}

/** A client of the test Redis, closed with the test. Tests share it: use a fresh slot. */
export function redis(): Redis {
  const client = redisClient({ url: inject("redisUrl"), log: SILENT, name: "test" });
  onTestFinished(() => client.disconnect());
  return client;
}

/** A client of a Redis that waits as long as it takes, closed with the test. */
export function patientRedisOn(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A Redis that no other test has, for those who harm it or who play real games, which have one season. */
export async function startOwnRedis(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-redis-"));
  // The server runs as somebody else where the tests run as root.
  chmodSync(folder, 0o755);
  const server = await startRedis({ folder });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      removeFolder(folder);
    },
  };
}
