import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { preparePlace, removeFolder } from "./owner.ts";
import { HOST } from "./port.ts";
import { STANDBY_MARK, startPostgres, startStandby } from "./postgres.ts";
import type { GroupOptions, RunningServer, RunServer, ServerGroup } from "./running-server.ts";
import { secretIn } from "./secret.ts";

/** How the Postgres of a mesh can stand. */
export const POSTGRES_TOPOLOGIES = ["single", "replicated"] as const;
export type PostgresTopology = (typeof POSTGRES_TOPOLOGIES)[number];

/** Servers that follow one of them. */
export type PostgresGroup = ServerGroup & {
  /** The name of the one that is the primary. */
  primary(): string;
  /**
   * Makes a standby the primary and has the others that run follow it. The former primary is not asked:
   * it must have ended.
   */
  promote(name: string): Promise<void>;
  /** Starts a server of the group that has ended, at its old port, as what it was. */
  restart(name: string): Promise<RunningServer>;
};

/** The first has the folder of the group itself, so that one that stood alone goes on with its data. */
const NAMES = ["postgres", "postgres-2", "postgres-3"];

// The first of them that is connected and no primary is the synchronous one.
const REQUIRE_STANDBY = `
  alter system set synchronous_standby_names = 'FIRST 1 ("postgres-2", "postgres-3", "postgres")'`;

const REPLICATED_SETTINGS = {
  // A primary lets go of a standby that is silent for so long, and the next one is waited for.
  wal_sender_timeout: "5s",
  wal_keep_size: "256MB",
  hot_standby_feedback: "on",
};

const FOLLOWS_WITHIN_MS = 20_000;
const POLL_MS = 100;

const onlyStarted: RunServer = (_, start) => start();

/** Starts Postgres in one of its topologies. */
export function startPostgresAs(
  topology: PostgresTopology,
  options: GroupOptions,
): Promise<PostgresGroup> {
  return topology === "single" ? startSingle(options) : startReplicated(options);
}

async function startSingle({ folder, run = onlyStarted }: GroupOptions): Promise<PostgresGroup> {
  const [name = ""] = NAMES;
  const primary = primaryIn(folder);
  if (primary !== undefined && primary !== name) {
    throw new Error(`The data in ${folder} is that of ${primary}: it can only be replicated.`);
  }
  // Its copies would be older than what is written now.
  for (const copy of NAMES.slice(1)) removeFolder(join(folder, copy));
  const settings = { synchronous_standby_names: "" };
  const start = (port?: number) => startPostgres({ folder, port, settings });
  return group(name, new Map([[name, await run(name, start)]]), new Map([[name, start]]));
}

/** Starts a primary, a synchronous standby and one that is not, until that one is needed. */
async function startReplicated({
  folder,
  run = onlyStarted,
}: GroupOptions): Promise<PostgresGroup> {
  const password = passwordOf(folder);
  const primaryName = primaryIn(folder) ?? NAMES[0] ?? "";
  const servers = new Map<string, RunningServer>();
  const starts = new Map<string, (port?: number) => Promise<RunningServer>>();
  const started = group(primaryName, servers, starts);
  const settings = REPLICATED_SETTINGS;
  const begin = async (name: string, start: (port?: number) => Promise<RunningServer>) => {
    starts.set(name, start);
    const server = await run(name, start);
    servers.set(name, server);
    return server;
  };

  const primary = await begin(primaryName, (port) =>
    startPostgres({ folder: folderOf(folder, primaryName), port, password, settings }),
  );
  for (const name of NAMES) {
    if (name === primaryName) continue;
    const own = folderOf(folder, name);
    // A former primary: what it has that the new one has not was lost when that took its place.
    if (!isStandby(own)) removeData(own);
    let isNew = true;
    const follow = (port?: number) => {
      const url = servers.get(started.primary())?.url ?? primary.url;
      return startStandby({ folder: own, port, primary: url, standbyName: name, settings });
    };
    await begin(name, async (port) => {
      const server = await follow(port);
      if (!isNew || (await until(() => follows(primary, name)))) return server;
      // It was away for too long, or had gone another way: only a new copy helps.
      await server.stop();
      removeData(own);
      return follow(server.port);
    });
    isNew = false;
  }
  await setOn(primary.url, REQUIRE_STANDBY);
  if (!(await until(async () => (await synchronousOf(primary.url)) !== undefined))) {
    throw new Error("No standby is synchronous.");
  }
  return started;
}

