import { Cluster, type Redis } from "ioredis";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { archiveReadsIn } from "#stores/archive";
import { type HotFolds, hotFoldsIn } from "#stores/hotstore";
import { type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool, whileAlone } from "#stores/postgres";
import type { RedisClient } from "#stores/redis";
import type { ServerGroup } from "../../local/servers/index.ts";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { freshDatabase, freshSlot, redisOn, SILENT, startOwnRedis } from "./stores.fixture.ts";
import { type Story, tell } from "./story.fixture.ts";

let group: ServerGroup;
let redis: RedisClient;
let pool: pg.Pool;
let journal: Journal;
let story: Story;
let hot: HotFolds;

beforeAll(async () => {
  pool = postgresPool({ url: await freshDatabase(), connectionsMax: 4, log: SILENT, name: "test" });
  journal = journalInPostgres(pool);
  story = await tell(journal, freshSlot(), 7, 200);
  group = await startOwnRedis("cluster");
  redis = await redisOn(group.url);
  hot = hotFoldsIn(redis);
});

afterAll(async () => {
  redis?.disconnect();
  await group?.stop();
  await pool?.end();
});

it("P5: what is half moved to another primary is read whole, or not at all", async () => {
  await expect.poll(() => hot.cursor(story.slot), { timeout: 8_000 }).toBeUndefined();
  const fold = hotFold({
    ...{ journal, hot, archive: archiveReadsIn(pool), log: SILENT },
    whileAlone: (work, does) => whileAlone(pool, work, does),
    entriesPerFold: 5_000,
  });
  const { endOffset: end } = (await journal.heads()).get(story.slot)!;
  while ((await hot.cursor(story.slot))?.endOffset !== end) await fold.advance(story.slot);
  const { cursor, contents } = (await hot.contents(story.slot)) ?? {};
  const gameIds = [...(contents?.keys() ?? [])].flatMap((name) =>
    name.startsWith("game:") ? [name.slice("game:".length)] : [],
  );
  const games = await hot.games({ slot: story.slot }, cursor!, gameIds);
  expect(games.size).toBeGreaterThan(2);
  const move = await moving(story.slot);
  await move.some();

  expect((await hot.contents(story.slot))?.contents).toEqual(contents);
  // Some are here and some are there: no server can read all of them at one moment.
  await expect(hot.games({ slot: story.slot }, cursor!, gameIds)).rejects.toThrow(
    "redis gave no answer",
  );

  await move.rest();
  expect(await hot.games({ slot: story.slot }, cursor!, gameIds)).toEqual(games);
});

/** Begins to move a slot to another primary: some of its keys first, and then all others. */
async function moving(slot: string) {
  const nodes = redis instanceof Cluster ? redis.nodes("master") : [];
  const key = `courtside:{${slot}}:cursor`;
  const hasIt = await Promise.all(nodes.map((node) => node.exists(key).catch(() => 0)));
  const from = nodes[hasIt.indexOf(1)]!;
  const to = nodes[hasIt.indexOf(0)]!;
  const number = String(await from.cluster("KEYSLOT", key));
  const id = async (node: Redis) => String(await node.cluster("MYID"));
  await to.call("CLUSTER", "SETSLOT", number, "IMPORTING", await id(from));
  await from.call("CLUSTER", "SETSLOT", number, "MIGRATING", await id(to));
  const { host = "", port = 0, password = "" } = to.options;
  const keys = async () => (await from.cluster("GETKEYSINSLOT", Number(number), 1_000)) as string[];
  const migrate = (some: readonly string[]) =>
    from.call("MIGRATE", host, port, "", "0", "5000", "AUTH", password, "KEYS", ...some);
  return {
    some: async () => migrate((await keys()).filter((_, at) => at % 2 === 0)),
    async rest() {
      await migrate(await keys());
      for (const node of [to, from]) {
        await node.call("CLUSTER", "SETSLOT", number, "NODE", await id(to));
      }
    },
  };
}
