import type { Log } from "#runtime/log";
import { archiveReadsIn, historyIn } from "#stores/archive";
import { hotMovesIn, hotReadsIn } from "#stores/hotstore";
import { type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool, replicaPool } from "#stores/postgres";
import {
  answeredFloors,
  fromReplicas,
  type Past,
  pastFrom,
  type Reader,
  readerOf,
  withFallback,
} from "#stores/reads";
import { connected, redisClient } from "#stores/redis";
import { type RosterCache, rosterCache, rosterIn } from "#stores/roster";
import { type Watches, watchesOver } from "#stores/watches";

/** Where the stores are, as the settings of a service that answers readers say. */
export type ServingConfig = {
  readonly writer: string;
  readonly reader: string;
  readonly redis: string;
  readonly redisReads: "primary" | "replicas";
};

/** All that a service needs to answer readers and watchers. */
export type ServingStores = {
  readonly read: Reader;
  readonly past: Past;
  readonly names: RosterCache;
  readonly journal: Journal;
  readonly watches: Watches;
  /** Ends the watches, and lets go of every store. */
  stop(): Promise<void>;
};

/**
 * Opens the stores that readers are answered from: the hot store, or replicas of it, with the archive where
 * it is away; history from a standby where there is one. Resolves when Redis was connected to, or was given
 * its time. `name` is what the servers know the process by.
 */
export async function servingStores(
  { writer, reader, redis: url, redisReads }: ServingConfig,
  { name, log }: { readonly name: string; readonly log: Log },
): Promise<ServingStores> {
  const pool = postgresPool({ url: writer, connectionsMax: 6, log, name });
  const history = { connectionsMax: 4, log, name: `${name}-history` };
  const replicas = replicaPool({ writer, reader }, history);
  const redis = redisClient({ url, log, name });
  const names = await rosterCache(rosterIn(pool), log);
  const hot = hotReadsIn(redis);
  const archive = archiveReadsIn(pool);
  const journal = journalInPostgres(pool);
  const floors = answeredFloors();
  const followers =
    redisReads === "replicas"
      ? redisClient({ url, log, name: `${name}-replicas`, of: "replicas" })
      : undefined;
  const near = followers ? fromReplicas(hotReadsIn(followers), hot, floors) : hot;
  const reads = withFallback(near, archive, log, floors);
  const histories = { replica: replicas && historyIn(replicas), primary: historyIn(pool) };
  const past = pastFrom(histories, log, floors);
  const moves = hotMovesIn(redis);
  const watches = watchesOver({ hot, archive, journal }, moves);
  await connected(redis);
  return {
    ...{ read: readerOf(reads, past), past, names, journal, watches },
    async stop() {
      watches.stop();
      await moves.stop();
      names.stop();
      followers?.disconnect();
      redis.disconnect();
      await Promise.all([pool.end(), replicas?.end()]);
    },
  };
}
