import type { Slot } from "#domain/slots";
import { answer, keysLike, type RedisClient } from "#stores/redis";
import { generationPattern, generationPrefix, keysOf } from "./keys.ts";
import { type SlotState, writesOf } from "./writes.ts";

/**
 * What a generation of a slot holds: field by field (or member by member), by key without prefix. The
 * versions of games are not of it: they say how it came about.
 */
export type Contents = ReadonlyMap<string, ReadonlyMap<string, string>>;

const NOWHERE = { generation: "", digest: "" };

/** What a generation holds that stands for this state. */
export function contentsOf(slot: Slot, state: SlotState): Contents {
  const nothing = { games: new Map(), seasons: { players: new Map(), teams: new Map() } };
  const prefix = generationPrefix(slot, "");
  const contents = new Map<string, Map<string, string>>();
  const { versions } = keysOf(slot, "");
  for (const { key, command, args } of writesOf(slot, NOWHERE, nothing, state)) {
    if (key === versions) continue;
    const name = key.slice(prefix.length);
    const fields = contents.get(name) ?? new Map<string, string>();
    for (let at = 0; at + 1 < args.length; at += 2) {
      const [first = "", second = ""] = args.slice(at, at + 2);
      // A sorted set takes the score before the member.
      if (command === "ZADD") fields.set(second, first);
      else fields.set(first, second);
    }
    contents.set(name, fields);
  }
  return contents;
}

/** What a generation holds now, key by key: at one moment only if the slot has not moved meanwhile. */
export async function contentsIn(
  redis: RedisClient,
  slot: Slot,
  generation: string,
): Promise<Contents> {
  const prefix = generationPrefix(slot, generation);
  const contents = new Map<string, Map<string, string>>();
  const { versions } = keysOf(slot, generation);
  for await (const found of keysLike(redis, generationPattern(slot, generation))) {
    const keys = [...new Set(found)].filter((key) => key !== versions);
    // One by one, not in a pipeline: a slot may be moving, and then each of them is elsewhere.
    const read = async (key: string) => {
      const name = key.slice(prefix.length);
      const value = isBoard(name)
        ? members(await answer(redis.zrange(key, "0", "-1", "WITHSCORES")))
        : fields(await answer(redis.hgetall(key)));
      contents.set(name, value);
    };
    await Promise.all(keys.map(read));
  }
  return contents;
}

function isBoard(name: string): boolean {
  return name.startsWith("standings:");
}

function fields(hash: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(hash));
}

function members(list: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < list.length; at += 2) found.set(list[at] ?? "", list[at + 1] ?? "");
  return found;
}
