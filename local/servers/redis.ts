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
  bind: HOST,
  appendonly: "yes",
  appendfsync: "everysec",
  save: '""',
  "maxmemory-policy": "noeviction",
  // Keeps its settings file in the command line, by which it is told from other servers.
  "set-proc-title": "no",
};

/** Starts Redis, with a random password and an append-only file that is synced each second. */
export async function startRedis(options: ServerOptions): Promise<RunningServer> {
  const { folder, owner } = preparePlace(options.folder);
  const { redis, env } = serverPrograms();
  const data = join(folder, "data");
  const pidFile = join(folder, "redis.pid");
  const settingsFile = join(data, "redis.conf");
  const password = secretIn(join(folder, "password"), owner);

  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (owner) chownSync(data, owner.uid, owner.gid);
  await endLeftover(pidFile, data, REDIS_STOP);
  const settings = {
    ...SETTINGS,
    dir: quoted(data),
    pidfile: quoted(pidFile),
    requirepass: password,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  // In a file, since any user reads the command lines of all.
  writeFileSync(settingsFile, lines.join(""), { mode: 0o600 });
  if (owner) chownSync(settingsFile, owner.uid, owner.gid);

  const server = await launch({
    file: redis,
    name: "redis",
    calledAs: "redis-server",
    args: (port) => [settingsFile, "--port", String(port)],
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
