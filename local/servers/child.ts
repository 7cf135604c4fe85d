import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, isRunning, type ProcessIdentity } from "../setup/processes.js";

const POLL_MS = 25;

/** How a process ended: by an exit status or by a signal. */
export type End = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** Signals, mildest first, each with how long it is given to work. */
export type Stop = readonly (readonly [signal: NodeJS.Signals, withinMs: number])[];

/** A child process that can be stopped. */
export type Child = {
  readonly pid: number;
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<End>;
  /** Sends it a signal and returns at once. Does nothing when it is gone. */
  kill(signal: NodeJS.Signals): void;
  /** Ends it in good order, by force after a while; resolves when it is gone. May be repeated. */
  stop(): Promise<void>;
};

/** Wraps a process that was just spawned. One that could not be has ended with status 127. */
export function childOf(spawned: ChildProcess, stop: Stop): Child {
  const exited = new Promise<End>((resolve) => {
    spawned.once("error", () => resolve({ code: 127, signal: null }));
    spawned.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = spawned.pid ?? 0;
  let stopping: Promise<void> | undefined;

  async function end() {
    for (const [signal, withinMs] of stop) {
      spawned.kill(signal);
      if (await settles(exited, withinMs)) return;
    }
  }
  return {
    pid,
    identity: identityOf(pid) ?? { pid, start: "" },
    exited,
    kill: (signal) => void spawned.kill(signal),
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

/** Ends a process that is not a child of this one. Throws when it cannot be ended. */
export async function endProcess(identity: ProcessIdentity, stop: Stop): Promise<void> {
  for (const [signal, withinMs] of stop) {
    const until = Date.now() + withinMs;
    if (isRunning(identity)) process.kill(identity.pid, signal);
    while (isRunning(identity) && Date.now() < until) await delay(POLL_MS);
    if (!isRunning(identity)) return;
  }
  throw new Error(`Process ${identity.pid} cannot be ended.`);
}

async function settles(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(withinMs, false, { signal: timer.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return settled;
}
