import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { rpcClient } from "#runtime/rpc";
import { readConfig } from "./config.ts";
import { pagesFor } from "./pages.ts";
import { routesOver } from "./routes.ts";
import { serveGateway } from "./serve.ts";

await runService({
  name: "gateway",
  async start() {
    const { listen, season, origins, logLevel, drainMs, ...addresses } = readConfig(process.env);
    const log = createLog("gateway", logLevel);
    const ingest = rpcClient(IngestService, addresses.ingest);
    const stats = rpcClient(StatsService, addresses.stats);
    const leaderboard = rpcClient(LeaderboardService, addresses.leaderboard);
    const routes = routesOver({ ingest, stats, leaderboard, season, now: Date.now });
    const pages = pagesFor(routes);
    const server = await serveGateway({ listen, routes, pages, origins, log, drainMs });
    return {
      async stop() {
        await server.close();
        for (const client of [ingest, stats, leaderboard]) client.close();
      },
    };
  },
});
