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
  type RunServer,
  startPostgresAs,
  startRedisAs,
  tailOf,
} from "../servers/index.ts";
import { takeLock } from "../setup/lock.js";
import { identityOf } from "../setup/processes.js";
import { ROOT } from "./folder.ts";
import { type Kept, keepRunning } from "./keep-running.ts";
import { endLeftovers, SERVICE_STOP } from "./leftovers.ts";
import { lockIn, type MeshState, removeMesh, writeMesh } from "./mesh-file.ts";
import { HTTP, type MeshPlan, NODE_FLAGS, type ServicePlan } from "./plan.ts";
import { settleTopology, type TopologyAsked, topologyIn } from "./topology.ts";

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
  /** How the stores are to stand; as they did in that folder unless given. */
  readonly topology?: TopologyAsked;
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

type Store = {
  readonly kept: Kept;
  readonly kind: RunningServer["name"];
  readonly port: number;
  readonly url: string;
  /** The folder that holds all that it keeps. */
  readonly folder: string;
};
type Service = {
  readonly name: string;
  readonly address: string;
  readonly kept: Kept;
  /** How long its log was before it started, in bytes. */
  readonly logFrom: number;
};

/** A mesh that has not been started yet. */
export function meshIn({ folder, plan, topology: asked = {}, log }: MeshOptions): Mesh {
  const stopping = new AbortController();
  const started = new Date().toISOString();
  const supervisor = {
    ...(identityOf(process.pid) ?? { pid: process.pid, start: "" }),
    running: true,
  };
  const logOf = (name: string) => join(folder, "log", `${name}.log`);
  let topology = topologyIn(folder);
  const urls = { postgres: "", redis: "" };
  const stores: Record<RunningServer["name"], Store[]> = { postgres: [], redis: [] };
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
      ...{ supervisor, started, ready, topology, urls },
      stores: allStores().map(({ kept, kind, port, url }) => {
        return { ...part({ kept, address: `${HOST}:${port}` }), url, kind };
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
      topology = settleTopology(folder, asked, log);
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
    const [postgres, redis] = [join(folder, "postgres"), join(folder, "redis")];
    // All that runs is known before anything fails: it will have to be stopped.
    const begun = await Promise.allSettled([
      startPostgresAs(topology.postgres, { folder: postgres, run: kept("postgres", postgres) }),
      startRedisAs(topology.redis, { folder: redis, run: kept("redis", redis) }),
    ]);
    const [begunPostgres, begunRedis] = begun;
    for (const one of begun) if (one.status === "rejected") throw one.reason;
    if (begunPostgres.status === "fulfilled") urls.postgres = begunPostgres.value.url;
    if (begunRedis.status === "fulfilled") urls.redis = begunRedis.value.url;
    write();
    stopping.signal.throwIfAborted();
  }

  /** Runs the servers of a store, each of which is started again whenever it ends. */
  function kept(kind: RunningServer["name"], storeFolder: string): RunServer {
    return async (name, from) => {
      let server: RunningServer | undefined;
      const start = async () => {
        // Clients know the port by now: it stays.
        server = await from(server?.port);
        return server;
      };
      const keeping = await keepRunning({ name, start, onChange: write, log });
      if (server === undefined) throw new Error(`${name} was not started.`);
      const { port, url } = server;
      const own = name === kind ? storeFolder : join(storeFolder, name);
      stores[kind].push({ kept: keeping, kind, port, url, folder: own });
      return server;
    };
  }

  /** In the order in which they are started; they are stopped in the other one. */
  function allStores(): Store[] {
    return [...stores.postgres, ...stores.redis];
  }

  async function migrate() {
    log("Bringing the database up to date.");
    await plan.migrate(urls.postgres);
    stopping.signal.throwIfAborted();
  }

  async function startService(service: ServicePlan) {
    const port = await freePort();
    const { name, protocol, presets } = service;
    const listen = `${HOST}:${port}`;
    const env = {
      COURTSIDE_DURABILITY: topology.postgres === "replicated" ? "replicated" : "local",
      ...presets,
      ...process.env,
      ...addressesOf(services),
      COURTSIDE_LISTEN: listen,
      COURTSIDE_PG_WRITER: urls.postgres,
      COURTSIDE_PG_READER: urls.postgres,
      COURTSIDE_REDIS: urls.redis,
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
    for (const { kept } of allStores().toReversed()) await kept.stop();
    stopping.abort();
    removeMesh(folder);
    release?.();
    release = undefined;
  }

  function boundLogs() {
    for (const { name } of services) boundLog(logOf(name));
    for (const store of allStores()) boundLog(join(store.folder, "server.log"));
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
      for (const { kept, kind } of allStores()) {
        // Postgres's immediate shutdown takes its own processes along; SIGKILL would leave them.
        kept.latest().kill(kind === "postgres" ? "SIGQUIT" : "SIGKILL");
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
