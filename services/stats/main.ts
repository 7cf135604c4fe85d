import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { serveRpc } from "#runtime/rpc";
import { servingStores } from "#stores/serving";
import { readConfig } from "./config.ts";
import { statsHandlers } from "./handlers.ts";
import { watchHandlers } from "./watch.ts";

await runService({
  name: "stats",
  shortStops: true,
  async start() {
    const config = readConfig(process.env);
    const { listen, drainMs } = config;
    const log = createLog("stats", config.logLevel);
    const stores = await servingStores(config, { name: "courtside-stats", log });
    const { read, names, journal, watches } = stores;
    const handlers = {
      ...statsHandlers({ read, names, slotOfGame: journal.slotOfGame }),
      ...watchHandlers({ names, watches }),
    };
    const server = await serveRpc({
      listen,
      log,
      drainMs,
      routes: (router) => router.service(StatsService, handlers),
    });
    return {
      async stop() {
        await server.close();
        await stores.stop();
      },
    };
  },
});
