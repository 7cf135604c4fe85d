import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DISK, openUplink } from "#client";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { rpcClient, serveRpc } from "#runtime/rpc";
import { relayHandlers } from "../../services/relay/handlers.ts";
import { serveHealthPage } from "../../services/relay/page.ts";
import { openRelay, type RelayGauges } from "../../services/relay/relay.ts";
import { SILENT } from "./stores.fixture.ts";

const DAY_MS = 24 * 3_600_000;

/** A relay in this process, over the real disk and real gRPC, before the ingest service at an address. */
export async function startRelay(target: string, folder = mkdtempSync(join(tmpdir(), "relay-"))) {
  const ingest = rpcClient(IngestService, target);
  const relay = await openRelay({
    ...{ disk: DISK, folder, log: SILENT, now: Date.now, bytesMax: 64 * 1024 * 1024 },
    ...{ gamesMax: 64, keepMs: 7 * DAY_MS },
    openUplink: (options) =>
      openUplink({ ...options, target, backoff: { firstMs: 10, mostMs: 200 } }),
    recordGame: (fact, signal) => ingest.recordGame(fact, { signal }),
  });
  const draining = new AbortController();
  const handlers = relayHandlers({ relay, ingest, draining: draining.signal, now: Date.now });
  const server = await serveRpc({
    listen: "127.0.0.1:0",
    log: SILENT,
    drainMs: 500,
    routes: (router) => router.service(IngestService, handlers),
  });
  const page = await serveHealthPage({
    listen: "127.0.0.1:0",
    insecure: false,
    relay,
    draining: draining.signal,
  });
  const client = rpcClient(IngestService, server.address);
  return {
    folder,
    relay,
    /** Calls it. */
    client,
    address: server.address,
    /** What its health page says. */
    async health() {
      const response = await fetch(`http://${page.address}/healthz`);
      const body = (await response.json()) as RelayGauges & { readonly status: string };
      return { status: response.status, body };
    },
    /** Ends it; its folder stays for the next. */
    async stop() {
      client.close();
      draining.abort();
      await server.close();
      await relay.close();
      await page.close();
      ingest.close();
    },
    removeFolder: () => rmSync(folder, { recursive: true }),
  };
}
