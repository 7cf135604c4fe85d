import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { serveRpc } from "#runtime/rpc";
import { pastReaderOf } from "#stores/reads";
import { servingStores } from "#stores/serving";
import { readConfig } from "./config.ts";
import { leaderboardHandlers } from "./handlers.ts";
import { leadersHandlers } from "./leaders.ts";
import { watchHandlers } from "./watch.ts";

await runService({
  name: "leaderboard",
  shortStops: true,
  async start() {
    const config = readConfig(process.env);
    const { listen, drainMs } = config;
    const log = createLog("leaderboard", config.logLevel);
    const stores = await servingStores(config, { name: "courtside-leaderboard", log });
    const { read, past, names, watches } = stores;
    const handlers = {
      ...leaderboardHandlers({ read, readPast: pastReaderOf(read, past), names }),
      ...leadersHandlers({ read, names }),
      ...watchHandlers({ names, watches }),
    };
    const server = await serveRpc({
      listen,
      log,
      drainMs,
      routes: (router) => router.service(LeaderboardService, handlers),
    });
    return {
      async stop() {
        await server.close();
        await stores.stop();
      },
    };
  },
});
