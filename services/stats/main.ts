import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { serveRpc } from "#runtime/rpc";
import { archiveReadsIn, historyIn } from "#stores/archive";
import { hotMovesIn, hotReadsIn } from "#stores/hotstore";
import { journalInPostgres } from "#stores/journal";
import { postgresPool, replicaPool } from "#stores/postgres";
import { answeredFloors, fromReplicas, pastFrom, readerOf, withFallback } from "#stores/reads";
import { connected, redisClient } from "#stores/redis";
import { rosterCache, rosterIn } from "#stores/roster";
import { watchesOver } from "#stores/watches";
import { readConfig } from "./config.ts";
import { statsHandlers } from "./handlers.ts";
import { watchHandlers } from "./watch.ts";

await runService({
  name: "stats",
  async start() {
    const config = readConfig(process.env);
    const { listen, drainMs } = config;
    const log = createLog("stats", config.logLevel);
    const name = "courtside-stats";
    const pool = postgresPool({ url: config.writer, connectionsMax: 6, log, name });
    const replicas = replicaPool(config, { connectionsMax: 4, log, name: `${name}-history` });
    const redis = redisClient({ url: config.redis, log, name });
    const names = await rosterCache(rosterIn(pool), log);
    const hot = hotReadsIn(redis);
    const archive = archiveReadsIn(pool);
    const journal = journalInPostgres(pool);
    const floors = answeredFloors();
    const followers =
      config.redisReads === "replicas"
        ? redisClient({ url: config.redis, log, name: `${name}-replicas`, of: "replicas" })
        : undefined;
    const near = followers ? fromReplicas(hotReadsIn(followers), hot, floors) : hot;
    const reads = withFallback(near, archive, log, floors);
    const histories = { replica: replicas && historyIn(replicas), primary: historyIn(pool) };
    const past = pastFrom(histories, log, floors);
    const read = readerOf(reads, past);
    const moves = hotMovesIn(redis);
    const watches = watchesOver({ hot, archive, journal }, moves);
    const handlers = {
      ...statsHandlers({ read, names, slotOfGame: journal.slotOfGame }),
      ...watchHandlers({ names, watches }),
    };
    await connected(redis);
    const server = await serveRpc({
      listen,
      log,
      drainMs,
      routes: (router) => router.service(StatsService, handlers),
    });
    return {
      async stop() {
        await server.close();
        watches.stop();
        await moves.stop();
        names.stop();
        followers?.disconnect();
        redis.disconnect();
        await Promise.all([pool.end(), replicas?.end()]);
      },
    };
  },
});
