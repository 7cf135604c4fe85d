import { join } from "node:path";
import { type RunningServer, startPostgres, startRedis } from "../../local/servers/index.ts";
import { type Part, partOf } from "./part.ts";

/** The ways in which the stores of a mesh can stand. */
export const TOPOLOGIES = ["single"] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];

/** The stores of a mesh. */
export type Stores = {
  /** Every server, by name: "postgres", "redis". */
  readonly parts: ReadonlyMap<string, Part>;
  /** Where clients connect, as a setting of the services says it. */
  readonly postgresUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
};

/** What a topology may be told. */
export type StoreOptions = {
  /** Holds all that the stores keep. */
  readonly folder: string;
  /** Settings of the servers' own. */
  readonly redisSettings?: Readonly<Record<string, string>>;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  readonly log: (sentence: string) => void;
};

/** Starts the stores of a topology. */
export function startStores(topology: TopologyName, options: StoreOptions): Promise<Stores> {
  return START[topology](options);
}

const START: Record<TopologyName, (options: StoreOptions) => Promise<Stores>> = {
  async single({ folder, redisSettings, postgresSettings, log }) {
    const kept = async (
      name: "postgres" | "redis",
      from: (port?: number) => Promise<RunningServer>,
    ) => {
      let server: RunningServer | undefined;
      const start = async () => {
        // Clients know the port by now: it stays.
        server = await from(server?.port);
        return server;
      };
      const part = await partOf(name, start, log);
      return { part, url: server?.url ?? "" };
    };
    const [postgres, redis] = await Promise.all([
      kept("postgres", (port) =>
        startPostgres({ folder: join(folder, "postgres"), port, settings: postgresSettings }),
      ),
      kept("redis", (port) =>
        startRedis({ folder: join(folder, "redis"), port, settings: redisSettings }),
      ),
    ]);
    return {
      parts: new Map([postgres, redis].map(({ part }) => [part.name, part])),
      postgresUrl: postgres.url,
      redisUrl: redis.url,
      async stop() {
        await Promise.all([postgres.part.stop(), redis.part.stop()]);
      },
    };
  },
};
