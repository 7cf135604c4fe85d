import { REDIS_TOPOLOGIES, type RedisTopology } from "../../local/servers/index.ts";

/** How the Redis of this run of the tests stands, as COURTSIDE_TEST_REDIS says. */
export const TEST_REDIS: RedisTopology = topologyNamed(process.env.COURTSIDE_TEST_REDIS);

function topologyNamed(name: string | undefined): RedisTopology {
  if (!name) return "single";
  const found = REDIS_TOPOLOGIES.find((topology) => topology === name);
  if (found === undefined) {
    throw new Error(`COURTSIDE_TEST_REDIS must be one of ${REDIS_TOPOLOGIES.join(", ")}.`);
  }
  return found;
}
