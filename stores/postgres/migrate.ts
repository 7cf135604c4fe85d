import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { postgresServers } from "#runtime/config";
import { createLog } from "#runtime/log";
import { routeTo } from "./route.ts";
import { RoutedClient } from "./routed-client.ts";

const FOLDER = fileURLToPath(new URL("./migrations/", import.meta.url));

/** Any number, the same in every migrating process: only one of them migrates at a time. */
const LOCK = 7_103_204_415;

/** A migration that has been applied. */
export type Migration = { readonly number: number; readonly what: string };

const ENSURE_TABLE = `
  create table if not exists migration (
    number     integer     primary key,
    what       text        not null,
    applied_at timestamptz not null default now()
  )`;
const APPLIED = "select number from migration";
const RECORD = "insert into migration (number, what) values ($1, $2)";

/**
 * Brings the database on the primary of these servers to the newest schema, and returns the migrations that it had to apply. May be
 * run any number of times, and by many at once. Each migration is one transaction.
 */
export async function migrate(url: string): Promise<Migration[]> {
  const servers = postgresServers(url);
  const route = routeTo(servers, "writer", createLog("migrate", "silent"));
  const client = new RoutedClient(route, { connectionString: servers[0]?.url });
  try {
    await client.connect();
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query(ENSURE_TABLE);
    const { rows } = await client.query<{ number: number }>(APPLIED);
    const known = new Set(rows.map((row) => row.number));
    const fresh = (await migrations()).filter(({ number }) => !known.has(number));
    for (const { number, what, sql } of fresh) {
      await client.query("begin");
      await client.query(sql);
      await client.query(RECORD, [number, what]);
      await client.query("commit");
    }
    // The partitions of the coming days: whoever starts next finds them there.
    await client.query("select journal_prepare(7), archive_prepare(now(), 3)");
    return fresh.map(({ number, what }) => ({ number, what }));
  } finally {
    await client.end();
    route.stop();
  }
}

/** The number of the newest migration that this program knows. */
export async function newestMigration(): Promise<number> {
  return Math.max(...(await migrations()).map(({ number }) => number));
}

async function migrations(): Promise<(Migration & { sql: string })[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    files.map(async (name) => {
      const [, number, what] = /^(\d{4})_(.+)\.sql$/.exec(name) ?? [];
      if (number === undefined || what === undefined) throw new Error(`odd migration: ${name}`);
      return { number: Number(number), what, sql: await readFile(FOLDER + name, "utf8") };
    }),
  );
}
