import { readFileSync } from "node:fs";
import { answer, type RedisClient } from "#stores/redis";

/** A script of ours. Sent by its digest, and in full where the server does not have it. */
export type Script = (
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** The script of `lua/<name>.lua`, to be run on this client; one that only reads, also by a replica. */
export function scriptIn(redis: RedisClient, name: string, { readOnly = false } = {}): Script {
  const lua = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");
  const command = `courtside_${name}`;
  redis.defineCommand(command, { lua, readOnly });
  const run = redis[command as keyof RedisClient] as (
    ...args: (string | number)[]
  ) => Promise<unknown>;
  return (keys, args) => answer(run.call(redis, keys.length, ...keys, ...args));
}

/** What a script gives in twos, as it is one list for Redis. */
export function pairs(list: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < list.length; at += 2) found.push([list[at] ?? "", list[at + 1] ?? ""]);
  return found;
}
