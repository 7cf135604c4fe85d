import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { removeFolder, startPostgresAs, startRedisAs } from "../../local/servers/index.ts";
import { createLog } from "../../runtime/log/index.ts";
import { migrate, postgresPool } from "../../stores/postgres/index.ts";
import { databaseAt, TEST_POSTGRES, TEST_REDIS } from "./topology.fixture.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** One Postgres server or several; the database `courtside` is a template with the newest schema. */
    readonly postgresUrl: string;
    readonly redisUrl: string;
  }
}

/** Starts one real Postgres and one real Redis, each in whatever topology, for all integration tests of this run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-test-"));
  // The servers run as somebody else where the tests run as root.
  chmodSync(folder, 0o755);
  const [postgres, redis] = await Promise.all([
    startPostgresAs(TEST_POSTGRES, { folder: join(folder, "postgres") }),
    startRedisAs(TEST_REDIS, { folder: join(folder, "redis") }),
  ]);
  await migrate(postgres.url);
  await sealed(postgres.url);
  project.provide("postgresUrl", postgres.url);
  project.provide("redisUrl", redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    removeFolder(folder);
  };
}

// A template can be copied only while nobody is connected to it.
async function sealed(url: string): Promise<void> {
  const log = createLog("test", "silent");
  const pool = postgresPool({
    ...{ url: databaseAt(url, "postgres"), connectionsMax: 1, log, name: "test" },
  });
  await pool.query("alter database courtside with is_template true allow_connections false");
  await pool.end();
}
