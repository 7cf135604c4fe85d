import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster, type RedisOptions as ConnectionOptions, Redis } from "ioredis";
import { type RedisPlace, redisPlace } from "#runtime/config";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";

/** A client of one server, of the primary that Sentinels name, or of all nodes of a Cluster. */
export type RedisClient = Redis | Cluster;

/** What every Redis client is made of. */
export type RedisOptions = {
  /** As {@link redisPlace} reads it. */
  readonly url: string;
  readonly log: Log;
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  /** Who is asked: replicas take reads alone, and may be behind. The primary unless given. */
  readonly of?: "primary" | "replicas";
};

/** How long a caller waits for a connection at first, in ms. */
const CONNECTED_WITHIN_MS = 2_000;
const CONNECTED_LOOK_MS = 5;

/** How often it is looked whether a client has ended, in ms. */
const ENDED_LOOK_MS = 500;

/** Of what goes wrong again and again, this often something is logged, in ms. */
const LOG_EVERY_MS = 1_000;

/** How long a node of a Cluster that has moved a slot is left to know where it is, in ms, … */
const MOVED_RETRY_MS = 50;
/** … and how often a command follows such a move. */
const REDIRECTIONS_MAX = 8;
/** Commands that were led in a circle, after which the Cluster is looked at anew. */
const CIRCLES_MAX = 5;

/**
 * The one way to a Redis client. Every command has a bound, a stalled connection is left, and a command
 * that was in flight when the connection broke is never sent again behind the caller's back: a reply
 * that was lost is the caller's to think about. Nor does a command wait for a connection: without one
 * it fails at once. Throws where the URL is not one, or a file that it names cannot be read.
 */
export function redisClient({ url, log, name, of = "primary" }: RedisOptions): RedisClient {
  const place = redisPlace(url);
  const connect = place.topology === "cluster" ? clusterAt : serverAt;
  const client = connect(place, name, of);
  neverEnd(client);
  if (client instanceof Cluster) client.on("+node", hearLaterErrors);
  else hearLaterErrors(client);
  let loggedAt = Number.NEGATIVE_INFINITY;
  const warn = (error: unknown) => {
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    log.warn({ err: error }, "Redis is out of reach");
  };
  client.on("error", warn);
  client.on("node error", warn);
  return client;
}

/** Whether the client has a connection: at once where it has all it needs, else after it tried for a moment. */
export async function connected(redis: RedisClient): Promise<boolean> {
  const givenUpAt = performance.now() + CONNECTED_WITHIN_MS;
  while (!hasConnections(redis) && performance.now() < givenUpAt) await delay(CONNECTED_LOOK_MS);
  return redis.status === "ready";
}

function hasConnections(redis: RedisClient): boolean {
  const nodes = redis instanceof Cluster ? redis.nodes() : [];
  return redis.status === "ready" && !nodes.some(({ status }) => status.startsWith("connect"));
}

/**
 * The keys that match a pattern, some at a time. A key may come twice, and one that is made or removed
 * meanwhile may come or not.
 */
export async function* keysLike(redis: RedisClient, pattern: string): AsyncGenerator<string[]> {
  for (const node of redis instanceof Cluster ? redis.nodes("master") : [redis]) {
    let from = "0";
    do {
      const [next, keys] = await answer(node.scan(from, "MATCH", pattern, "COUNT", 1_000));
      if (keys.length > 0) yield keys;
      from = next;
    } while (from !== "0");
  }
}

/** The result of a command; throws {@link Outage} where Redis gave no answer. */
export async function answer<Result>(command: Promise<Result>): Promise<Result> {
  try {
    return await command;
  } catch (error) {
    throw isRefusal(error) ? error : new Outage("redis", { cause: error });
  }
}

/** The results of a transaction in the order of its commands, read at one moment. */
export async function answers(
  transaction: Promise<[error: Error | null, result: unknown][] | null>,
): Promise<unknown[]> {
  const replies = await answer(transaction);
  if (replies === null)
    throw new Outage("redis", { cause: new Error("the transaction was dropped") });
  return replies.map(([error, result]) => {
    if (error !== null) throw isRefusal(error) ? error : new Outage("redis", { cause: error });
    return result;
  });
}

/** What holds for every connection. */
function connectionOf({ login, tls, caFile }: RedisPlace, name: string): ConnectionOptions {
  return {
    ...login,
    ...(tls && { tls: tlsOf(caFile) }),
    connectionName: name,
    connectTimeout: 2_000,
    commandTimeout: 1_500,
    socketTimeout: 2_000,
    // One that does not answer does not say goodbye either.
    disconnectTimeout: 200,
    // A quiet connection must not look like a stalled one.
    keepAlive: 5_000,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    // ioredis subscribes anew without looking whether it worked: a failure would end the process. Who
    // subscribes does that on "ready".
    autoResubscribe: false,
    retryStrategy: pauseMs,
    reconnectOnError: (error) => (/READONLY/.test(error.message) ? 1 : false),
  };
}

