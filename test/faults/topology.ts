import { join } from "node:path";
import {
  type PostgresGroup,
  type PostgresTopology,
  postgresRoles,
  type RedisTopology,
  type RunningServer,
  type RunServer,
  redisRoles,
  startPostgresAs,
  startRedisAs,
} from "../../local/servers/index.ts";
import { type Part, partOf } from "./part.ts";

/** How each store stands in a topology, and what the services are told beside. */
const KINDS = {
  single: { redis: "single", postgres: "single", settings: {} },
  sentinel: { redis: "sentinel", postgres: "single", settings: {} },
  cluster: { redis: "cluster", postgres: "single", settings: {} },
  replicated: {
    ...{ redis: "single", postgres: "replicated" },
    settings: { COURTSIDE_DURABILITY: "replicated" },
  },
} as const satisfies Record<
  string,
  {
    readonly redis: RedisTopology;
    readonly postgres: PostgresTopology;
    readonly settings: Readonly<Record<string, string>>;
  }
>;

/** The ways in which the stores of a mesh can stand. */
export const TOPOLOGIES = Object.keys(KINDS) as readonly TopologyName[];
export type TopologyName = keyof typeof KINDS;

/** The stores of a mesh. */
export type Stores = {
  /** Every server, by name, such as "postgres" or "redis-2". */
  readonly parts: ReadonlyMap<string, Part>;
  /** Where clients connect, as a setting of the services says it: to write, to read history, and Redis. */
  readonly writerUrl: string;
  readonly readerUrl: string;
  readonly redisUrl: string;
  /** Further settings of the services. */
  readonly settings: Readonly<Record<string, string>>;
  readonly postgres: PostgresGroup;
  /** A server's own URL. */
  urlOf(name: string): string;
  /** The names of the servers of a store that are what is asked for at this moment. */
  those(are: "primary" | "replica", of: "postgres" | "redis"): Promise<string[]>;
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
  const kind = KINDS[topology];
  const parts = new Map<string, Part>();
  const urls = new Map<string, string>();
  // Kept running, each at the port that others know it by.
  const run: RunServer = async (name, from) => {
    let server: RunningServer | undefined;
    const start = async () => {
      server = await from(server?.port);
      return server;
    };
    parts.set(name, await partOf(name, start, log));
    if (server === undefined) throw new Error(`${name} was not started`);
    urls.set(name, server.url);
    return server;
  };
  const [postgres, redis] = await Promise.all([
    startPostgresAs(kind.postgres, { folder: join(folder, "postgres"), run }),
    startRedisAs(kind.redis, { folder: join(folder, "redis"), run }),
  ]);
  const urlOf = (name: string) => urls.get(name) ?? "";
  return {
    ...{ parts, postgres, urlOf, settings: kind.settings },
    ...{ writerUrl: postgres.url, readerUrl: postgres.url, redisUrl: redis.url },
    async those(are, of) {
      const names = [...parts.keys()].filter((name) => name.startsWith(of));
      const all = names.map(urlOf);
      const roles =
        of === "redis"
          ? (await redisRoles(all)).map((role) => role?.is)
          : (await postgresRoles(all)).map((role) =>
              /standby/.test(role ?? "") ? "replica" : role,
            );
      return names.filter((_, at) => roles[at] === are);
    },
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
