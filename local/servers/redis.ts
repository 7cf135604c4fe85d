import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Stop } from "./child.ts";
import { preparePlace } from "./owner.ts";
import { HOST } from "./port.ts";
import { serverPrograms } from "./programs.ts";
import type { RunningServer, ServerOptions } from "./running-server.ts";
import { secretIn } from "./secret.ts";
import { endLeftover, launch } from "./server-process.ts";

// It reads its whole file before it answers.
const READY_WITHIN_MS = 120_000;
const PING_TIMEOUT_MS = 2_000;

export const REDIS_STOP: Stop = [
  ["SIGTERM", 10_000],
  ["SIGKILL", 5_000],
];

const SETTINGS = {
  appendonly: "yes",
  appendfsync: "everysec",
  save: '""',
  "maxmemory-policy": "noeviction",
};

/** Starts Redis, with a random password and an append-only file that is synced each second. */
export function startRedis(options: ServerOptions): Promise<RunningServer> {
  return launchRedis({ ...options, settings: { ...SETTINGS, ...options.settings } });
}

/** What a server of Redis's kind is started with, beside {@link ServerOptions}. */
export type RedisLaunch = ServerOptions & {
  /** Further lines of its settings, each a setting that may come more than once. */
  readonly lines?: readonly string[];
  /** What it is to be, as an argument: nothing for a store, `--sentinel` for a watcher of stores. */
  readonly mode?: "--sentinel";
};

/** Starts a server of Redis's kind and waits until it answers. */
export async function launchRedis(options: RedisLaunch): Promise<RunningServer> {
  const { mode } = options;
  const { folder, owner } = preparePlace(options.folder);
  const { redis, env } = serverPrograms();
  const data = join(folder, "data");
  const pidFile = join(folder, "redis.pid");
  const settingsFile = join(data, "redis.conf");
  const password = options.password ?? secretIn(join(folder, "password"), owner);

  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (owner) chownSync(data, owner.uid, owner.gid);
  await endLeftover(pidFile, data, REDIS_STOP);
  const settings = {
    bind: HOST,
    // Keeps its settings file in the command line, by which it is told from other servers.
    "set-proc-title": "no",
    dir: quoted(data),
    pidfile: quoted(pidFile),
    requirepass: password,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  // In a file, since any user reads the command lines of all.
  const more = (options.lines ?? []).map((line) => `${line}\n`);
  writeFileSync(settingsFile, [...lines, ...more].join(""), { mode: 0o600 });
  if (owner) chownSync(settingsFile, owner.uid, owner.gid);

  const server = await launch({
    file: redis,
    name: "redis",
    calledAs: "redis-server",
    args: (port) => [settingsFile, "--port", String(port), ...(mode === undefined ? [] : [mode])],
    env,
    owner,
    log: join(folder, "server.log"),
    port: options.port,
    answers: (port) => answers(port, password),
    readyWithinMs: READY_WITHIN_MS,
    stop: REDIS_STOP,
  });
  return {
    name: "redis",
    host: HOST,
    url: `redis://:${password}@${HOST}:${server.port}`,
    ...server,
  };
}

function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Whether it takes the password and is past loading its file. */
function answers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    let said = "";
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PING_TIMEOUT_MS, () => done(false));
    socket.on("error", () => done(false));
    socket.on("close", () => done(false));
    socket.on("connect", () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on("data", (bytes) => {
      said += bytes;
      if (said.split("\r\n").length > 2) done(said === "+OK\r\n+PONG\r\n");
    });
  });
}
