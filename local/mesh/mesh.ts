import { spawn } from "node:child_process";
import { closeSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  appendTo,
  boundLog,
  type Child,
  childOf,
  freePort,
  HOST,
  type RunningServer,
  type ServerOptions,
  startPostgres,
  startRedis,
  tailOf,
} from "../servers/index.ts";
import { takeLock } from "../setup/lock.js";
import { identityOf } from "../setup/processes.js";
import { ROOT } from "./folder.ts";
import { type Kept, keepRunning } from "./keep-running.ts";
import { endLeftovers, SERVICE_STOP } from "./leftovers.ts";
import { lockIn, type MeshState, removeMesh, writeMesh } from "./mesh-file.ts";
import { HTTP, type MeshPlan, NODE_FLAGS, type ServicePlan } from "./plan.ts";

/** A mesh in one folder, which is started and stopped once. */
export type Mesh = {
  /**
   * Starts everything and returns when every service takes calls. Throws {@link MeshAlreadyRuns}
   * when there is a mesh in that folder; if anything does not start, all is stopped and it throws
   * with the end of that one's log.
   */
  start(): Promise<MeshState>;
  /** Stops everything in order: services, Redis, Postgres. Also while it starts. May be repeated. */
  stop(): Promise<void>;
  /** Ends every process at once, and returns. What was durable stays so. */
  kill(): void;
  state(): MeshState;
};

export type MeshOptions = {
  /** Holds data, logs and state. */
  readonly folder: string;
  readonly plan: MeshPlan;
  /** Is told what happens, a sentence each. */
  readonly log: (sentence: string) => void;
};

/** Somebody else has started a mesh in this folder, and it runs or is being started. */
export class MeshAlreadyRuns extends Error {
  override readonly name = "MeshAlreadyRuns";
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 50;
// A service that cannot start ends at once each time: then nobody need wait for a minute.
const ENDINGS_MAX = 5;
const LOG_CHECK_MS = 10_000;
const LOG_LINES_SHOWN = 20;

type Store = { readonly kept: Kept; readonly port: number; readonly url: string };
type Service = {
  readonly name: string;
  readonly address: string;
  readonly kept: Kept;
  /** How long its log was before it started, in bytes. */
  readonly logFrom: number;
};

/** A mesh that has not been started yet. */
export function meshIn({ folder, plan, log }: MeshOptions): Mesh {
  const stopping = new AbortController();
  const started = new Date().toISOString();
  const supervisor = {
    ...(identityOf(process.pid) ?? { pid: process.pid, start: "" }),
    running: true,
  };
  const logOf = (name: string) => join(folder, "log", `${name}.log`);
  let stores: Store[] = [];
  const services: Service[] = [];
  let ready = false;
  let starting: Promise<MeshState> | undefined;
  let ending: Promise<void> | undefined;
  let release: (() => void) | undefined;

  function state(): MeshState {
    const part = ({ kept, address }: { kept: Kept; address: string }) => {
      const { pid, start } = kept.latest().identity;
      return { name: kept.name, address, pid, start, running: kept.running() };
    };
    return {
      ...{ supervisor, started, ready },
      stores: stores.map(({ kept, port, url }) => {
        return { ...part({ kept, address: `${HOST}:${port}` }), url };
      }),
      services: services.map(part),
    };
  }
  function write() {
    if (release) writeMesh(folder, state());
  }

  async function start(): Promise<MeshState> {
    mkdirSync(join(folder, "log"), { recursive: true });
    release = await takeLock(lockIn(folder), { waitMs: 0 });
    if (!release) throw new MeshAlreadyRuns(`A mesh runs in ${folder} already.`);
    const logCheck = setInterval(boundLogs, LOG_CHECK_MS).unref();
    stopping.signal.addEventListener("abort", () => clearInterval(logCheck));
    try {
      await endLeftovers(folder, log);
      await startStores();
      await migrate();
      for (const service of plan.services) await startService(service);
      await Promise.all(services.map(untilReady));
      ready = true;
      write();
      return state();
    } catch (error) {
      await stopAll();
      throw error;
    }
  }

  async function startStores() {
    log("Starting Postgres and Redis.");
    const begun = await Promise.allSettled([
      startStore("postgres", startPostgres),
      startStore("redis", startRedis),
    ]);
    // What runs is known before anything fails: it will have to be stopped.
    stores = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const one of begun) if (one.status === "rejected") throw one.reason;
    write();
    stopping.signal.throwIfAborted();
  }

