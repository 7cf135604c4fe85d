import { spawn } from "node:child_process";
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
import { commandLineOf, identityOf } from "../setup/processes.js";
import { type Child, childOf, endProcess, type Stop } from "./child.ts";
import { appendTo, tailOf } from "./log-file.ts";
import type { Owner } from "./owner.ts";
import { freePort } from "./port.ts";

const POLL_MS = 25;
const ATTEMPTS_MAX = 5;
const ATTEMPT_PAUSE_MS = 500;
const LOG_LINES_SHOWN = 20;

// A lost race for a port; processes of a killed Postgres that have not noticed yet.
const WORTH_ANOTHER_ATTEMPT =
  /address already in use|pre-existing shared memory block|Could not create server TCP listening/i;

export type Launch = {
  readonly file: string;
  readonly name: string;
  /** The name it is called by, where that says what it does; its path unless given. */
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

/** Starts a server and waits until it answers. Throws with the end of its log when it does not. */
export async function launch(options: Launch): Promise<Child & { readonly port: number }> {
  const { name, log, stop } = options;
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const logFrom = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const child = childOf(spawnServer(options, port), stop);
    if (await becomesReady(child, port, options)) return { ...child, port };
    await child.stop();
    const said = tailOf(log, LOG_LINES_SHOWN, logFrom);
    if (attempt === ATTEMPTS_MAX || !WORTH_ANOTHER_ATTEMPT.test(said)) {
      throw new Error(`${name} did not start. The end of ${log}:\n${said}`);
    }
    await delay(ATTEMPT_PAUSE_MS);
  }
}

function spawnServer({ file, calledAs, args, env, owner, log }: Launch, port: number) {
  const output = appendTo(log);
  if (owner) chownSync(log, owner.uid, owner.gid);
  // In a session of its own: Ctrl-C in a terminal asks the supervisor, not the server.
  const spawned = spawn(file, [...args(port)], {
    ...owner,
    argv0: calledAs ?? file,
    cwd: "/",
    // Nothing of the user's own: PGOPTIONS and its kin change what a server does.
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", ...env },
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  return spawned;
}

async function becomesReady(child: Child, port: number, { answers, readyWithinMs }: Launch) {
  let ended = false;
  const end = child.exited.then(() => {
    ended = true;
    return false;
  });
  const until = Date.now() + readyWithinMs;
  while (!ended && Date.now() < until) {
    // Whoever answers on the port of a server that has ended is another one.
    if (await Promise.race([answers(port), end])) return !ended;
    await delay(POLL_MS);
  }
  return false;
}

/**
 * Ends the server that a killed supervisor left behind in this folder. The pid file says who it may
 * be; only a process that really works in `workFolder` is touched. Leaves no pid file behind.
 */
export async function endLeftover(pidFile: string, workFolder: string, stop: Stop): Promise<void> {
  if (!existsSync(pidFile)) return;
  const leftover = identityOf(Number.parseInt(readFileSync(pidFile, "utf8"), 10));
  if (leftover && worksIn(leftover.pid, workFolder)) await endProcess(leftover, stop);
  rmSync(pidFile, { force: true });
}

/** Whether a process is a server of that folder: each of ours works in it, and says so. */
function worksIn(pid: number, folder: string): boolean {
  if (process.platform !== "linux") return commandLineOf(pid).includes(folder);
  try {
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}