function group(
  primaryAtFirst: string,
  servers: Map<string, RunningServer>,
  starts: ReadonlyMap<string, (port?: number) => Promise<RunningServer>>,
): PostgresGroup {
  let primary = primaryAtFirst;
  const serverOf = (name: string) => {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`No server is called ${name}.`);
    return server;
  };
  return {
    get url() {
      const all = [...servers.values()];
      const url = new URL(serverOf(primary).url);
      const hosts = all.map(({ host, port }) => `${host}:${port}`).join(",");
      return `postgres://${url.username}:${url.password}@${hosts}${url.pathname}`;
    },
    servers,
    primary: () => primary,
    async promote(name) {
      const next = serverOf(name);
      const { username, password } = new URL(next.url);
      await setOn(next.url, REQUIRE_STANDBY);
      await sql(next.url, "select pg_promote(true, 60)");
      for (const [other, { url }] of servers) {
        if (other === name || other === primary) continue;
        const from = `host=${HOST} port=${next.port} user=${username} password=${password}`;
        const way = `${from} application_name=${other}`;
        await setOn(url, `alter system set primary_conninfo = '${way}'`);
      }
      primary = name;
    },
    async restart(name) {
      const start = starts.get(name);
      if (start === undefined) throw new Error(`No server is called ${name}.`);
      const server = await start(serverOf(name).port);
      servers.set(name, server);
      return server;
    },
    async stop() {
      // The primary first: it hands on what it has when it ends in good order.
      await serverOf(primary).stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

/** What a server is in its group: as Postgres itself says it at this moment. */
export type PostgresRole = "primary" | "synchronous standby" | "standby" | "replaced primary";

/** The roles of the servers with these URLs, in their order; undefined for one that does not answer. */
export async function postgresRoles(
  urls: readonly string[],
): Promise<(PostgresRole | undefined)[]> {
  const said = await Promise.all(
    urls.map(async (url) => {
      try {
        const [row] = await sql<{ standby: boolean; timeline: string | null; name: string }>(
          url,
          ROLE,
        );
        return row && { ...row, synchronous: row.standby ? undefined : await synchronousOf(url) };
      } catch {
        return undefined;
      }
    }),
  );
  const timelines = said.flatMap((one) => (one?.timeline ? [one.timeline] : []));
  const newest = timelines.sort().at(-1);
  const synchronous = said.find((one) => one !== undefined && one.timeline === newest)?.synchronous;
  return said.map((one) => {
    if (one === undefined) return undefined;
    if (one.standby) return one.name === synchronous ? "synchronous standby" : "standby";
    return one.timeline === newest ? "primary" : "replaced primary";
  });
}

// A standby knows its name only as what it tells the primary.
const ROLE = `
  select standby,
    case when standby then null
      else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline,
    coalesce(substring(current_setting('primary_conninfo') from 'application_name=(\\S+)'), '') as name
  from pg_is_in_recovery() as standby`;

/** The name of the standby that a primary's commits wait for. */
async function synchronousOf(url: string): Promise<string | undefined> {
  const text = `
    select application_name as name from pg_stat_replication
    where sync_state in ('sync', 'quorum') and state = 'streaming'`;
  const [row] = await sql<{ name: string }>(url, text);
  return row?.name;
}

async function follows(primary: RunningServer, name: string): Promise<boolean> {
  const text = `
    select from pg_stat_replication
    where application_name = '${name}' and state = 'streaming'`;
  return (await sql(primary.url, text)).length > 0;
}

async function setOn(url: string, alterSystem: string): Promise<void> {
  await sql(url, alterSystem);
  await sql(url, "select pg_reload_conf()");
}

async function sql<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Of the clusters that are no standbys the one with the highest timeline, each of which leaves a file;
 * undefined where there is none yet.
 */
function primaryIn(folder: string): string | undefined {
  const timelineOf = (name: string) => {
    const files = readdirSync(join(folderOf(folder, name), "data", "pg_wal"));
    const timelines = files.filter((file) => file.endsWith(".history")).sort();
    return Number.parseInt(timelines.at(-1) ?? "1", 16);
  };
  const [newest] = NAMES.filter((name) => isThere(folderOf(folder, name)))
    .filter((name) => !isStandby(folderOf(folder, name)))
    .sort((a, b) => timelineOf(b) - timelineOf(a));
  return newest;
}

function isThere(own: string): boolean {
  return existsSync(join(own, "data"));
}

function isStandby(own: string): boolean {
  return existsSync(join(own, "data", STANDBY_MARK));
}

function folderOf(folder: string, name: string): string {
  return name === NAMES[0] ? folder : join(folder, name);
}

function removeData(own: string): void {
  removeFolder(join(own, "data"));
}

/** One password for all servers of a folder, kept in it. */
function passwordOf(folder: string): string {
  const place = preparePlace(folder);
  return secretIn(join(place.folder, "password"), place.owner);
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + FOLLOWS_WITHIN_MS; Date.now() < end; await delay(POLL_MS)) {
    if (await holds().catch(() => false)) return true;
  }
  return false;
}
