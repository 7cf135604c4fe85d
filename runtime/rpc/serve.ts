import { once } from "node:events";
import { createServer, type ServerHttp2Stream, type ServerOptions } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createServiceImplSpec,
  type ServiceImpl,
  type ServiceImplSpec,
} from "@connectrpc/connect";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import type { Log } from "#runtime/log";
import { grpcCalls } from "./binary-grpc.ts";
import { failure } from "./errors.ts";
import { createHealth } from "./health.ts";
import { speaker } from "./interceptors.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { otherProtocols } from "./other-protocols.ts";
import { addressOf, placeOf } from "./place.ts";
import { type Sessions, watchSessions } from "./sessions.ts";

const DRAIN_MS_DEFAULT = 10_000;
// What the last answers need to leave, after the calls were told that it is over.
const FAREWELL_MS = 250;

/** Takes the services of a server, each with what answers its calls. */
export type Services = {
  service<Service extends DescService>(
    service: Service,
    handlers: Partial<ServiceImpl<Service>>,
  ): Services;
};

/** What a server serves, and where. */
export type RpcOptions = {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** Registers the services. */
  readonly routes: (router: Services) => unknown;
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
  const services = servicesOf(routes);
  for (const { service } of services.specs) health.set(true, service.typeName);
  services.router.service(Health, health.handlers);
  const server = createServer(http2Options(limits));
  server.maxConnections = limits.connectionsMax;
  const sessions = watchSessions(server, limits);
  const speak = speaker(log);
  const ending = { draining: draining.signal, shutdown: shutdown.signal };
  const answerGrpc = grpcCalls({ services: services.specs, limits, speak, ...ending });
  const answerOthers = otherProtocols(services.registerAll, { limits, speak, log, ...ending });
  server.on("stream", (stream: ServerHttp2Stream, headers, _flags, rawHeaders) => {
    if (!answerGrpc(stream, headers)) answerOthers(stream, headers, rawHeaders);
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

type Collected = {
  readonly router: Services;
  readonly specs: readonly ServiceImplSpec[];
  /** Registers all of them with Connect. */
  readonly registerAll: (router: ConnectRouter) => void;
};

function servicesOf(routes: RpcOptions["routes"]): Collected {
  const specs: ServiceImplSpec[] = [];
  const registers: ((router: ConnectRouter) => void)[] = [];
  const router: Services = {
    service(service, handlers) {
      specs.push(createServiceImplSpec(service, handlers));
      registers.push((connect) => connect.service(service, handlers));
      return router;
    },
  };
  routes(router);
  return { router, specs, registerAll: (connect) => registers.forEach((to) => void to(connect)) };
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

/** Whether `promise` settled within `ms`. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  const late = new AbortController();
  const settled = promise.then(() => true);
  const timeout = delay(ms, false, { signal: late.signal }).catch(() => false);
  const inTime = await Promise.race([settled, timeout]);
  late.abort();
  return inTime;
}
