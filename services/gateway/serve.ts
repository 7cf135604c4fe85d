import { once } from "node:events";
import { createServer, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#runtime/log";
import { addressOf, placeOf } from "#runtime/rpc";
import { edge, type Page } from "./edge.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { Route } from "./route.ts";

/** What a gateway serves, and where. */
export type GatewayOptions = {
  /** `host:port` of a loopback address; port 0 takes a free one. */
  readonly listen: string;
  readonly routes: readonly Route[];
  /** What is served as it is, by path. */
  readonly pages: ReadonlyMap<string, Page>;
  /** The web origins that may read; "*" among them for all. */
  readonly origins: readonly string[];
  readonly log: Log;
  /** How long `close` waits for requests that run. */
  readonly drainMs: number;
  /** Where they differ from LIMITS. */
  readonly limits?: Partial<Limits>;
};

/** A running gateway. */
export type Gateway = {
  /** Where it listens, as `host:port`, with the real port. */
  readonly address: string;
  /** Ends it: no new connections, and requests that run may end within `drainMs`; watchers are told when to come back. */
  close(): Promise<void>;
};

const HEADERS_MAX = 64;
// How often connections are looked at for the bounds of headers and requests.
const CHECK_MS = 500;
const DRAIN_LOOK_MS = 20;

/** Serves HTTP/1.1, once it listens. Throws when it cannot, or may not, as serveRpc does. */
export async function serveGateway(options: GatewayOptions): Promise<Gateway> {
  const { listen, log, drainMs } = options;
  const limits = { ...LIMITS, ...options.limits };
  const { host, port } = placeOf(listen);
  const draining = new AbortController();
  const server = createServer({
    maxHeaderSize: limits.headersMaxBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_MS,
  });
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = HEADERS_MAX;
  const answer = edge({ ...options, limits, draining: draining.signal });
  server.on("request", answer);
  // Those who ask before they send a body are told whether it is wanted at all.
  server.on("checkContinue", answer);
  server.on("clientError", refuse);
  server.listen({ host, port });
  await once(server, "listening");
  const address = addressOf(server);
  log.info({ address }, "listening");
  return {
    address,
    async close() {
      draining.abort();
      await drained(server, drainMs);
    },
  };
}

async function drained(server: Server, drainMs: number): Promise<void> {
  let closed = false;
  const whenClosed = new Promise<void>((resolve) => {
    server.close(() => {
      closed = true;
      resolve();
    });
  });
  for (const until = performance.now() + drainMs; !closed && performance.now() < until; ) {
    server.closeIdleConnections();
    await Promise.race([whenClosed, delay(DRAIN_LOOK_MS)]);
  }
  server.closeAllConnections();
  await whenClosed;
}

const STATUS_OF_FAULT: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

// What is no HTTP never becomes a request: it is answered on the bare connection.
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = STATUS_OF_FAULT[error.code ?? ""] ?? 400;
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: "about:blank", title, status });
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      "Content-Type: application/problem+json",
      `Content-Length: ${body.length}`,
      "Cache-Control: no-store",
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
    // Not half-open: who sends what is no HTTP may never end.
    () => socket.destroySoon(),
  );
}
