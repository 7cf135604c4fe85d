import type { Slot } from "#domain/slots";
import type { RedisClient } from "#stores/redis";
import { primariesOf } from "./stores.fixture.ts";

/** What a Redis that fails does to a slot: each of it in one step, whoever reads or writes meanwhile. */
export type Harms = {
  /** Everything is gone, of every slot. */
  wipe(): Promise<unknown>;
  /** The slot's keys are gone. */
  drop(slot: Slot): Promise<unknown>;
  /** Copies the slot as it is now; the function returned makes it so again, with nothing else of it. */
  copy(slot: Slot): Promise<() => Promise<unknown>>;
};

// A pattern is their key: it has the slot's hash tag. Scripts, since what a server saves is of one moment: keys that are dumped one by one are not.
const DROP = `
  for _, key in ipairs(redis.call("KEYS", KEYS[1])) do redis.call("DEL", key) end`;

const COPY = `
  local copy = {}
  for _, key in ipairs(redis.call("KEYS", KEYS[1])) do
    copy[#copy + 1] = key
    copy[#copy + 1] = math.max(0, redis.call("PTTL", key))
    copy[#copy + 1] = redis.call("DUMP", key)
  end
  return copy`;

const RESTORE = `${DROP}
  for at = 1, #ARGV, 3 do redis.call("RESTORE", ARGV[at], ARGV[at + 1], ARGV[at + 2]) end`;

/** The harms of the hot store behind this client. */
export function harmsOf(redis: RedisClient): Harms {
  const run = (script: string, slot: Slot, ...args: (string | Buffer)[]) =>
    redis.callBuffer("EVAL", script, "1", `courtside:{${slot}}:*`, ...args);
  return {
    async wipe() {
      await Promise.all(primariesOf(redis).map((node) => node.flushall()));
    },
    drop: (slot) => run(DROP, slot),
    async copy(slot) {
      const copy = (await run(COPY, slot)) as (Buffer | number)[];
      const args = copy.map((part) => (typeof part === "number" ? String(part) : part));
      return () => run(RESTORE, slot, ...args);
    },
  };
}
