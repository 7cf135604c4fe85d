import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { reasonOf } from "./reason-of.ts";

const ATTEMPTS_MAX = 4;
const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 1_000;

// The numbers of gRPC's retry throttling (gRFC A6).
const TOKENS_MAX = 10;
const TOKENS_PER_SUCCESS = 0.1;

/** How much a client may still retry. Shared by all its calls. */
export type RetryBudget = {
  succeeded(): void;
  /** Counts a failure; true if retrying is still allowed. */
  failed(): boolean;
};

/**
 * A budget that ends while more than about one call in ten fails: an outage must not be multiplied
 * by those who wait for its end.
 */
export function createRetryBudget(): RetryBudget {
  let tokens = TOKENS_MAX;
  return {
    succeeded() {
      tokens = Math.min(TOKENS_MAX, tokens + TOKENS_PER_SUCCESS);
    },
    failed() {
      tokens = Math.max(0, tokens - 1);
      return tokens > TOKENS_MAX / 2;
    },
  };
}

/** Where the retries of one call end. */
export type RetryBounds = {
  /** By Date.now(). A retry that could only begin later is not made. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly budget: RetryBudget;
};

/**
 * What `attempt` gives, made again on UNAVAILABLE, up to four times in all, after the delay that the
 * server named or a growing random one.
 *
 * Not the retries of grpc-js: those end when headers come, and a Connect server sends headers also
 * before an error. Nor do they know RetryInfo.
 */
export async function retrying<Value>(
  attempt: () => Promise<Value>,
  { deadline, signal, budget }: RetryBounds,
): Promise<Value> {
  for (let attempts = 1; ; attempts++) {
    try {
      const value = await attempt();
      budget.succeeded();
      return value;
    } catch (error) {
      const { code, retryAfterMs } = reasonOf(error);
      if (code !== Code.Unavailable) throw error;
      if (!budget.failed() || attempts === ATTEMPTS_MAX) throw error;
      const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (attempts - 1));
      const waitMs = retryAfterMs ?? backoffMs * Math.random();
      if (Date.now() + waitMs >= deadline) throw error;
      // An abort ends the delay, and the attempt after it ends as cancelled.
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  }
}
