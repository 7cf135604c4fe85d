import { join } from "node:path";
import { isServing } from "#runtime/rpc";
import { migrate } from "#stores/postgres";
import { ROOT } from "./folder.ts";

/** A service as the mesh runs it. */
export type ServicePlan = {
  readonly name: string;
  /** The file that Node runs. */
  readonly main: string;
  /** "http" for one that answers HTTP/1.1; gRPC else. */
  readonly protocol?: "grpc" | "http";
  /** Settings that it gets where the environment has none. */
  readonly presets?: Readonly<Record<string, string>>;
};

/** What runs on top of the two stores, and how one sees that it does. */
export type MeshPlan = {
  /** In the order in which they are started: each is told the addresses of those before it. */
  readonly services: readonly ServicePlan[];
  /** Brings the database at this URL up to date, before any service starts. */
  readonly migrate: (postgresUrl: string) => Promise<unknown>;
  /** Whether the service at an address takes calls. Never throws; answers within seconds. */
  readonly ready: (address: string) => Promise<boolean>;
};

/**
 * What Node is told when it runs a service. It lets young objects fill 3 × 32 MB before it looks which of
 * them are still needed; half of that costs no more time, and a service 40 MB less.
 */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=16"];

/**
 * What every service gets where the environment has none. One arena of malloc for all threads, as most of the
 * memory that is free in several is not given back: 20 to 30 MB less under load, and no more time.
 */
const PRESETS = { MALLOC_ARENA_MAX: "1" };

/** How an address of a service that answers HTTP/1.1 begins. */
export const HTTP = "http://";

/** Courtside itself. */
export const COURTSIDE: MeshPlan = {
  services: [
    ...["ingest", "projector", "stats", "leaderboard"].map((name) => serviceOf(name)),
    // The season of the games that ship.
    serviceOf("gateway", { protocol: "http", presets: { COURTSIDE_SEASON: "2023-24" } }),
  ],
  migrate,
  ready: (address) => (address.startsWith(HTTP) ? isHealthy(address) : isServing(address)),
};

/** Courtside with an arena's relay before it, which keeps its spools in the mesh's folder. */
export function courtsideWithRelay(folder: string): MeshPlan {
  const presets = {
    COURTSIDE_SPOOL: join(folder, RELAY),
    COURTSIDE_HEALTH_LISTEN: "127.0.0.1:0",
  };
  return { ...COURTSIDE, services: [...COURTSIDE.services, serviceOf(RELAY, { presets })] };
}

/** The name of the relay, and of its folder. */
export const RELAY = "relay";

function serviceOf(
  name: string,
  { presets, ...more }: Pick<ServicePlan, "presets" | "protocol"> = {},
): ServicePlan {
  const main = join(ROOT, "services", name, "main.ts");
  return { name, main, ...more, presets: { ...PRESETS, ...presets } };
}

const HEALTHY_WITHIN_MS = 1_000;

async function isHealthy(address: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(HEALTHY_WITHIN_MS);
    return (await fetch(`${address}/healthz`, { signal })).ok;
  } catch {
    return false;
  }
}
