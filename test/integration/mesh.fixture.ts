import { inject } from "vitest";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { isServing, rpcClient, serveRpc } from "#runtime/rpc";
import { archiveFoldsIn, archiveReadsIn, historyIn, recordedIn } from "#stores/archive";
import { hotFoldsIn, hotMovesIn, hotReadsIn } from "#stores/hotstore";
import { journalInPostgres } from "#stores/journal";
import { postgresPool, replicaPool, whileAlone } from "#stores/postgres";
import { answeredFloors, pastFrom, pastReaderOf, readerOf, withFallback } from "#stores/reads";
import { rosterCache, rosterIn } from "#stores/roster";
import { watchesOver } from "#stores/watches";
import { ingestHandlers } from "../../services/ingest/handlers.ts";
import { limitsOf } from "../../services/ingest/limits.ts";
import { openUploads } from "../../services/ingest/open-uploads.ts";
import { RawIngestService } from "../../services/ingest/raw-service.ts";
import { guarded, type RequiredDurability } from "../../services/ingest/replication.ts";
import { leaderboardHandlers } from "../../services/leaderboard/handlers.ts";
import { leadersHandlers } from "../../services/leaderboard/leaders.ts";
import { watchHandlers as boardWatchHandlers } from "../../services/leaderboard/watch.ts";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { projectorHandlers } from "../../services/projector/handlers.ts";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { startProjector } from "../../services/projector/projector.ts";
import { statsHandlers } from "../../services/stats/handlers.ts";
import { watchHandlers } from "../../services/stats/watch.ts";
import { freshDatabase, redisOn, SILENT } from "./stores.fixture.ts";

type MeshOptions = {
  readonly redisUrl?: string;
  readonly postgresUrl?: string;
  /** How safe lines have to be; nothing watches over that unless given. */
  readonly durability?: RequiredDurability;
};

/** Every service in this process, over the real stores and real gRPC; stores of its own if given. */
export async function startMesh(options: MeshOptions = {}) {
  const { redisUrl = inject("redisUrl"), durability } = options;
  const log = SILENT;
  const url = options.postgresUrl ?? (await freshDatabase());
  const pool = postgresPool({ url, connectionsMax: 12, log, name: "test" });
  const redis = await redisOn(redisUrl);
  const journal = journalInPostgres(pool);
  const roster = rosterIn(pool);
  const names = await rosterCache(roster, log);
  const hotStore = hotFoldsIn(redis);
  const archived = archiveReadsIn(pool);
  const hot = hotFold({
    journal,
    hot: hotStore,
    archive: archived,
    whileAlone: (work, does) => whileAlone(pool, work, does),
    entriesPerFold: 5_000,
    log,
  });
  const archive = archiveFold(journal, archiveFoldsIn(pool), { entriesPerFold: 5_000 });
  const folds = [hot, archive].map((fold) => ({ fold, everyMs: 10 }));
  const start = () => startProjector({ journal, folds, log });
  let projector = await start();
  const hotReads = hotReadsIn(redis);
  const floors = answeredFloors();
  const reads = withFallback(hotReads, archived, log, floors);
  const replicas = replicaPool(
    { writer: url, reader: "" },
    { connectionsMax: 4, log, name: "test-history" },
  );
  const histories = { replica: replicas && historyIn(replicas), primary: historyIn(pool) };
  const past = pastFrom(histories, log, floors);
  const read = readerOf(reads, past);
  const readPast = pastReaderOf(read, past);
  const moves = hotMovesIn(redis);
  const watches = watchesOver({ hot: hotReads, archive: archived, journal }, moves);
  const watching = { names, watches };
  const stats = {
    ...statsHandlers({ read, names, slotOfGame: journal.slotOfGame }),
    ...watchHandlers(watching),
  };
  const leaderboard = {
    ...leaderboardHandlers({ read, readPast, names }),
    ...leadersHandlers({ read, names }),
    ...boardWatchHandlers(watching),
  };
  const recorded = recordedIn(pool);
  const uploads = openUploads(recorded, 200, log);
  const owners = await journal.watchOwners(uploads.takenOver);
  const limits = limitsOf("nba:personal_fouls=7");
  const guard = durability && guarded({ journal, roster }, { required: durability, log });
  const ingest = ingestHandlers({
    ...{ journal, roster, ...guard, recorded, uploads, limits, log },
    now: Date.now,
  });
  const server = await serveRpc({
    listen: "127.0.0.1:0",
    log,
    routes: (router) =>
      router
        .service(RawIngestService, ingest)
        .service(StatsService, stats)
        .service(LeaderboardService, leaderboard)
        .service(
          ProjectorService,
          projectorHandlers({ journal, hot, archive, hotStore, archived }),
        ),
  });
  guard?.follow((isTaking) => server.setServing(isTaking, RawIngestService.typeName));
  const clients = {
    ingest: rpcClient(IngestService, server.address),
    stats: rpcClient(StatsService, server.address),
    leaderboard: rpcClient(LeaderboardService, server.address),
    projector: rpcClient(ProjectorService, server.address),
  };
  return {
    ...clients,
    address: server.address,
    pool,
    redis,
    journal,
    uploads,
    /** Whether ingest says that it takes what is recorded. */
    isTaking: () => isServing(server.address, 1_000, RawIngestService.typeName),
    /** Folds stand still until `resume`. */
    pause: () => projector.stop(),
    async resume() {
      projector = await start();
    },
    async stop() {
      for (const client of Object.values(clients)) client.close();
      guard?.stop();
      await server.close();
      uploads.stop();
      await owners.stop();
      await projector.stop();
      watches.stop();
      await moves.stop();
      names.stop();
      redis.disconnect();
      await Promise.all([pool.end(), replicas?.end()]);
    },
  };
}

/** A running {@link startMesh}. */
export type TestMesh = Awaited<ReturnType<typeof startMesh>>;
