import type { Slot } from "#domain/slots";
import { answer, type RedisClient } from "#stores/redis";
import { cursorOf, type HotCursor } from "./cursor.ts";
import { changesChannel, cursorKey } from "./keys.ts";
import { type Move, moveOf } from "./moves.ts";

/** The moves of slots, as they are told. */
export type HotMoves = {
  /** Tells the listener of a slot's moves until the function returned is called. */
  listen(slot: Slot, listener: MoveListener): () => void;
  /** Lets go of all listeners. The client is the caller's. */
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

/** A slot that is listened to. */
type Heard = {
  readonly slot: Slot;
  readonly listeners: Set<MoveListener>;
  /** Whether it was subscribed to, as far as is known. */
  subscribed: boolean;
  /** Where the last look found it. */
  lookedAt?: string;
  /** Whether a move was told since then. */
  told: boolean;
  /** The look that is under way. */
  looking?: Promise<void>;
};

/** The moves told by Redis: one subscription a slot serves all its listeners. */
export function hotMovesIn(redis: RedisClient): HotMoves {
  const channels = new Map<string, Heard>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function onMessage(channel: string, message: string): void {
    const heard = channels.get(channel);
    if (heard === undefined) return;
    heard.told = true;
    const move = moveOf(message);
    for (const listener of heard.listeners) listener.onMove(move);
  }
  // A new connection has no subscriptions.
  function onClose(): void {
    for (const heard of channels.values()) heard.subscribed = false;
  }
  function onReady(): void {
    for (const [channel, heard] of channels) void subscribe(channel, heard);
  }
  redis.on("smessage", onMessage);
  redis.on("close", onClose);
  redis.on("ready", onReady);

  // One that fails is tried again at the next look.
  async function subscribe(channel: string, heard: Heard): Promise<void> {
    heard.subscribed = true;
    try {
      await redis.ssubscribe(channel);
    } catch {
      heard.subscribed = false;
    }
  }

  async function unsubscribe(channel: string): Promise<void> {
    await redis.sunsubscribe(channel).catch(() => {});
  }

  async function look(channel: string, heard: Heard): Promise<void> {
    const { slot, listeners } = heard;
    try {
      const text = (await answer(redis.get(cursorKey(slot)))) ?? "";
      // A subscription may be gone without a word, such as with the node of a Cluster that had the slot.
      if (heard.lookedAt !== undefined && text !== heard.lookedAt && !heard.told) {
        await unsubscribe(channel);
        heard.subscribed = false;
      }
      heard.lookedAt = text;
      heard.told = false;
      const cursor = cursorOf(text);
      for (const listener of listeners) listener.onLook(cursor);
    } catch (error) {
      for (const listener of listeners) listener.onOutage(error);
    }
    if (!heard.subscribed && channels.get(channel) === heard) await subscribe(channel, heard);
  }

  function lookLater(): void {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      // Slots may be on several servers, of which one that is slow holds up none of the others.
      for (const [channel, heard] of channels) {
        heard.looking ??= look(channel, heard).finally(() => delete heard.looking);
      }
      if (channels.size > 0) lookLater();
    }, LOOK_EVERY_MS);
  }

  return {
    listen(slot, listener) {
      const channel = changesChannel(slot);
      let heard = channels.get(channel);
      if (heard === undefined) {
        heard = { slot, listeners: new Set(), subscribed: false, told: false };
        channels.set(channel, heard);
        void subscribe(channel, heard);
      }
      const { listeners } = heard;
      listeners.add(listener);
      lookLater();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || channels.get(channel)?.listeners !== listeners) return;
        channels.delete(channel);
        void unsubscribe(channel);
      };
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const looks = [...channels.values()].map(({ looking }) => looking);
      channels.clear();
      redis.off("smessage", onMessage);
      redis.off("close", onClose);
      redis.off("ready", onReady);
      await Promise.all(looks);
    },
  };
}
