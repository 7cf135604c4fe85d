import pLimit, { type LimitFunction } from "p-limit";
import type pg from "pg";

/** How many connections of one pool one kind of work holds at a time. */
const HELD_MAX = 2;

/**
 * Bounds a kind of work that holds a connection of a pool while it asks the same pool for others: it is done
 * two at a time, and the rest waits for its turn. Where all connections are held so, none is left for what
 * their holders wait for.
 */
export function fewAtOnce() {
  const limits = new WeakMap<pg.Pool, LimitFunction>();
  return <Result>(pool: pg.Pool, work: () => Promise<Result>): Promise<Result> => {
    const limit = limits.get(pool) ?? pLimit(HELD_MAX);
    limits.set(pool, limit);
    return limit(work);
  };
}
