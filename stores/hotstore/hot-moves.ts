import type { Redis } from "ioredis";
import type { Slot } from "#domain/slots";
import { answers } from "#stores/redis";
import { cursorOf, type HotCursor } from "./cursor.ts";
import { changesChannel, cursorKey } from "./keys.ts";
import { type Move, moveOf } from "./moves.ts";

/** The moves of slots, as they are told. */
export type HotMoves = {
  /** Tells the listener of a slot's moves until the function returned is called. */
  listen(slot: Slot, listener: MoveListener): () => void;
  /** Lets go of all listeners. The clients are the caller's. */
  stop(): Promise<void>;
};

/** Who wants to know of a slot's moves. */
export type MoveListener = {
  /** A move was told. Moves may be lost, and come after a look that has seen them. */
  onMove(move: Move): void;
  /** Where the slot was found to be, about every {@link LOOK_EVERY_MS}. */
  onLook(at: HotCursor | undefined): void;
  /** It could not be found out where the slot is. */
  onOutage(error: unknown): void;
};

/** How often it is looked where the slots are, in ms: what a lost message costs, at most. */
const LOOK_EVERY_MS = 750;

/**
 * The moves told by Redis. `subscriber` is a client of its own for nothing but this: one connection
 * serves all listeners, with one subscription a slot. `redis` looks where the slots are, all of them in
 * one round trip.
 */
export function hotMovesIn(redis: Redis, subscriber: Redis): HotMoves {
  const listeners = new Map<Slot, Set<MoveListener>>();
  const slots = new Map<string, Slot>();
  const subscribed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  subscriber.on("smessage", (channel: string, message: string) => {
    const slot = slots.get(channel);
    if (slot === undefined) return;
    const move = moveOf(message);
    for (const listener of listeners.get(slot) ?? []) listener.onMove(move);
  });
  // A new connection has no subscriptions.
  subscriber.on("close", () => subscribed.clear());
  subscriber.on("ready", () => {
    for (const channel of slots.keys()) subscribe(channel);
  });

  // One that fails is tried again at the next look.
  function subscribe(channel: string): void {
    subscribed.add(channel);
    subscriber.ssubscribe(channel).catch(() => subscribed.delete(channel));
  }

  async function look(): Promise<void> {
    for (const channel of slots.keys()) if (!subscribed.has(channel)) subscribe(channel);
    // A connection that is dead without a word is found by its silence.
    if (subscribed.size > 0) subscriber.ping().catch(() => {});
    const asked = [...listeners.keys()];
    try {
      const pipeline = redis.pipeline();
      for (const slot of asked) pipeline.get(cursorKey(slot));
      const texts = await answers(pipeline.exec());
      asked.forEach((slot, at) => {
        const cursor = cursorOf(texts[at] as string | null);
        for (const listener of listeners.get(slot) ?? []) listener.onLook(cursor);
      });
    } catch (error) {
      for (const slot of asked) {
        for (const listener of listeners.get(slot) ?? []) listener.onOutage(error);
      }
    }
  }
  function lookLater(): void {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(() => {
      looking = look().finally(() => {
        timer = undefined;
        if (listeners.size > 0) lookLater();
      });
    }, LOOK_EVERY_MS);
  }

  return {
    listen(slot, listener) {
      const channel = changesChannel(slot);
      const own = listeners.get(slot) ?? new Set();
      listeners.set(slot, own.add(listener));
      slots.set(channel, slot);
      if (own.size === 1 && !subscribed.has(channel)) subscribe(channel);
      lookLater();
      return () => {
        own.delete(listener);
        if (own.size > 0 || listeners.get(slot) !== own) return;
        listeners.delete(slot);
        slots.delete(channel);
        subscribed.delete(channel);
        subscriber.sunsubscribe(channel).catch(() => {});
      };
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      listeners.clear();
      slots.clear();
      await looking;
    },
  };
}
