import { Redis } from "ioredis";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";

/** What every Redis client is made of. */
export type RedisOptions = {
  /** `redis://user:password@host:port/db`. */
  readonly url: string;
  readonly log: Log;
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
};

/**
 * The one way to a Redis client. Every command has a bound, a stalled connection is left, and a command
 * that was in flight when the connection broke is never sent again behind the caller's back: a reply
 * that was lost is the caller's to think about.
 */
export function redisClient({ url, log, name }: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: 2_000,
    commandTimeout: 1_500,
    socketTimeout: 2_000,
    // A quiet connection must not look like a stalled one.
    keepAlive: 5_000,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    // ioredis subscribes anew without looking whether it worked: a failure would end the process. Who
    // subscribes does that on "ready".
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000) * jitter(),
    reconnectOnError: (error) => (/READONLY/.test(error.message) ? 1 : false),
  });
  redis.on("error", (error) => log.warn({ err: error }, "Redis is out of reach"));
  return redis;
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

// Replies that say the command is wrong. All others (no connection, LOADING, READONLY, OOM, MISCONF,
// CLUSTERDOWN, a time-out) say that it may go through later.
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(WRONGTYPE|ERR|NOPERM|NOAUTH|WRONGPASS)/.test(error.message);
}

function jitter(): number {
  return 0.5 + Math.random() / 2;
}
