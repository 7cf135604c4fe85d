import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { serveRpc } from "#runtime/rpc";
import { recordedIn } from "#stores/archive";
import { journalInPostgres } from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import { rosterIn } from "#stores/roster";
import { readConfig } from "./config.ts";
import { ingestHandlers } from "./handlers.ts";
import { limitsOf } from "./limits.ts";
import { openUploads } from "./open-uploads.ts";
import { RawIngestService } from "./raw-service.ts";
import { guarded } from "./replication.ts";

const PREPARE_EVERY_MS = 3_600_000;

await runService({
  name: "ingest",
  async start() {
    const config = readConfig(process.env);
    const { listen, writer, logLevel, drainMs, returnsPerSecond } = config;
    const limits = limitsOf(config.limits);
    const log = createLog("ingest", logLevel);
    const pool = postgresPool({ url: writer, connectionsMax: 8, log, name: "courtside-ingest" });
    const stored = journalInPostgres(pool);
    await stored.prepare();
    const guard = guarded(
      { journal: stored, roster: rosterIn(pool) },
      { required: config.durability, log },
    );
    const { journal, roster } = guard;
    const preparing = setInterval(() => {
      journal.prepare().catch((error) => log.error({ err: error }, "no room for coming days"));
    }, PREPARE_EVERY_MS);

    const recorded = recordedIn(pool);
    const uploads = openUploads(recorded, returnsPerSecond, log);
    const owners = await journal.watchOwners(uploads.takenOver);
    const handlers = ingestHandlers({
      ...{ journal, recorded, uploads, limits, log, roster },
      now: Date.now,
    });
    const server = await serveRpc({
      listen,
      log,
      drainMs,
      routes: (router) => router.service(RawIngestService, handlers),
    });
    guard.follow((isTaking) => server.setServing(isTaking, RawIngestService.typeName));
    return {
      async stop() {
        clearInterval(preparing);
        guard.stop();
        uploads.drain();
        await server.close();
        uploads.stop();
        await owners.stop();
        await pool.end();
      },
    };
  },
});
