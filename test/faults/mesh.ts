import { spawn } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { migrate } from "#stores/postgres";
import { SERVICE_STOP } from "../../local/mesh/leftovers.ts";
import { COURTSIDE, HTTP, NODE_FLAGS } from "../../local/mesh/plan.ts";
import {
  appendTo,
  childOf,
  freePort,
  HOST,
  removeFolder,
  tailOf,
} from "../../local/servers/index.ts";
import { makeDisk } from "./disk.ts";
import { endAllOf } from "./leftovers.ts";
import { type Link, linkTo } from "./link.ts";
import { type Part, partOf } from "./part.ts";
import { type Stores, startStores, type TopologyName } from "./topology.ts";

/** A whole mesh of real processes, each of which can be harmed, and each way between two of them. */
export type FaultMesh = {
  readonly topology: TopologyName;
  readonly folder: string;
  readonly stores: Stores;
  /** A process by name, such as "ingest-1", "postgres" or "redis". Throws where there is none. */
  part(name: string): Part;
  /** The processes of a service, or every process whose name begins so. */
  parts(prefix: string): Part[];
  /**
   * The ways from those whose name begins so, to those whose name begins so: `links("projector", "redis")`.
   * Who is outside of the mesh is called "client".
   */
  links(from: string, to: string): Link[];
  /** Where clients reach a service's processes, each over its own link: host:port. */
  addresses(service: string): string[];
  /** All of them as one grpc target. */
  target(service: string): string;
  /** Returns when every service takes calls. */
  ready(): Promise<void>;
  /** The file that a process writes its log to. */
  logOf(name: string): string;
  /** Stops everything; the folder stays unless it is to be removed. */
  close(options?: { readonly keep?: boolean }): Promise<void>;
};

