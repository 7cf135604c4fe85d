import { once } from "node:events";
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerOptions,
} from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { compressionGzip, connectNodeAdapter } from "@connectrpc/connect-node";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import type { Log } from "#runtime/log";
import { failure } from "./errors.ts";
import { createHealth } from "./health.ts";
import { deadlines, endings, outages, validation } from "./interceptors.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { addressOf, placeOf } from "./place.ts";
import { type Sessions, watchSessions } from "./sessions.ts";

const DRAIN_MS_DEFAULT = 10_000;
// What the last answers need to leave, after the calls were told that it is over.
const FAREWELL_MS = 250;

/** What a server serves, and where. */
export type RpcOptions = {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  readonly log: Log;
  /** How long `close` waits for calls that run. Default 10 s. */
  readonly drainMs?: number;
  /** Where they differ from LIMITS. */
  readonly limits?: Partial<Limits>;
  /** Allows an address that other machines reach, although nothing is encrypted or checked. */
  readonly insecure?: boolean;
};

/** A running server. */
export type RpcServer = {
  /** Where it listens, as `host:port`, with the real port. */
  readonly address: string;
  /** Says by grpc.health.v1 whether a service, or without a name the whole server, is serving. */
  setServing(serving: boolean, service?: string): void;
  /**
   * Ends the server: health NOT_SERVING, no new connections, GOAWAY on those there are. Streams of
   * answers are told SHUTTING_DOWN. Other calls that run may end within `drainMs`; then they are told
   * it too and cut.
   */
  close(): Promise<void>;
};

/**
 * Serves gRPC, gRPC-Web and Connect over cleartext HTTP/2, with health, once it listens.
 *
 * Every request is valid by the rules of its .proto when a handler sees it, and every limit of
 * LIMITS holds, also of what a compressed request is inflated to. Answers are not compressed. Throws when it cannot listen, or may not: see
 * `insecure`.
 */
export async function serveRpc(options: RpcOptions): Promise<RpcServer> {
  const { listen, routes, log, drainMs = DRAIN_MS_DEFAULT, insecure = false } = options;
  const { host, port } = placeOf(listen, insecure);
  const limits = { ...LIMITS, ...options.limits };
  const draining = new AbortController();
  const shutdown = new AbortController();
  const health = createHealth();
  const wholeRequests = new Set<string>();
  const streams = new Set<string>();
  const server = createServer(http2Options(limits));
  server.maxConnections = limits.connectionsMax;
  const sessions = watchSessions(server, limits);
  const answer = connectNodeAdapter({
    routes(router) {
      routes(router);
      for (const { service } of router.handlers) health.set(true, service.typeName);
      router.service(Health, health.handlers);
      for (const { method, requestPath } of router.handlers) {
        if (isWholeRequest(method)) wholeRequests.add(requestPath);
        if (method.methodKind === "server_streaming") streams.add(requestPath);
      }
    },
    interceptors: [outages(log), deadlines(limits), endings(limits, draining.signal), validation()],
    readMaxBytes: limits.readMaxBytes,
    writeMaxBytes: limits.writeMaxBytes,
    acceptCompression: [compressionGzip],
    // Answers are small, and compressing them costs more than sending them.
    compressMinBytes: Number.MAX_SAFE_INTEGER,
    shutdownSignal: shutdown.signal,
  });
  server.on("request", (request, response) => {
    if (wholeRequests.has(request.url)) endWhenLate(request, limits.requestMs);
    if (streams.has(request.url)) sendOneByOne(response, limits.unreadMs);
    closeWhenAnswered(request);
    try {
      answer(request, response);
    } catch (error) {
      // The adapter throws where :authority is missing or is no host name; uncaught, one such request
      // would end the process.
      log.debug({ err: error }, "refused");
      response.writeHead(400).end();
    }
  });
  server.listen({ host, port });
  await once(server, "listening");
  const address = addressOf(server);
  log.info({ address }, "listening");
  return {
    address,
    setServing: health.set,
    async close() {
      health.close();
      server.close();
      draining.abort(shuttingDown());
      await drained(sessions, shutdown, drainMs);
    },
  };
}

function http2Options(limits: Limits): ServerOptions {
  return {
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.streamsMax,
      maxHeaderListSize: limits.headerListMaxBytes,
      initialWindowSize: limits.streamWindowBytes,
    },
    maxHeaderListPairs: limits.headerPairsMax,
    maxSessionMemory: limits.sessionMemoryMaxMb,
    maxSessionInvalidFrames: 50,
    maxSessionRejectedStreams: 20,
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
  };
}

function isWholeRequest({ methodKind }: DescMethod): boolean {
  return methodKind === "unary" || methodKind === "server_streaming";
}

// No handler and no interceptor runs before such a request is complete, so only this ends a call
// whose body never comes.
function endWhenLate(request: Http2ServerRequest, requestMs: number): void {
  const timer = setTimeout(() => request.stream.close(constants.NGHTTP2_CANCEL), requestMs);
  request.once("end", () => clearTimeout(timer));
  request.once("close", () => clearTimeout(timer));
}

// Node keeps a call open until its client has ended it too, which one that still uploads may never
// do. The code says that the answer is complete (RFC 9113, section 8.1).
function closeWhenAnswered({ stream }: Http2ServerRequest): void {
  stream.once("wantTrailers", () => {
    // After Node has sent the trailers, which it does in a setImmediate of its own.
    setImmediate(() => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}

async function drained(sessions: Sessions, shutdown: AbortController, drainMs: number) {
  const empty = sessions.drain();
  if (await within(drainMs, empty)) return;
  shutdown.abort(shuttingDown());
  await within(FAREWELL_MS, empty);
  sessions.destroy();
  await empty;
}

function shuttingDown() {
  return failure("SHUTTING_DOWN", "The server is shutting down.", { retryAfterMs: 0 });
}

// Connect asks a handler for its next message while Node's buffer has room, which is 64 KiB: hundreds
// of changes that a slow peer would have to read before the newest. So it is asked only when the kernel
// has taken the message before. Who does not read for too long loses its place to others.
function sendOneByOne(response: Http2ServerResponse, unreadMs: number): void {
  const write = response.write.bind(response) as (
    chunk: string | Uint8Array,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ) => boolean;
  response.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error: Error) => void),
    done?: (error: Error) => void,
  ) => {
    const named = typeof encoding === "string" ? encoding : "binary";
    const told = typeof encoding === "string" ? done : encoding;
    const late = setTimeout(() => response.stream.close(constants.NGHTTP2_CANCEL), unreadMs);
    write(chunk, named, (error) => {
      clearTimeout(late);
      if (error) told?.(error);
      else response.emit("drain");
    });
    return false;
  };
}

/** Whether `promise` settled within `ms`. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  const late = new AbortController();
  const settled = promise.then(() => true);
  const timeout = delay(ms, false, { signal: late.signal }).catch(() => false);
  const inTime = await Promise.race([settled, timeout]);
  late.abort();
  return inTime;
}
