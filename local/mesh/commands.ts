import { spawn } from "node:child_process";
import { closeSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { appendTo, childOf, endProcess, removeFolder, tailOf } from "../servers/index.ts";
import { lockHolder, takeLock } from "../setup/lock.js";
import { meshFolder, ROOT } from "./folder.ts";
import { endLeftovers } from "./leftovers.ts";
import { lockIn, type MeshState, readMesh } from "./mesh-file.ts";
import { COURTSIDE, type MeshPlan, RELAY } from "./plan.ts";
import { supervise } from "./supervise.ts";
import { type TopologyAsked, topologyIn, topologyText } from "./topology.ts";

/** What the commands act on; the defaults are Courtside itself. */
export type CommandOptions = {
  readonly folder?: string;
  /** Is told what happens, a sentence each; stderr unless given. */
  readonly log?: (sentence: string) => void;
};

export type UpOptions = CommandOptions & {
  /** Leaves the mesh running in the background; else this process runs it until it is stopped. */
  readonly detach: boolean;
  /** Runs an arena's relay as well, in the background. */
  readonly withRelay?: boolean;
  /** How the stores are to stand; as they did in that folder unless given. */
  readonly topology?: TopologyAsked;
  /** What to run in this process. */
  readonly plan?: MeshPlan;
  /** The program to run in the background. */
  readonly supervisor?: string;
};

const SUPERVISOR = fileURLToPath(new URL("./supervisor.ts", import.meta.url));
const POLL_MS = 50;
// Above all the bounds inside a start: recovery, migration, readiness.
const UP_WITHIN_MS = 5 * 60_000;
// Above what services, Redis and Postgres may take together.
const DOWN_WITHIN_MS = 60_000;
const LOG_LINES_MAX = 200;

/**
 * Starts the mesh unless one runs in that folder already. Detached, it returns when every service
 * takes calls. Returns the exit status: 1 when it did not start, and then the log was told why.
 */
export async function up(options: UpOptions): Promise<number> {
  const { folder = meshFolder(), log = toStderr, plan = COURTSIDE, topology = {} } = options;
  const holder = lockHolder(lockIn(folder));
  if (holder) {
    log(`A mesh runs in ${folder} already (process ${holder.pid}).`);
    const present = { ...topologyIn(folder) };
    for (const [store, name] of Object.entries(topology)) {
      const standing = present[store as keyof TopologyAsked];
      if (standing === name) continue;
      log(`Its ${store} is ${standing}: stop it first, to have it ${name}.`);
      return 1;
    }
    return options.detach ? untilReady(folder, log) : 0;
  }
  if (!options.detach) return supervise({ folder, plan, topology, log });

  const logFile = join(folder, "log", "supervisor.log");
  mkdirSync(join(folder, "log"), { recursive: true });
  const output = appendTo(logFile);
  const told = follow(logFile, log);
  const supervisor = spawn(process.execPath, [options.supervisor ?? SUPERVISOR], {
    cwd: ROOT,
    env: {
      ...process.env,
      COURTSIDE_HOME: folder,
      COURTSIDE_TOPOLOGY: topologyText(topology),
      ...(options.withRelay ? { COURTSIDE_WITH_RELAY: "true" } : {}),
    },
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  supervisor.unref();
  const status = await untilReady(folder, log, childOf(supervisor, []).exited, told);
  told();
  return status;
}

/** Waits for a mesh that is being started, by this process's child or by somebody else. */
async function untilReady(
  folder: string,
  log: (sentence: string) => void,
  exited?: Promise<unknown>,
  tell = () => {},
): Promise<number> {
  let ended = false;
  void exited?.then(() => {
    ended = true;
  });
  for (const until = Date.now() + UP_WITHIN_MS; Date.now() < until; await delay(POLL_MS)) {
    // Read before the state: one that ended after it was ready is no longer ready.
    const gone = ended || (!exited && !lockHolder(lockIn(folder)));
    tell();
    const mesh = readMesh(folder);
    if (mesh?.ready && mesh.supervisor.running) return 0;
    // When two start at the same moment, one of them gives way to the other.
    if (gone && !lockHolder(lockIn(folder))) {
      log("The mesh did not start.");
      return 1;
    }
  }
  log(`The mesh was not ready after ${UP_WITHIN_MS / 60_000} minutes.`);
  return 1;
}

/**
 * Stops the mesh of that folder, or what is left of a killed one, and returns when all its processes
 * have ended. With `wipe`, also deletes its data and logs. Returns the exit status.
 */
export async function down(options: CommandOptions & { readonly wipe?: boolean } = {}) {
  const { folder = meshFolder(), log = toStderr, wipe = false } = options;
  const lock = lockIn(folder);
  const holder = lockHolder(lock);
  if (holder) {
    log(`Stopping the mesh in ${folder} (process ${holder.pid}).`);
    await endProcess(holder, [
      ["SIGTERM", DOWN_WITHIN_MS],
      ["SIGKILL", DOWN_WITHIN_MS],
    ]);
  }
  const release = await takeLock(lock, { waitMs: DOWN_WITHIN_MS });
  if (!release) {
    log("Another mesh was started meanwhile.");
    return 1;
  }
  try {
    await endLeftovers(folder, log);
    if (wipe) {
      for (const store of ["postgres", "redis"]) removeFolder(join(folder, store));
      for (const own of ["log", "topology.json", RELAY])
        rmSync(join(folder, own), { recursive: true, force: true });
    }
  } finally {
    release();
  }
  if (!holder) log(`No mesh runs in ${folder}.`);
  return 0;
}

/** The mesh of that folder as its processes really are; undefined when none was left running. */
export function status({ folder = meshFolder() }: CommandOptions = {}): MeshState | undefined {
  return readMesh(folder);
}

/** Returns a function that hands on the lines that a log has gained since it was last called. */
function follow(file: string, log: (sentence: string) => void): () => void {
  let from = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return () => {
    const { size } = statSync(file);
    if (size <= from) return;
    for (const line of tailOf(file, LOG_LINES_MAX, from).split("\n")) {
      log(line.replace(/^\d{4}-\S+Z /, ""));
    }
    from = size;
  };
}

function toStderr(sentence: string): void {
  process.stderr.write(`courtside: ${sentence}\n`);
}
