import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RedisClient } from "#stores/redis";
import { scriptIn } from "../../stores/hotstore/scripts.ts";
import { AT_ONCE } from "../simulation/network.ts";
import { redisOver, SimulatedRedis } from "../simulation/redis.ts";
import { freshSlot, redisOn } from "./stores.fixture.ts";

/** Names of keys and fields, few enough that calls meet. */
const CURSORS = ["cursor", "building:1", "building:2"];
const KEYS = ["g1:hash", "g1:board", "g2:hash", "g2:board"];
const FIELDS = ["a", "b", "c"];

const cursorText = fc
  .oneof(
    { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom("1", "2")) },
    { weight: 1, arbitrary: fc.constant("filling") },
  )
  .map((one) =>
    typeof one === "string" ? one : JSON.stringify([one[0], "digest", "journal", one[1]]),
  );

const key = fc.constantFrom(...KEYS);
const fields = fc.array(fc.constantFrom(...FIELDS), { minLength: 1, maxLength: 3 });
/** A write as the fold makes one; of the wrong type at times. */
const write = fc.oneof(
  fc.record({
    key,
    command: fc.constant("HSET"),
    args: fields.map((all) => all.flatMap((name) => [name, `${name}!`])),
  }),
  fc.record({ key, command: fc.constant("HDEL"), args: fields }),
  fc.record({
    key,
    command: fc.constant("ZADD"),
    args: fc
      .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.constantFrom(...FIELDS)), {
        minLength: 1,
        maxLength: 3,
      })
      .map((all) => all.flatMap(([score, member]) => [String(score), member])),
  }),
  fc.record({ key, command: fc.constant("ZREM"), args: fields }),
);

type Call = (redis: RedisClient, name: (key: string) => string) => Promise<unknown>;

/** The real script and the simulated one, and the plain commands between which they run. */
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        cursor: fc.constantFrom(...CURSORS),
        from: fc.oneof(cursorText, fc.constant("")),
        to: cursorText,
        writes: fc.array(write, { maxLength: 3 }),
        // What no client of ours sends: one key too few, another command, a count that is none.
        fault: fc.constantFrom("", "", "", "", "", "keys", "command", "count"),
      })
      .map(
        ({ cursor, from, to, writes, fault }): Call =>
          (client, name) => {
            const keys = [name(cursor), name("changes"), ...writes.map(({ key }) => name(key))];
            const args = writes.flatMap(({ command, args }, at) => [
              fault === "command" && at === 0 ? "INCR" : command,
              fault === "count" && at === 0 ? "many" : String(args.length),
              ...args,
            ]);
            if (fault === "keys") keys.pop();
            return scriptIn(client, "fold_rows")(keys, [from, to, "", ...args]);
          },
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("1", "2"), cursorText, fc.oneof(cursorText, fc.constant("")))
      .map(
        ([generation, built, replaced]): Call =>
          (client, name) =>
            scriptIn(client, "serve_generation")(
              [name("cursor"), name(`building:${generation}`)],
              [built, replaced],
            ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("1", "2"), fc.constantFrom("1", "2")).map(
      ([other, present]): Call =>
        (client, name) => {
          const keys = KEYS.filter((key) => key.startsWith(`g${other}`)).map(name);
          return scriptIn(client, "sweep_keys")(
            [name("cursor"), name(`building:${other}`), ...keys],
            [present],
          );
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        key,
        fc.array(fc.tuple(key, fc.constantFrom(...FIELDS), fc.constantFrom(...FIELDS, ""))),
      )
      .map(
        ([versions, games]): Call =>
          (client, name) =>
            scriptIn(client, "get_games")(
              [name("cursor"), name(versions), ...games.map(([key]) => name(key))],
              games.flatMap(([, gameId, field]) => [gameId, `${field}!`]),
            ),
      ),
  },
  fc.tuple(fc.constantFrom(...CURSORS), cursorText).map(
    ([key, text]): Call =>
      (client, name) =>
        client.set(name(key), text),
  ),
  fc.constantFrom(...CURSORS, ...KEYS).map(
    (key): Call =>
      (client, name) =>
        client.del(name(key)),
  ),
  fc.constantFrom(...CURSORS, ...KEYS).map(
    (key): Call =>
      (client, name) =>
        client.get(name(key)),
  ),
  write.map(
    ({ key, command, args }): Call =>
      (client, name) =>
        client
          .pipeline()
          .call(command, name(key), ...args)
          .exec(),
  ),
  fc.tuple(key, fields).map(
    ([key, names]): Call =>
      (client, name) =>
        client
          .pipeline()
          .hmget(name(key), ...names)
          .hgetall(name(key))
          .exec(),
  ),
);

/** What a call gives; of an error its first word, as clients look at no more. */
async function outcome(reply: Promise<unknown>): Promise<unknown> {
  try {
    return plain(await reply);
  } catch (error) {
    return `error ${firstWord((error as Error).message)}`;
  }
}

function plain(reply: unknown): unknown {
  if (reply instanceof Error) return `error ${firstWord(reply.message)}`;
  if (!Array.isArray(reply)) return reply;
  if (reply[0] instanceof Error) return plain(reply[0]);
  // A fold that failed halfway tells why.
  return reply[0] === -1
    ? [-1, firstWord(String(reply[1]))]
    : reply.map((one) => plain(one) ?? null);
}

function firstWord(text: string): string {
  return text.split(" ")[0] ?? "";
}

async function contents(client: RedisClient, name: (key: string) => string) {
  const found: unknown[] = [];
  for (const key of [...CURSORS, ...KEYS]) {
    found.push([
      key,
      await outcome(client.get(name(key))),
      await outcome(client.hgetall(name(key))),
      await outcome(client.zrange(name(key), "0", "-1", "WITHSCORES")),
    ]);
  }
  return found;
}

describe("the simulation's Redis", () => {
  it("does what a real one does, call by call", async () => {
    const real = await redisOn();
    const run = fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 25 }), async (calls) => {
      const simulated = redisOver(new SimulatedRedis(), AT_ONCE);
      const slot = freshSlot();
      const name = (key: string) => `courtside:{${slot}}:${key}`;
      for (const call of calls) {
        expect(await outcome(call(simulated, name))).toEqual(await outcome(call(real, name)));
      }
      expect(await contents(simulated, name)).toEqual(await contents(real, name));
      await real.del([...CURSORS, ...KEYS].map(name));
    });

    await fc.assert(run, { numRuns: 400 });
    real.disconnect();
  });
});