export type MeshOptions = {
  readonly topology: TopologyName;
  readonly log?: (sentence: string) => void;
  /** What Node is told beside the usual when it runs a service, by the service's name. */
  readonly nodeFlags?: (service: string) => readonly string[];
  /** Which folders are disks of their own, and of how many MB: "postgres", "redis", "spools". */
  readonly disks?: Readonly<Record<string, number>>;
  /** Settings of services, such as COURTSIDE_LINE_LIMITS. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** How many processes of each service there are. */
const PROCESSES: readonly (readonly [service: string, count: number])[] = [
  ["ingest", 2],
  ["projector", 2],
  ["stats", 2],
  ["leaderboard", 1],
  ["gateway", 1],
];

/** Each server in the URL of a store. */
const HOST_AND_PORT = /(?<=@|,)[^@:,/]+:\d+/g;
/** Whether the servers of a URL name those that clients go to. */
const isNamedByServers = (url: string) => /^redis\+/.test(url);

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 50;
const LOG_LINES_SHOWN = 20;

/** Starts a mesh in a folder of its own. */
export async function startFaultMesh(options: MeshOptions): Promise<FaultMesh> {
  const { topology, log = () => {}, nodeFlags = () => [], settings = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "courtside-faults-"));
  chmodSync(folder, 0o755);
  const logFolder = join(folder, "log");
  mkdirSync(logFolder);
  const logOf = (name: string) => join(logFolder, `${name}.log`);
  const links = new Map<string, Link>();
  const services = new Map<string, { readonly part: Part; readonly address: string }>();
  let stores: Stores | undefined;
  const unmount = Object.entries(options.disks ?? {}).map(([name, megabytes]) =>
    makeDisk(join(folder, name), megabytes),
  );

  /** The link from somebody to a server of a port, made when there is none. */
  async function link(from: string, to: string, port: number): Promise<Link> {
    const name = `${from}>${to}>${port}`;
    const made = links.get(name) ?? (await linkTo(port));
    links.set(name, made);
    return made;
  }
  /** A store's URL that leads over a link of its own to each server. */
  async function overLink(from: string, url: string, { parts, urlOf }: Stores): Promise<string> {
    const ways = new Map<string, string>();
    for (const name of parts.keys()) {
      const [kind = ""] = name.split("-");
      if ((kind === "postgres") !== url.startsWith("postgres:")) continue;
      const { port } = new URL(urlOf(name));
      ways.set(`${HOST}:${port}`, `${HOST}:${(await link(from, kind, Number(port))).port}`);
    }
    const led = url.replaceAll(HOST_AND_PORT, (server) => ways.get(server) ?? server);
    if (!isNamedByServers(url)) return led;
    return `${led}?nat=${[...ways].map((way) => way.join("=")).join(",")}`;
  }
  const addresses = (service: string) =>
    [...links].flatMap(([name, { host, port }]) =>
      name.startsWith(`client>${service}`) ? [`${host}:${port}`] : [],
    );
  const target = (service: string) => `ipv4:${addresses(service).join(",")}`;

  async function startService(service: string, name: string, of: Stores): Promise<void> {
    const plan = COURTSIDE.services.find((one) => one.name === service);
    if (plan === undefined) throw new Error(`there is no service ${service}`);
    const port = await freePort();
    const env = {
      ...process.env,
      ...plan.presets,
      ...of.settings,
      ...settings,
      COURTSIDE_LISTEN: `${HOST}:${port}`,
      COURTSIDE_PG_WRITER: await overLink(name, of.writerUrl, of),
      COURTSIDE_PG_READER: await overLink(name, of.readerUrl, of),
      COURTSIDE_REDIS: await overLink(name, of.redisUrl, of),
      COURTSIDE_INGEST: target("ingest"),
      COURTSIDE_STATS: target("stats"),
      COURTSIDE_LEADERBOARD: target("leaderboard"),
    };
    await link("client", name, port);
    const flags = [...NODE_FLAGS, ...nodeFlags(service)];
    const start = async () => {
      const output = appendTo(logOf(name));
      const stdio: ["ignore", number, number] = ["ignore", output, output];
      const child = spawn(process.execPath, [...flags, plan.main], { env, stdio, detached: true });
      closeSync(output);
      return childOf(child, SERVICE_STOP);
    };
    const address = `${plan.protocol === "http" ? HTTP : ""}${HOST}:${port}`;
    services.set(name, { part: await partOf(name, start, log), address });
  }

  async function ready(): Promise<void> {
    const until = Date.now() + READY_WITHIN_MS;
    for (const [name, { address }] of services) {
      while (!(await COURTSIDE.ready(address))) {
        if (Date.now() > until) {
          throw new Error(`${name} takes no calls: ${tailOf(logOf(name), LOG_LINES_SHOWN)}`);
        }
        await delay(READY_POLL_MS);
      }
    }
  }
  async function close({ keep = false } = {}): Promise<void> {
    await Promise.all([...services.values()].map(({ part }) => part.stop()));
    await Promise.all([...links.values()].map((one) => one.close()));
    await stores?.stop();
    process.off("exit", abandon);
    for (const one of unmount) one();
    if (!keep) removeFolder(folder);
  }

  /** Nothing is to go on when this process ends in the middle of it. */
  function abandon(): void {
    for (const { part } of services.values()) part.abandon();
    for (const part of stores?.parts.values() ?? []) part.abandon();
    // One that is just being started is nobody's latest yet.
    endAllOf(folder);
    for (const one of unmount) one();
  }
  process.once("exit", abandon);

  try {
    const begun = await startStores(topology, { folder, log });
    stores = begun;
    await migrate(begun.writerUrl);
    for (const [service, count] of PROCESSES) {
      for (let at = 1; at <= count; at += 1) await startService(service, `${service}-${at}`, begun);
    }
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  const running = stores;
  const all = () =>
    new Map([...running.parts, ...[...services].map(([name, { part }]) => [name, part] as const)]);
  return {
    ...{ topology, folder, stores: running, addresses, target, ready, logOf, close },
    part(name) {
      const part = all().get(name);
      if (part === undefined) throw new Error(`there is no ${name} in this mesh`);
      return part;
    },
    parts: (prefix) => [...all().values()].filter(({ name }) => name.startsWith(prefix)),
    links(from, to) {
      const found = [...links].filter(([name]) => {
        const [begin = "", end = ""] = name.split(">");
        return begin.startsWith(from) && end.startsWith(to);
      });
      if (found.length === 0) throw new Error(`there is no link from ${from} to ${to}`);
      return found.map(([, one]) => one);
    },
  };
}
