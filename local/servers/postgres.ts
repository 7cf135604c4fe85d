import { spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import pg from "pg";
import type { Stop } from "./child.ts";
import { appendTo, tailOf } from "./log-file.ts";
import { type Place, preparePlace } from "./owner.ts";
import { HOST } from "./port.ts";
import { serverPrograms } from "./programs.ts";
import type { RunningServer, ServerOptions } from "./running-server.ts";
import { secretIn } from "./secret.ts";
import { endLeftover, launch } from "./server-process.ts";

const NAME = "courtside";

// Recovery after a crash replays up to max_wal_size of log before the first login.
const READY_WITHIN_MS = 120_000;
const LOGIN_TIMEOUT_MS = 5_000;

// Fast shutdown ends sessions and writes a checkpoint; an immediate one leaves that to recovery.
export const POSTGRES_STOP: Stop = [
  ["SIGINT", 15_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 5_000],
];

// For a small machine that runs everything: durable, quiet, and reachable over loopback only.
const SETTINGS = {
  listen_addresses: HOST,
  // No socket file: its path would be too long in many a folder.
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "256MB",
  max_wal_size: "2GB",
  wal_level: "logical",
  fsync: "on",
  password_encryption: "scram-sha-256",
  timezone: "GMT",
  log_timezone: "GMT",
  // Compiling a query takes longer than running any of ours, and needs a library of 100 MB.
  jit: "off",
};

/**
 * Starts Postgres with a database `courtside` that belongs to a superuser of that name. The first
 * start in a folder creates the cluster: UTF-8, C collation, checksums, a random password.
 */
export async function startPostgres(options: ServerOptions): Promise<RunningServer> {
  const place = preparePlace(options.folder);
  const { postgres: programs, env } = serverPrograms();
  const data = join(place.folder, "data");
  const password = options.password ?? secretIn(join(place.folder, "password"), place.owner);

  await endLeftover(join(data, "postmaster.pid"), data, POSTGRES_STOP);
  if (!existsSync(data)) {
    const options = ["--username", NAME, "--pwfile", join(place.folder, "password")];
    const more = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"];
    await createCluster(
      place,
      join(programs, "initdb"),
      [...options, ...more, "--data-checksums"],
      {
        ...{ LC_ALL: "C", TZ: "GMT" },
        ...env,
      },
    );
  }
  return run(place, options, password, (port) => answers(port, password));
}

/** The file by which Postgres knows that a cluster is a standby. */
export const STANDBY_MARK = "standby.signal";

/** Whose copy a standby is. */
export type StandbyOptions = ServerOptions & {
  /** The primary's URL, or that of a link to it: the standby follows it there. */
  readonly primary: string;
  /** What the primary knows it by, as in `synchronous_standby_names`. */
  readonly standbyName: string;
};

/**
 * Starts a standby of a primary: the first start in a folder copies the primary. It takes reads, and is
 * made a primary itself by `select pg_promote()`; started again it stays one.
 */
export async function startStandby(options: StandbyOptions): Promise<RunningServer> {
  const place = preparePlace(options.folder);
  const { postgres: programs, env } = serverPrograms();
  const data = join(place.folder, "data");
  const { hostname, port, password } = new URL(options.primary);
  const from = `host=${hostname} port=${port} user=${NAME} application_name=${options.standbyName}`;
  await endLeftover(join(data, "postmaster.pid"), data, POSTGRES_STOP);
  if (!existsSync(data)) {
    const args = ["-d", from, "--write-recovery-conf", "-X", "stream", "-c", "fast"];
    await createCluster(place, join(programs, "pg_basebackup"), args, {
      PGPASSWORD: password,
      ...env,
    });
  }
  if (existsSync(join(data, STANDBY_MARK))) {
    // It may have been another one that it followed before, or the same at another port.
    followFrom(place, `${from} password=${password}`);
  }
  return run(place, options, password, (port) => takesLogins(port, password));
}

function followFrom({ folder, owner }: Place, primary: string): void {
  const file = join(folder, "data", "postgresql.auto.conf");
  const others = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => !FOLLOWS.test(line));
  const draft = `${file}.draft`;
  writeFileSync(draft, `${others.join("\n")}\nprimary_conninfo = '${primary}'\n`, { mode: 0o600 });
  if (owner) chownSync(draft, owner.uid, owner.gid);
  renameSync(draft, file);
}

const FOLLOWS = /^(primary_conninfo\b|$)/;

async function run(
  place: Place,
  options: ServerOptions,
  password: string,
  answers: (port: number) => Promise<boolean>,
): Promise<RunningServer> {
  const { postgres: programs, env } = serverPrograms();
  const settings = Object.entries({ ...SETTINGS, ...options.settings });
  const server = await launch({
    file: join(programs, "postgres"),
    name: "postgres",
    args: (port) => [
      ...["-D", join(place.folder, "data"), "-c", `port=${port}`],
      ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env,
    owner: place.owner,
    log: join(place.folder, "server.log"),
    port: options.port,
    answers,
    readyWithinMs: READY_WITHIN_MS,
    stop: POSTGRES_STOP,
  });
  const url = `postgres://${NAME}:${password}@${HOST}:${server.port}/${NAME}`;
  return { name: "postgres", host: HOST, url, ...server };
}

/** Made under another name first: a folder called `data` is always a whole cluster. */
async function createCluster(
  place: Place,
  program: string,
  args: readonly string[],
  env: Record<string, string>,
) {
  const draft = join(place.folder, "data.draft");
  const log = join(place.folder, "server.log");
  rmSync(draft, { recursive: true, force: true });
  const output = appendTo(log);
  const child = spawn(program, ["-D", draft, ...args], {
    ...place.owner,
    cwd: place.folder,
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["ignore", output, output],
    detached: true,
  });
  const code = await new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
  closeSync(output);
  if (code !== 0) throw new Error(`${basename(program)} failed; ${log}:\n${tailOf(log, 20)}`);
  renameSync(draft, join(place.folder, "data"));
}

/** Whether it takes logins and has our database, which is created when missing. */
function answers(port: number, password: string): Promise<boolean> {
  return loggedIn(port, password, async (client) => {
    const known = await client.query("select from pg_database where datname = $1", [NAME]);
    if (known.rowCount === 0) await client.query(`create database ${NAME}`);
  });
}

function takesLogins(port: number, password: string): Promise<boolean> {
  return loggedIn(port, password, (client) => client.query("select 1"));
}

async function loggedIn(
  port: number,
  password: string,
  work: (client: pg.Client) => Promise<unknown>,
): Promise<boolean> {
  const client = new pg.Client({
    ...{ host: HOST, port, user: NAME, password, database: "postgres", ssl: false },
    connectionTimeoutMillis: LOGIN_TIMEOUT_MS,
    query_timeout: LOGIN_TIMEOUT_MS,
  });
  // A connection cut between queries tells here, and nowhere else.
  client.on("error", () => {});
  try {
    await client.connect();
    await work(client);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
