import { readFileSync } from "node:fs";
import { type Kept, keepRunning } from "../../local/mesh/keep-running.ts";
import type { Child } from "../../local/servers/index.ts";

/** A process of a mesh that is started again whenever it ends, and that can be harmed. */
export type Part = {
  readonly name: string;
  /** The process of this moment, or the last one. */
  pid(): number;
  running(): boolean;
  /** How often it was started. */
  starts(): number;
  /** Ends it at once, as a power cut would. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, as an orchestrator would. Resolves when it is gone. */
  end(): Promise<void>;
  /** Stops it and all its own processes where they stand. */
  freeze(): void;
  /** Lets it go on from there. */
  thaw(): void;
  /** From now on it is not started again, until the function returned is called. */
  hold(): () => void;
  /** Ends it for good. */
  stop(): Promise<void>;
  /** Ends it at once as this process ends: nothing can be waited for any more. */
  abandon(): void;
};

const PAUSE_MS = { first: 100, greatest: 1_000 };

/** Starts a part, and keeps it running. */
export async function partOf(
  name: string,
  start: () => Promise<Child>,
  log: (sentence: string) => void,
): Promise<Part> {
  let gate = Promise.resolve();
  let open = () => {};
  let starts = 0;
  let frozen: number[] = [];
  const kept: Kept = await keepRunning({
    ...{ name, log, pauseMs: PAUSE_MS, onChange: () => {} },
    async start() {
      await gate;
      const child = await start();
      starts += 1;
      return child;
    },
  });

  function thaw(): void {
    for (const pid of frozen.toReversed()) signal(pid, "SIGCONT");
    frozen = [];
  }
  async function ended(by: NodeJS.Signals): Promise<void> {
    const child = kept.latest();
    child.kill(by);
    thaw();
    await child.exited;
  }
  return {
    name,
    pid: () => kept.latest().pid,
    running: kept.running,
    starts: () => starts,
    kill: () => ended("SIGKILL"),
    end: () => ended("SIGTERM"),
    freeze() {
      const { pid } = kept.latest();
      signal(pid, "SIGSTOP");
      // Only now: it begins no further ones.
      frozen = [pid, ...childrenOf(pid)];
      for (const one of frozen) signal(one, "SIGSTOP");
    },
    thaw,
    hold() {
      const closed = Promise.withResolvers<void>();
      gate = closed.promise;
      open = () => closed.resolve();
      return open;
    },
    async stop() {
      open();
      thaw();
      await kept.stop();
    },
    abandon() {
      thaw();
      // Postgres takes its own processes along only when it is asked.
      kept.latest().kill(name.startsWith("postgres") ? "SIGQUIT" : "SIGKILL");
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
