import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { POSTGRES_TOPOLOGIES, REDIS_TOPOLOGIES, removeFolder } from "../servers/index.ts";

/** How each store of a mesh can stand; the first is the usual one. */
export const TOPOLOGIES = { postgres: POSTGRES_TOPOLOGIES, redis: REDIS_TOPOLOGIES } as const;

/** How the stores of a mesh stand: each alone, or several servers that are one store. */
export type Topology = {
  readonly [Store in keyof typeof TOPOLOGIES]: (typeof TOPOLOGIES)[Store][number];
};

/** What is asked of a topology; what is not asked stays as it is in the folder. */
export type TopologyAsked = Partial<Topology>;

/** Reads what was asked from what {@link topologyText} wrote. Throws where it names no topology. */
export function topologyAsked(text: string): TopologyAsked {
  const asked: Record<string, unknown> = JSON.parse(text);
  for (const [store, name] of Object.entries(asked)) {
    const names: readonly unknown[] = TOPOLOGIES[store as keyof Topology] ?? [];
    if (!names.includes(name)) throw new Error(`No ${store} can stand as ${name}.`);
  }
  return asked;
}

/** What was asked, as one process tells it to another. */
export function topologyText(asked: TopologyAsked): string {
  return JSON.stringify(asked);
}

/** How the stores in a folder stand, or will when they are started for the first time. */
export function topologyIn(folder: string): Topology {
  const file = fileIn(folder);
  const remembered = existsSync(file) ? topologyAsked(readFileSync(file, "utf8")) : {};
  return { postgres: TOPOLOGIES.postgres[0], redis: TOPOLOGIES.redis[0], ...remembered };
}

/**
 * Makes the folder ready for what is asked, and remembers it. A Redis that stood otherwise is removed:
 * it holds nothing that the journal has not, and the projector fills the new one. Postgres goes on with
 * its data either way.
 */
export function settleTopology(
  folder: string,
  asked: TopologyAsked,
  log: (sentence: string) => void,
): Topology {
  const before = topologyIn(folder);
  const topology = { ...before, ...asked };
  if (topology.redis !== before.redis && existsSync(join(folder, "redis"))) {
    log(`Redis was ${before.redis} here and is made anew as ${topology.redis}.`);
    removeFolder(join(folder, "redis"));
  }
  writeFileSync(fileIn(folder), `${topologyText(topology)}\n`);
  return topology;
}

function fileIn(folder: string): string {
  return join(folder, "topology.json");
}
