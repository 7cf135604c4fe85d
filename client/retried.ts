import { reasonOf } from "#runtime/rpc";
import { type Backoff, fullBackoff, pause, waitMs } from "./backoff.ts";
import { type Prospect, prospectOf } from "./failures.ts";

/** A peer gave no good answer for so long that it was given up; `cause` is the last failure. */
export class GivenUp extends Error {
  override readonly name = "GivenUp";
}

/** Faults of the peer in a row after which it is taken for broken, not for restarting. */
const DOUBTFUL_MAX = 8;

/** Counts the failures since the last progress and says how long to wait after each. */
export type Patience = {
  /** Something went on: what failed before is forgotten. */
  progressed(): void;
  /**
   * How many milliseconds to wait before the next try. Throws `error` itself if the peer refused, and
   * GivenUp when the time or the number of faults is over.
   */
  afterFailure(error: unknown): number;
};

/** How a patience judges failures, and what time it goes by. */
export type Judgement = {
  readonly prospectOf?: (error: unknown) => Prospect;
  /** In ms that never go back. */
  readonly now?: () => number;
};

/** A patience by this backoff. */
export function patience(backoff: Backoff = {}, judgement: Judgement = {}): Patience {
  const { prospectOf: judged = prospectOf, now = () => performance.now() } = judgement;
  const full = fullBackoff(backoff);
  let failures = 0;
  let doubtful = 0;
  let failingSince: number | undefined;
  return {
    progressed() {
      failures = 0;
      doubtful = 0;
      failingSince = undefined;
    },
    afterFailure(error) {
      const prospect = judged(error);
      if (prospect === "refused") throw error;
      failures += 1;
      if (prospect === "doubtful") doubtful += 1;
      failingSince ??= now();
      const { message, retryAfterMs } = reasonOf(error);
      if (doubtful > DOUBTFUL_MAX || now() - failingSince >= full.giveUpAfterMs) {
        throw new GivenUp(`gave up after ${failures} tries: ${message}`, { cause: error });
      }
      return waitMs(full, failures, retryAfterMs);
    },
  };
}

/**
 * What `call` gives, tried again while its peer is away. Only for calls that may be repeated, such as
 * those marked IDEMPOTENT: each try must send the same.
 *
 * Throws the failure if the peer refuses, GivenUp after the backoff's bound, and the signal's reason.
 */
export async function retried<Answer>(
  call: () => Promise<Answer>,
  options: Backoff & Judgement & { readonly signal?: AbortSignal } = {},
): Promise<Answer> {
  const { signal, prospectOf, now, ...backoff } = options;
  const patient = patience(backoff, { prospectOf, now });
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      await pause(patient.afterFailure(error), signal);
    }
  }
}
