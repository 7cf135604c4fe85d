import { DISK, openUplink } from "#client";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { createLog } from "#runtime/log";
import { runService } from "#runtime/process";
import { rpcClient, serveRpc } from "#runtime/rpc";
import { readConfig, withFile } from "./config.ts";
import { relayHandlers } from "./handlers.ts";
import { serveHealthPage } from "./page.ts";
import { openRelay } from "./relay.ts";

const SWEEP_EVERY_MS = 60_000;
/** An arena has few senders, and each a connection. */
const LIMITS = { connectionsMax: 256, streamsMax: 64 };

await runService({
  name: "relay",
  async start() {
    const config = readConfig(withFile(process.env, process.env.COURTSIDE_CONFIG));
    const { listen, healthListen, folder, insecure, logLevel, drainMs, bytesMax } = config;
    const log = createLog("relay", logLevel);
    const ingest = rpcClient(IngestService, config.ingest);
    const relay = await openRelay({
      ...{ disk: DISK, folder, log, now: Date.now, bytesMax },
      ...{ gamesMax: config.gamesMax, keepMs: config.keepMs },
      openUplink: (options) => openUplink({ ...options, target: config.ingest }),
      recordGame: (fact, signal) => ingest.recordGame(fact, { signal }),
    });
    const sweeping = setInterval(() => {
      relay.sweep().catch((error) => log.error({ err: error }, "games cannot be put away"));
    }, SWEEP_EVERY_MS);

    const draining = new AbortController();
    const handlers = relayHandlers({ relay, ingest, draining: draining.signal, now: Date.now });
    const server = await serveRpc({
      ...{ listen, insecure, log, drainMs, limits: LIMITS },
      routes: (router) => router.service(IngestService, handlers),
    });
    const page = await serveHealthPage({
      ...{ listen: healthListen, insecure, relay },
      draining: draining.signal,
    });
    log.info({ address: page.address }, "tells how it is");
    return {
      async stop() {
        clearInterval(sweeping);
        draining.abort();
        await server.close();
        await relay.close();
        await page.close();
        ingest.close();
      },
    };
  },
});
