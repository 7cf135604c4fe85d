import pg from "pg";
import { postgresServers } from "#runtime/config";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { type Role, type Route, routeTo } from "./route.ts";
import { RoutedClient } from "./routed-client.ts";

/** What every pool is made of. */
export type PoolOptions = {
  /**
   * `postgres://user:password@host:port,host:port/database`: the servers among which the primary is, or
   * standbys of it.
   */
  readonly url: string;
  /** Whether it has to reach the primary, which is the default, or rather a standby. */
  readonly role?: Role;
  /** Connections at most. */
  readonly connectionsMax: number;
  readonly log: Log;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
};

/** How long a statement may take before its connection is given up, in ms. */
const STATEMENT_MS_MAX = 10_000;

/** How long a statement that writes may take with its commit, which waits for a standby, in ms. */
const COMMIT_MS_MAX = 5_000;

/** How long to wait for a connection, in ms: where one of several servers is looked for, twice as long. */
const POOL_MS_MAX = 2_500;

/** How long a statement may wait for a row or table lock, in ms. */
const LOCK_MS_MAX = 2_000;

/**
 * The one way to a Postgres pool. Every wait has a bound, an idle connection that dies is logged instead
 * of ending the process (node-postgres throws it where nobody listens), and of several servers the one
 * with the right role is found, and found again when they change places: connections that lead elsewhere
 * are broken then, also those that listen.
 */
export function postgresPool(options: PoolOptions): pg.Pool {
  const { url, role = "writer", connectionsMax, log, name } = options;
  const servers = postgresServers(url);
  const route = routeTo(servers, role, log);
  const pool = new RoutedPool(route, {
    // All but host and port is the same for each server.
    connectionString: servers[0]?.url,
    max: connectionsMax,
    application_name: name,
    connectionTimeoutMillis: servers.length > 1 ? 2 * POOL_MS_MAX : POOL_MS_MAX,
    query_timeout: STATEMENT_MS_MAX,
    lock_timeout: LOCK_MS_MAX,
    idle_in_transaction_session_timeout: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  pool.on("error", (error) => log.warn({ err: error }, "an idle Postgres connection was lost"));
  return pool;
}

/**
 * A pool that reads from a standby, or undefined where there is none: where the readers' URL is the
 * writers' own and names one server.
 */
export function replicaPool(
  { writer, reader }: { readonly writer: string; readonly reader: string },
  options: Omit<PoolOptions, "url" | "role">,
): pg.Pool | undefined {
  const url = reader || writer;
  if (url === writer && postgresServers(url).length === 1) return undefined;
  return postgresPool({ ...options, url, role: "reader" });
}

class RoutedPool extends pg.Pool {
  readonly #route: Route;

  constructor(route: Route, config: pg.PoolConfig) {
    class Client extends RoutedClient {
      constructor() {
        super(route, config);
      }
    }
    super({ ...config, Client });
    this.#route = route;
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void) {
    this.#route.stop();
    return callback === undefined ? super.end() : super.end(callback);
  }
}

/** Runs one statement; throws {@link Outage} where Postgres gave no answer. */
export async function query<Row extends pg.QueryResultRow>(
  on: pg.Pool | pg.PoolClient,
  statement: pg.QueryConfig,
): Promise<pg.QueryResult<Row>> {
  try {
    return await on.query<Row>(statement);
  } catch (error) {
    throw asOutage(error);
  }
}

/**
 * Runs one statement that writes. Throws {@link Outage} also where it was committed here and a standby
 * that has to have it does not: Postgres calls that a success and only gives notice of it. After `waitMs`
 * without an answer it throws too; the session then goes on waiting for the standby, whatever is done
 * here, and keeps its locks.
 */
export async function commit<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: pg.QueryConfig,
  waitMs = COMMIT_MS_MAX,
): Promise<pg.QueryResult<Row>> {
  const bounded = { ...statement, query_timeout: waitMs };
  return onConnection(pool, (client) => client.query<Row>(bounded));
}

/**
 * Runs `work` in one transaction on one connection; a failure rolls all of it back. Throws {@link Outage}
 * also where it was committed and is not replicated, as {@link commit} does.
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  begin: "begin" | "begin isolation level repeatable read read only" = "begin",
): Promise<Result> {
  return onConnection(pool, async (client) => {
    await client.query(begin);
    const result = await work(client);
    await client.query("commit");
    return result;
  });
}

/** The code of "canceling wait for synchronous replication", among other warnings. */
const NOT_REPLICATED = "01000";

async function onConnection<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw asOutage(error);
  }
  let unreplicated: Error | undefined;
  const onNotice = (notice: { code?: string; message?: string }) => {
    if (notice.code === NOT_REPLICATED) unreplicated = new Error(notice.message);
  };
  client.on("notice", onNotice);
  try {
    const result = await work(client);
    if (unreplicated !== undefined) throw new Outage("postgres", { cause: unreplicated });
    client.off("notice", onNotice);
    client.release();
    return result;
  } catch (error) {
    // It may still be waiting for the standby, or for us, whatever state it is in.
    client.release(true);
    throw asOutage(error);
  }
}

// Codes of an answer that says "not now" or "not me", rather than "your statement is wrong".
const SQLSTATES_OUTAGE = /^(08...|57P..|25006|53...|55P03|57014|40001|40P01|40003|58...)$/;

// Codes that sockets fail with, and the words of node-postgres where a connection or an answer is gone.
const SYSTEM_ERRORS = /^E[A-Z_]+$/;
const CLIENT_ERRORS =
  /^(Connection terminated|Connection ended|timeout e(xpired|xceeded when trying)|Query read timeout|Client (has encountered|was closed)|Cannot use a pool)/;

/** The error as an {@link Outage} where trying again may help; else the error itself. */
export function asOutage(error: unknown): unknown {
  if (error instanceof Outage) return error;
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) {
    return SQLSTATES_OUTAGE.test(code) ? new Outage("postgres", { cause: error }) : error;
  }
  const isSystem = typeof code === "string" && SYSTEM_ERRORS.test(code);
  const isClient = error instanceof Error && CLIENT_ERRORS.test(error.message);
  return isSystem || isClient ? new Outage("postgres", { cause: error }) : error;
}