  async function startStore(name: string, from: StartServer): Promise<Store> {
    let server: RunningServer | undefined;
    const start = async () => {
      // Clients know the port by now: it stays.
      server = await from({ folder: join(folder, name), ...(server && { port: server.port }) });
      return server;
    };
    const kept = await keepRunning({ name, start, onChange: write, log });
    const { port = 0, url = "" } = server ?? {};
    return { kept, port, url };
  }

  async function migrate() {
    log("Bringing the database up to date.");
    await plan.migrate(urlOf("postgres"));
    stopping.signal.throwIfAborted();
  }

  async function startService(service: ServicePlan) {
    const port = await freePort();
    const { name, protocol, presets } = service;
    const listen = `${HOST}:${port}`;
    const env = {
      ...presets,
      ...process.env,
      ...addressesOf(services),
      COURTSIDE_LISTEN: listen,
      COURTSIDE_POSTGRES: urlOf("postgres"),
      COURTSIDE_REDIS: urlOf("redis"),
    };
    log(`Starting ${name}.`);
    const file = logOf(name);
    boundLog(file);
    const logFrom = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const start = async () => runService(service, env, file);
    const kept = await keepRunning({ name, start, onChange: write, log });
    const address = protocol === "http" ? HTTP + listen : listen;
    services.push({ name, address, kept, logFrom });
    write();
  }

  async function untilReady({ name, address, kept, logFrom }: Service) {
    const until = Date.now() + READY_WITHIN_MS;
    while (!(await plan.ready(address))) {
      stopping.signal.throwIfAborted();
      if (kept.endings() >= ENDINGS_MAX || Date.now() >= until) {
        const what = kept.endings() > 0 ? "ends whenever it is started" : "does not take calls";
        const said = tailOf(logOf(name), LOG_LINES_SHOWN, logFrom);
        throw new Error(`${name} ${what}. The end of ${logOf(name)}:\n${said}`);
      }
      await delay(READY_POLL_MS);
    }
  }

  async function stopAll() {
    ready = false;
    await Promise.all(services.map(({ kept }) => kept.stop()));
    for (const { kept } of stores.toReversed()) await kept.stop();
    stopping.abort();
    removeMesh(folder);
    release?.();
    release = undefined;
  }

  function urlOf(name: string): string {
    return stores.find(({ kept }) => kept.name === name)?.url ?? "";
  }
  function boundLogs() {
    for (const { name } of services) boundLog(logOf(name));
    for (const { kept } of stores) boundLog(join(folder, kept.name, "server.log"));
  }

  return {
    state,
    start() {
      starting ??= start();
      return starting;
    },
    stop() {
      stopping.abort(new Error("The mesh was stopped while it started."));
      // A start that fails, for the abort or another reason, stops what it has started by itself.
      ending ??= (starting ?? Promise.resolve()).then(stopAll, () => {});
      return ending;
    },
    kill() {
      for (const { kept } of services) kept.latest().kill("SIGKILL");
      for (const { kept } of stores) {
        // Postgres's immediate shutdown takes its own processes along; SIGKILL would leave them.
        kept.latest().kill(kept.name === "postgres" ? "SIGQUIT" : "SIGKILL");
      }
    },
  };
}

/** What tells a service where the others are, such as COURTSIDE_INGEST. */
function addressesOf(services: readonly Service[]): Record<string, string> {
  return Object.fromEntries(
    services.map(({ name, address }) => [`COURTSIDE_${name.toUpperCase()}`, address]),
  );
}

type StartServer = (options: ServerOptions) => Promise<RunningServer>;

function runService({ main }: ServicePlan, env: NodeJS.ProcessEnv, log: string): Child {
  const output = appendTo(log);
  // In a session of its own: Ctrl-C in a terminal asks the supervisor, which stops all in order.
  const spawned = spawn(process.execPath, [...NODE_FLAGS, main], {
    cwd: ROOT,
    env,
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  return childOf(spawned, SERVICE_STOP);
}
