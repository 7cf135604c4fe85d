import {
  POSTGRES_TOPOLOGIES,
  type PostgresTopology,
  REDIS_TOPOLOGIES,
  type RedisTopology,
} from "../../local/servers/index.ts";

/** How the Redis of this run of the tests stands, as COURTSIDE_TEST_REDIS says. */
export const TEST_REDIS: RedisTopology = topologyNamed("COURTSIDE_TEST_REDIS", REDIS_TOPOLOGIES);

/** How its Postgres stands, as COURTSIDE_TEST_POSTGRES says. */
export const TEST_POSTGRES: PostgresTopology = topologyNamed(
  "COURTSIDE_TEST_POSTGRES",
  POSTGRES_TOPOLOGIES,
);

function topologyNamed<Topology extends string>(
  setting: string,
  topologies: readonly [Topology, ...Topology[]],
): Topology {
  const name = process.env[setting];
  if (!name) return topologies[0];
  const found = topologies.find((topology) => topology === name);
  if (found === undefined) throw new Error(`${setting} must be one of ${topologies.join(", ")}.`);
  return found;
}

/** The URL of another database of the same servers. */
export function databaseAt(url: string, name: string): string {
  return url.replace(/[^/]*$/, name);
}
