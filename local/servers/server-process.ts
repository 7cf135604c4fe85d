import { type ChildProcess, spawn } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { commandLineOf, identityOf, isRunning } from "../setup/processes.js";
import { appendTo, tailOf } from "./log-file.ts";
import type { Owner } from "./owner.ts";
import { freePort } from "./port.ts";
import type { ServerEnd } from "./running-server.ts";

const POLL_MS = 25;
const ATTEMPTS_MAX = 5;
const ATTEMPT_PAUSE_MS = 500;

// A lost race for a port; processes of a killed Postgres that have not noticed yet.
const WORTH_ANOTHER_ATTEMPT =
  /address already in use|pre-existing shared memory block|Could not create server TCP listening/i;

/** A signal and how long it may take to work, mildest first. */
export type Stop = readonly (readonly [signal: NodeJS.Signals, withinMs: number])[];

export type Launch = {
  readonly file: string;
  /** The name that it is called by, where that is not the file's. */
  readonly calledAs?: string;
  readonly args: (port: number) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly owner: Owner;
  readonly log: string;
  readonly port: number | undefined;
  /** Whether it answers, asked again and again until it does. */
  readonly answers: (port: number) => Promise<boolean>;
  readonly readyWithinMs: number;
  readonly stop: Stop;
};

export type ServerProcess = {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<ServerEnd>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
};

/** Starts a server and waits until it answers. Throws with the end of its log when it does not. */
export async function launch(options: Launch): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const logFrom = statSync(options.log, { throwIfNoEntry: false })?.size ?? 0;
    const server = begin(options, port);
    if (await becomesReady(server, options)) return server;
    await server.stop();
    const said = tailOf(options.log, 20, logFrom);
    if (attempt === ATTEMPTS_MAX || !WORTH_ANOTHER_ATTEMPT.test(said)) {
      throw new Error(
        `${options.calledAs ?? options.file} did not start; ${options.log}:\n${said}`,
      );
    }
    await delay(ATTEMPT_PAUSE_MS);
  }
}

function begin(options: Launch, port: number): ServerProcess {
  const { file, calledAs, args, env, owner, log } = options;
  const output = appendTo(log);
  if (owner) chownSync(log, owner.uid, owner.gid);
  // In a session of its own: Ctrl-C in a terminal asks the supervisor, not the server.
  const child = spawn(file, [...args(port)], {
    ...(calledAs ? { argv0: calledAs } : {}),
    ...owner,
    cwd: "/",
    // Nothing of the user's own: PGOPTIONS and its kin change what a server does.
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", ...env },
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  const exited = endOf(child);
  let stopping: Promise<void> | undefined;
  return {
    pid: child.pid ?? 0,
    port,
    exited,
    kill: (signal) => void child.kill(signal),
    stop() {
      stopping ??= stopChild(child, exited, options.stop);
      return stopping;
    },
  };
}

function endOf(child: ChildProcess): Promise<ServerEnd> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: 1, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

async function becomesReady(server: ServerProcess, { answers, readyWithinMs }: Launch) {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  const until = Date.now() + readyWithinMs;
  while (!ended && Date.now() < until) {
    if (await answers(server.port)) return !ended;
    await delay(POLL_MS);
  }
  return false;
}

async function stopChild(child: ChildProcess, exited: Promise<ServerEnd>, stop: Stop) {
  for (const [signal, withinMs] of stop) {
    child.kill(signal);
    const timer = new AbortController();
    const ended = await Promise.race([
      exited.then(() => true),
      delay(withinMs, false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (ended) return;
  }
}

/**
 * Ends the server that a killed supervisor left behind in this folder. The pid file says who it may
 * be; only a process that really works in `workFolder` is touched. Leaves no pid file behind.
 */
export async function stopLeftover(pidFile: string, workFolder: string, stop: Stop) {
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
  const leftover = identityOf(pid);
  if (leftover && worksIn(pid, workFolder)) {
    for (const [signal, withinMs] of stop) {
      process.kill(pid, signal);
      const until = Date.now() + withinMs;
      while (isRunning(leftover) && Date.now() < until) await delay(POLL_MS);
      if (!isRunning(leftover)) break;
    }
    if (isRunning(leftover))
      throw new Error(`Process ${pid} works in ${workFolder} and cannot be ended.`);
  }
  rmSync(pidFile, { force: true });
}

/** Whether a process is a server of that folder: each of ours has it as its working directory. */
function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== "linux") return commandLineOf(pid).includes(folder);
  try {
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}
