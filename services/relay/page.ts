import { once } from "node:events";
import { createServer } from "node:http";
import { addressOf, placeOf } from "#runtime/rpc";
import type { Relay } from "./relay.ts";

/** A running health page. */
export type HealthPage = {
  /** Where it listens, as `host:port`, with the real port. */
  readonly address: string;
  close(): Promise<void>;
};

const REQUEST_MS = 5_000;
const CONNECTIONS_MAX = 64;

/**
 * Serves how a relay is at `/healthz`, over HTTP/1.1: 200 with its gauges as JSON; 503 while a spool is
 * damaged or the relay is about to end. A mesh that is away is no fault of the relay's.
 */
export async function serveHealthPage(options: {
  readonly listen: string;
  readonly insecure: boolean;
  readonly relay: Pick<Relay, "gauges">;
  readonly draining: AbortSignal;
}): Promise<HealthPage> {
  const { relay, draining } = options;
  const server = createServer({ requestTimeout: REQUEST_MS, maxHeaderSize: 8_192 });
  server.maxConnections = CONNECTIONS_MAX;
  server.on("request", async (request, response) => {
    if (request.url !== "/healthz") {
      response.writeHead(404).end();
      return;
    }
    try {
      const gauges = await relay.gauges();
      const isWell = Object.keys(gauges.damaged).length === 0 && !draining.aborted;
      const body = JSON.stringify({ status: isWell ? "serving" : "not serving", ...gauges });
      const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
      response.writeHead(isWell ? 200 : 503, headers).end(`${body}\n`);
    } catch {
      response.writeHead(500).end();
    }
  });
  server.listen(placeOf(options.listen, options.insecure));
  await once(server, "listening");
  return {
    address: addressOf(server),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
