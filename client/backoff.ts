import { setTimeout as delay } from "node:timers/promises";

/** How long to wait between two tries of the same thing. */
export type Backoff = {
  /** The bound of the first wait; it doubles with each further one. Default 100 ms. */
  readonly firstMs?: number;
  /** No wait is longer, unless the peer names a longer one. Default 2 s. */
  readonly mostMs?: number;
  /** Without any progress for so long, it is given up. Default 10 minutes. */
  readonly giveUpAfterMs?: number;
  /** From 0 up to but not including 1, evenly. */
  readonly random?: () => number;
};

/** A backoff with everything said. */
export type FullBackoff = Required<Backoff>;

const DEFAULTS: FullBackoff = {
  firstMs: 100,
  mostMs: 2_000,
  giveUpAfterMs: 600_000,
  random: Math.random,
};

/** The backoff with the defaults in the places left open. */
export function fullBackoff(backoff: Backoff = {}): FullBackoff {
  return { ...DEFAULTS, ...backoff };
}

/**
 * How many milliseconds to wait before the try after `failures` failures in a row, from 1: a random
 * part of a bound that doubles ("full jitter"), so that many who fail at once do not return at once.
 * The peer's own wish comes first and the random part on top of it.
 */
export function waitMs(
  { firstMs, mostMs, random }: FullBackoff,
  failures: number,
  askedForMs = 0,
): number {
  const bound = Math.min(mostMs, firstMs * 2 ** (failures - 1));
  return askedForMs + Math.floor(random() * bound);
}

/** Waits so long; throws the signal's reason as soon as it aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
