import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { PostgresServer } from "#runtime/config";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { type Found, readerAmong, writerAmong } from "./choice.ts";

/** Which of several servers connections go to: the primary, or rather a standby. */
export type Role = "writer" | "reader";

/** The way of a pool's connections to one of several servers, which may change places. */
export type Route = {
  readonly role: Role;
  /** The server to connect to; found out first where that is not known. Throws an Outage without any. */
  server(): Promise<PostgresServer>;
  /** Throws an Outage where a server that was just connected to is not what was looked for. */
  check(found: Found): void;
  /** Has it found out anew where to connect to, as a server has gone or says that it is no primary. */
  doubt(server: PostgresServer): void;
  /** Is told of a connection, to break it should the route lead elsewhere; returns how to take it back. */
  add(server: PostgresServer, destroy: () => void): () => void;
  stop(): void;
};

/** How long a server is given to take a connection and to say what it is, in ms. */
export const CONNECT_MS_MAX = 2_000;

/** How often all servers are asked what they are, in ms: what a change costs that breaks nothing. */
const LOOK_EVERY_MS = 5_000;

/** The least time from one look to the next, in ms, however often one is wanted. */
const LOOK_PAUSE_MS = 100;

/** Says whether a server is a standby, and which timeline a primary writes. */
export const WHO = `
  select standby as "isStandby",
    case when standby then 0
      else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
    end as timeline
  from pg_is_in_recovery() as standby`;

/** A route to the servers that a URL names. One server alone is not asked before it is connected to. */
export function routeTo(servers: readonly PostgresServer[], role: Role, log: Log): Route {
  const [first] = servers;
  if (first === undefined) throw new Error("a route needs a server");
  const connections = new Set<{ readonly server: PostgresServer; readonly destroy: () => void }>();
  const names = servers.map(({ name }) => name).join(", ");
  let present = servers.length === 1 ? first : undefined;
  let isSure = servers.length === 1;
  let timelineSeen = 0;
  let looking: Promise<PostgresServer> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isLost = false;
  let stopped = false;

  async function look(): Promise<PostgresServer> {
    const pause = lookedAt + LOOK_PAUSE_MS - performance.now();
    if (pause > 0) await delay(pause);
    lookedAt = performance.now();
    const answers = await Promise.all(servers.map(whoIs));
    const found = answers.filter((answer) => "isStandby" in answer);
    const chosen =
      role === "writer"
        ? writerAmong(found, timelineSeen)
        : readerAmong(found, timelineSeen, present);
    if (chosen === undefined) throw lost(answers);
    goTo(chosen);
    return chosen.server;
  }

  function goTo({ server, isStandby, timeline }: Found): void {
    isSure = true;
    isLost = false;
    timelineSeen = Math.max(timelineSeen, timeline);
    if (server === present) return;
    present = server;
    log.info({ server: server.name, role, isStandby, timeline }, "connecting to this Postgres now");
    for (const { server: other, destroy } of connections) if (other !== server) destroy();
  }

  function lost(answers: readonly (Found | Silent)[]): Outage {
    const said = answers.map((answer) =>
      "isStandby" in answer
        ? `${answer.server.name} is ${answer.isStandby ? "a standby" : `on timeline ${answer.timeline}`}`
        : `${answer.server.name}: ${answer.why}`,
    );
    const cause = new Error(
      `no ${role === "writer" ? "primary" : "server"} there; ${said.join("; ")}`,
    );
    if (!isLost) log.warn({ err: cause, timelineSeen }, `no Postgres to connect to among ${names}`);
    isLost = true;
    return new Outage("postgres", { cause });
  }

  function looked(): Promise<PostgresServer> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }
  const lookAgain = () => void (stopped || looked().catch(() => {}));
  const timer = servers.length === 1 ? undefined : setInterval(lookAgain, LOOK_EVERY_MS).unref();

  return {
    role,
    server: () => (present !== undefined && isSure ? Promise.resolve(present) : looked()),
    check({ server, isStandby, timeline }) {
      if (role === "reader") return;
      if (isStandby) throw refused(`${server.name} is a standby`);
      if (timeline < timelineSeen) {
        throw refused(`${server.name} is on timeline ${timeline}, and ${timelineSeen} was seen`);
      }
      timelineSeen = timeline;
    },
    doubt(server) {
      if (servers.length === 1 || server !== present) return;
      isSure = false;
      lookAgain();
    },
    add(server, destroy) {
      const connection = { server, destroy };
      connections.add(connection);
      return () => void connections.delete(connection);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

function refused(why: string): Outage {
  return new Outage("postgres", { cause: new Error(why) });
}

/** A server that did not say what it is. */
type Silent = { readonly server: PostgresServer; readonly why: string };

async function whoIs(server: PostgresServer): Promise<Found | Silent> {
  const client = new pg.Client({
    connectionString: server.url,
    application_name: "courtside-route",
  });
  client.on("error", () => {});
  const late = setTimeout(() => client.connection.stream.destroy(), CONNECT_MS_MAX);
  try {
    await client.connect();
    const { rows } = await client.query<Omit<Found, "server">>(WHO);
    return rows[0] ? { server, ...rows[0] } : { server, why: "no answer" };
  } catch (error) {
    return { server, why: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(late);
    client.end().catch(() => {});
  }
}
