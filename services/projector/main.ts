import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { serveRpc } from "#runtime/rpc";
import { archiveFoldsIn, archiveReadsIn } from "#stores/archive";
import { hotFoldsIn } from "#stores/hotstore";
import { journalInPostgres } from "#stores/journal";
import { postgresPool, whileAlone } from "#stores/postgres";
import { connected, redisClient } from "#stores/redis";
import { archiveFold } from "./archive-fold.ts";
import { readConfig } from "./config.ts";
import { projectorHandlers } from "./handlers.ts";
import { hotFold } from "./hot-fold.ts";
import { startProjector } from "./projector.ts";
import { sharedRows } from "./shared-rows.ts";

/** How often keys that nobody reads any more are looked for. */
const TIDY_EVERY_MS = 600_000;

await runService({
  name: "projector",
  async start() {
    const config = readConfig(process.env);
    const { listen, drainMs, entriesPerFold } = config;
    const log = createLog("projector", config.logLevel);
    const name = "courtside-projector";
    const pool = postgresPool({ url: config.writer, connectionsMax: 8, log, name });
    const redis = redisClient({ url: config.redis, log, name });
    const journal = journalInPostgres(pool);
    const archived = archiveReadsIn(pool);
    const hotStore = hotFoldsIn(redis);
    const rows = sharedRows(journal);
    const hot = hotFold({
      journal: { ...journal, ...rows },
      hot: hotStore,
      archive: archived,
      whileAlone: (work, does) => whileAlone(pool, work, does),
      entriesPerFold,
      log,
    });
    const archive = archiveFold(rows, archiveFoldsIn(pool), { entriesPerFold });
    const tidying = setInterval(async () => {
      try {
        await hotStore.tidy([...(await journal.heads()).keys()]);
      } catch (error) {
        log.warn({ err: error }, "the hot store could not be tidied");
      }
    }, TIDY_EVERY_MS);
    await connected(redis);
    const folds = [
      { fold: hot, everyMs: config.foldEveryMs },
      { fold: archive, everyMs: config.archiveEveryMs },
    ];
    const projector = await startProjector({ journal, folds, log });
    const handlers = projectorHandlers({ journal, hot, archive, hotStore, archived });
    const server = await serveRpc({
      listen,
      log,
      drainMs,
      routes: (router) => router.service(ProjectorService, handlers),
    });
    return {
      async stop() {
        clearInterval(tidying);
        await server.close();
        await projector.stop();
        redis.disconnect();
        await pool.end();
      },
    };
  },
});
