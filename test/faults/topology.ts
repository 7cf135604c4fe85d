import { join } from "node:path";
import {
  type RedisTopology,
  type RunningServer,
  type RunServer,
  startPostgres,
  startRedisAs,
} from "../../local/servers/index.ts";
import { type Part, partOf } from "./part.ts";

/** The ways in which the stores of a mesh can stand. */
export const TOPOLOGIES = ["single"] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

/** The stores of a mesh. */
export type Stores = {
  /** Every server, by name, such as "postgres" or "redis-2". */
  readonly parts: ReadonlyMap<string, Part>;
  /** Where clients connect, as a setting of the services says it: to write, to read history, and Redis. */
  readonly writerUrl: string;
  readonly readerUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
};

/** What a topology is told. */
export type StoreOptions = {
  /** Holds all that the stores keep. */
  readonly folder: string;
  readonly log: (sentence: string) => void;
};

/** Starts the stores of a topology. */
export async function startStores(
  topology: TopologyName,
  { folder, log }: StoreOptions,
): Promise<Stores> {
  const parts = new Map<string, Part>();
  // Kept running, each at the port that others know it by.
  const run: RunServer = async (name, from) => {
    let server: RunningServer | undefined;
    const start = async () => {
      server = await from(server?.port);
      return server;
    };
    parts.set(name, await partOf(name, start, log));
    if (server === undefined) throw new Error(`${name} was not started`);
    return server;
  };
  const [postgres, redis] = await Promise.all([
    run("postgres", (port) => startPostgres({ folder: join(folder, "postgres"), port })),
    startRedisAs(REDIS[topology], { folder: join(folder, "redis"), run }),
  ]);
  return {
    parts,
    ...{ writerUrl: postgres.url, readerUrl: postgres.url, redisUrl: redis.url },
    async stop() {
      // Watchers first: they would put others in place of what ends.
      const [watchers, servers] = [true, false].map((isWatcher) =>
        [...parts.values()].filter(({ name }) => name.startsWith("sentinel") === isWatcher),
      );
      for (const some of [watchers, servers])
        await Promise.all(some?.map((one) => one.stop()) ?? []);
    },
  };
}

const REDIS: Record<TopologyName, RedisTopology> = { single: "single" };