/** A client of one server, or of the one that Sentinels name: they say so when it is another. */
function serverAt(place: RedisPlace, name: string, of: "primary" | "replicas"): Redis {
  const { topology, hosts, primary, db, sentinelLogin, tls, caFile, nat } = place;
  const options = { ...connectionOf(place, name), db };
  if (topology === "single") return new Redis({ ...options, ...hosts[0] });
  return new Redis({
    ...options,
    role: of === "primary" ? "master" : "slave",
    sentinels: [...hosts],
    name: primary,
    natMap: { ...nat },
    failoverDetector: true,
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: pauseMs,
    // Until one that was away is listened to again.
    sentinelReconnectStrategy: () => 5_000,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(caFile) }),
    ...(sentinelLogin.username && { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password && { sentinelPassword: sentinelLogin.password }),
  });
}

/**
 * Connects a client again that has ended, or ends for ever, although nobody has told it to: ioredis gives up
 * for good when Sentinels tell of a failover while it is just asking them for the primary, and when a Cluster
 * is left while it is just being connected to.
 */
function neverEnd(client: RedisClient): void {
  let former = client.status;
  const looking = setInterval(() => {
    const { status } = client;
    const isGone = status === "end" || (status === "disconnecting" && former === status);
    former = status;
    // It says what is wrong by its events, and ends again where it still is.
    if (isGone) void client.connect().catch(() => {});
  }, ENDED_LOOK_MS).unref();
  const disconnect = client.disconnect.bind(client);
  client.disconnect = (reconnect = false) => {
    if (!reconnect) clearInterval(looking);
    disconnect(reconnect);
  };
}

/**
 * Listens for what goes wrong with a connection after the first error, which is all that ioredis hears: of one
 * over TLS that is left because of its certificate, the server may yet say what it thinks of that, and without
 * a listener Node would end.
 */
function hearLaterErrors(client: Redis): void {
  client.on("error", () => client.stream?.off("error", ignore).on("error", ignore));
}

function ignore(): void {}

function clusterAt(place: RedisPlace, name: string, of: "primary" | "replicas"): Cluster {
  const cluster = new Cluster([...place.hosts], {
    redisOptions: connectionOf(place, name),
    natMap: { ...place.nat },
    scaleReads: of === "primary" ? "master" : "slave",
    enableOfflineQueue: false,
    shardedSubscribers: true,
    // Names stay names: a certificate is of a name, and an address may be another one the next time.
    dnsLookup: (host, found) => found(null, host),
    clusterRetryStrategy: pauseMs,
    slotsRefreshInterval: 5_000,
    slotsRefreshTimeout: 2_000,
    maxRedirections: REDIRECTIONS_MAX,
    retryDelayOnMoved: MOVED_RETRY_MS,
    // Whether to send again what may have been done is for the caller to say.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  });
  leaveCircles(cluster);
  connectEarly(cluster, of === "primary" ? "master" : "all");
  return cluster;
}

/**
 * Connects a Cluster's client to each node that it knows of. It would do that at the first command, and fail
 * all others until the connection is there.
 */
function connectEarly(cluster: Cluster, role: "master" | "all"): void {
  const connect = () => {
    // Until then it looks whether all is well, by a command of its own.
    if (cluster.status !== "ready") return;
    for (const node of cluster.nodes(role)) {
      if (node.status === "wait") void node.connect().catch(() => {});
    }
  };
  cluster.on("ready", connect);
  cluster.on("refresh", connect);
}

/**
 * Connects a Cluster's client anew after some commands were led in a circle: what it has learned of the
 * nodes may be wrong for good (https://github.com/redis/ioredis/issues/1863).
 */
function leaveCircles(cluster: Cluster): void {
  const handleError = cluster.handleError.bind(cluster);
  let circles = 0;
  cluster.handleError = (error, left, handlers) =>
    handleError(error, left, {
      ...handlers,
      maxRedirections(tooMany: Error) {
        circles += 1;
        if (circles >= CIRCLES_MAX && cluster.status === "ready") {
          circles = 0;
          cluster.disconnect(true);
        }
        handlers.maxRedirections(tooMany);
      },
    });
}

function tlsOf(caFile: string | undefined): { readonly ca?: string } {
  return caFile === undefined ? {} : { ca: readFileSync(caFile, "utf8") };
}

// Replies that say the command is wrong. All others (no connection, LOADING, READONLY, OOM, MISCONF,
// CLUSTERDOWN, a time-out) say that it may go through later.
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(WRONGTYPE|ERR|NOPERM|NOAUTH|WRONGPASS)/.test(error.message);
}

/** The pause before an attempt to connect, in ms. */
function pauseMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 5), 1_000) * (0.5 + Math.random() / 2);
}
