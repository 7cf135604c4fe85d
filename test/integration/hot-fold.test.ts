import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countedLine } from "#domain/boxscore";
import { EMPTY_TALLY, playerSeason } from "#domain/season";
import { STATISTICS } from "#domain/statistics";
import { Outage } from "#runtime/outage";
import { archiveReadsIn } from "#stores/archive";
import { type HotFolds, hotFoldsIn, hotReadsIn } from "#stores/hotstore";
import { type AppendItem, encodeEntries, type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool, whileAlone } from "#stores/postgres";
import type { RedisClient } from "#stores/redis";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { harmsOf } from "./harms.fixture.ts";
import { freshDatabase, freshSlot, keysIn, redisOn, SILENT } from "./stores.fixture.ts";
import { type Story, seeded, tell } from "./story.fixture.ts";

let pool: pg.Pool;
let redis: RedisClient;
let journal: Journal;
let story: Story;
/** What a fold that was never disturbed leaves. */
let expected: Dump;

beforeAll(async () => {
  pool = postgresPool({ url: await freshDatabase(), connectionsMax: 4, log: SILENT, name: "test" });
  redis = await redisOn();
  journal = journalInPostgres(pool);
  story = await tell(journal, freshSlot(), 7, 500);
  await foldAll(foldOver(hotFoldsIn(redis)));
  expected = await dumpOf(story.slot);
});

afterAll(async () => {
  redis.disconnect();
  await pool.end();
});

describe("the hot fold", () => {
  it("P3: has the line that counts of every player, and sums and boards of just those", async () => {
    const reads = hotReadsIn(redis);
    const lines = story.counted();
    const byPlayer = new Map<string, { teamId: string; totals: Record<string, number> }[]>();
    for (const [key, line] of lines) {
      const [gameId = "", playerId = ""] = key.split(" ");
      const { value: box } = await reads.game(story.slot, gameId);
      expect([key, countedLine(box?.players.get(playerId) ?? {})]).toEqual([key, line]);
      const periods = box?.players.get(playerId)?.live?.periods ?? [];
      expect([key, periods]).toEqual([key, story.periods().get(key)]);
      byPlayer.set(playerId, [...(byPlayer.get(playerId) ?? []), line]);
    }
    for (const [playerId, own] of byPlayer) {
      const { value } = await reads.players(story.slot, [playerId]);
      expect(value[0]?.all.games).toBe(own.length);
      const teams = new Set(own.map(({ teamId }) => teamId));
      expect(new Set(value[0]?.byTeam.keys())).toEqual(teams);
      for (const statistic of STATISTICS) {
        const sum = own.reduce((total, { totals }) => total + (totals[statistic] ?? 0), 0);
        expect([playerId, statistic, value[0]?.all.totals[statistic]]).toEqual([
          playerId,
          statistic,
          sum,
        ]);
      }
    }
    for (const statistic of STATISTICS) {
      const { value } = await reads.standings(story.slot, statistic, 0, 100);
      const scores = [...byPlayer].map(([member, own]) => ({
        member,
        score: own.reduce((total, { totals }) => total + (totals[statistic] ?? 0), 0),
      }));
      scores.sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1));
      expect(value.rows).toEqual(
        scores.map((row) => ({
          ...row,
          rank: 1 + scores.filter(({ score }) => score > row.score).length,
        })),
      );
    }
  });

  it("P3: reads a game that was read before as it is now, and brings it again only when it changed", async () => {
    await forgetSlot();
    const { endOffset: end } = (await journal.heads()).get(story.slot)!;
    const reads = hotReadsIn(redis);
    const gameIds = [...new Set([...story.counted().keys()].map((key) => key.split(" ")[0] ?? ""))];
    expect(gameIds.length).toBeGreaterThan(3);
    const expectNewest = async () => {
      for (const gameId of gameIds) {
        const known = await reads.game(story.slot, gameId);
        expect(known).toEqual(await hotReadsIn(redis).game(story.slot, gameId));
        const again = await reads.game(story.slot, gameId);
        expect(again.value).toBe(known.value);
      }
    };
    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      await foldUpTo(end * part);
      await expectNewest();
    }
    const restore = await harmsOf(redis).copy(story.slot);
    await foldUpTo(end);
    await expectNewest();
    await restore();
    await expectNewest();
    await foldUpTo(end);
    await expectNewest();

    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("P2: ends the same wherever its batches end", async () => {
    for (const entriesPerFold of [1, 7, 60, 5_000]) {
      await forgetSlot();
      await foldAll(foldOver(hotFoldsIn(redis), entriesPerFold));

      expect(await dumpOf(story.slot)).toEqual(expected);
    }
  });

  it("P2: ends the same when three projectors fold at once", async () => {
    await forgetSlot();

    await Promise.all([1, 3, 20].map((size) => foldAll(foldOver(hotFoldsIn(redis), size))));

    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("P2: ends the same when it is killed before or after any of its writes", {
    timeout: 240_000,
  }, async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seeded(seed);
      await forgetSlot();
      let kills = 0;
      for (;;) {
        // What is being made is begun again after a kill: some day the kills must end.
        const die = () => kills < KILLS_MAX && random() < 0.1;
        const fold = foldOver(
          killedAtRandom(hotFoldsIn(redis), die),
          1 + Math.floor(random() * 90),
        );
        try {
          await foldAll(fold);
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          kills += 1;
        }
      }

      expect(kills).toBeGreaterThan(0);
      expect(await dumpOf(story.slot), `seed ${seed}`).toEqual(expected);
    }
  });

  it("P5: makes the slot again when all of it, its cursor, its place on the chain or its form is gone", async () => {
    const fold = foldOver(hotFoldsIn(redis), 100);
    await foldAll(fold);
    const harms: (() => Promise<unknown>)[] = [
      forgetSlot,
      () => redis.del(`courtside:{${story.slot}}:cursor`),
      async () => {
        const cursor = JSON.parse((await redis.get(`courtside:{${story.slot}}:cursor`)) ?? "");
        cursor[1] = "00".repeat(32);
        await redis.set(`courtside:{${story.slot}}:cursor`, JSON.stringify(cursor));
      },
      async () => {
        const cursor = JSON.parse((await redis.get(`courtside:{${story.slot}}:cursor`)) ?? "");
        cursor[2] = "ab".repeat(16);
        await redis.set(`courtside:{${story.slot}}:cursor`, JSON.stringify(cursor));
      },
      // Another version of the program has written it.
      async () => {
        const cursor = JSON.parse((await redis.get(`courtside:{${story.slot}}:cursor`)) ?? "");
        cursor[6] = 1;
        await redis.set(`courtside:{${story.slot}}:cursor`, JSON.stringify(cursor));
        expect((await hotReadsIn(redis).games(story.slot)).cursor).toBeUndefined();
      },
    ];
    for (const harm of harms) {
      await harm();
      fold.forget(story.slot);
      await foldAll(fold);

      expect(await dumpOf(story.slot)).toEqual(expected);
    }
  });

  it("P5: is made again although its log grows each time that it is read", async () => {
    const slot = freshSlot();
    const { items } = await tell(journal, slot, 8, 30);
    const [{ league, gameId }] = items as [AppendItem];
    let revision = 1_000_000;
    const growing = async (...[of, ...from]: Parameters<Journal["read"]>) => {
      if (revision > 1_000_020) throw new Error("it is never there");
      revision += 1;
      const value = { revision: BigInt(revision), game: { gameId } };
      const body = encodeEntries([{ gameId, source: "s1", kind: { case: "game", value } }]);
      const fact = { kind: "facts", slot, league, gameId, revision, final: undefined } as const;
      await journal.append([{ ...fact, entries: 1, body }]);
      return journal.read(of, ...from);
    };
    const hot = hotFoldsIn(redis);

    await foldOver(hot, 5_000, { ...journal, read: growing }).advance(slot);

    const head = (await journal.heads()).get(slot);
    expect(await hot.cursor(slot)).toMatchObject({ endOffset: head?.endOffset });
  });

  it("P5: makes a slot again that is further than the journal, wherever another projector took it", async () => {
    const key = `courtside:{${story.slot}}:cursor`;
    const cursor = JSON.parse((await redis.get(key)) ?? "");
    cursor[0] += 7;
    await redis.set(key, JSON.stringify(cursor));

    expect(await foldOver(hotFoldsIn(redis)).rebuild(story.slot)).toBeDefined();
    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("P5: removes former generations once another is read, but for those being made", async () => {
    const hot = hotFoldsIn(redis);
    const former = `courtside:{${story.slot}}:g00000000:games`;
    const beside = `courtside:{${story.slot}}:g11111111:games`;
    await redis.hset(former, "g1", "old");
    await redis.hset(beside, "g1", "new");
    await redis.set(`courtside:{${story.slot}}:building:11111111`, "filling", "EX", 60);

    await foldOver(hot).rebuild(story.slot);

    expect(await redis.exists(former)).toBe(0);
    expect(await redis.exists(beside)).toBe(1);
    await redis.del(beside, `courtside:{${story.slot}}:building:11111111`);
    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("P5: is read from the old keys until the new ones are whole, and never goes back", async () => {
    const hot = hotFoldsIn(redis);
    const reads = hotReadsIn(redis);
    const before = await hot.cursor(story.slot);
    const behind = { ...before!, generation: "22222222", endOffset: before!.endOffset - 1 };

    expect(await hot.build(story.slot, behind, [])).toBe(true);
    expect((await reads.games(story.slot)).cursor).toEqual(before);
    expect(await hot.serve(story.slot, behind, undefined)).toBe("behind");
    expect(await hot.serve(story.slot, { ...behind, digest: "ff" }, undefined)).toBe("gone");
    expect((await reads.games(story.slot)).cursor).toEqual(before);
    await redis.del(`courtside:{${story.slot}}:building:22222222`);
    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("P5: takes nothing for what it was when the slot goes back and comes again meanwhile", async () => {
    await forgetSlot();
    const hot = hotFoldsIn(redis);
    const { endOffset: end } = (await journal.heads()).get(story.slot)!;
    await foldUpTo(end / 3);
    const restore = await harmsOf(redis).copy(story.slot);
    await foldUpTo(end / 2);
    const before = await hot.cursor(story.slot);
    const slow = foldOver({
      ...hot,
      async players(...args) {
        await restore();
        try {
          return await hot.players(...args);
        } finally {
          await foldUpTo(end / 2);
        }
      },
    });

    await slow.advance(story.slot);

    await expect.poll(() => hot.cursor(story.slot)).toEqual(before);
    await foldAll(foldOver(hot));
    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("writes nothing, and says where the slot is, when it begins somewhere else", async () => {
    const hot = hotFoldsIn(redis);
    const cursor = await hot.cursor(story.slot);
    const state = { games: new Map(), seasons: { players: new Map(), teams: new Map() } };
    const stale = { ...cursor!, endOffset: 1 };

    const elsewhere = await hot.move(
      { slot: story.slot },
      { cursor: stale, state },
      { cursor: stale, state },
    );

    expect(elsewhere).toEqual({ at: cursor });
    expect(await dumpOf(story.slot)).toEqual(expected);
  });

  it("takes the cursor away when a write fails halfway, so that the slot is made again", async () => {
    const hot = hotFoldsIn(redis);
    const cursor = await hot.cursor(story.slot);
    const board = `courtside:{${story.slot}}:g${cursor?.generation}:standings:points`;
    await redis.set(board, "not a board");
    const nothing = { games: new Map(), seasons: { players: new Map(), teams: new Map() } };
    const season = playerSeason(new Map([["t1", { ...EMPTY_TALLY, games: 1 }]]));
    const something = {
      games: new Map(),
      seasons: { players: new Map([["p1", season]]), teams: new Map() },
    };
    const to = { cursor: { ...cursor!, endOffset: cursor!.endOffset + 1 }, state: something };

    await expect(
      hot.move({ slot: story.slot }, { cursor: cursor!, state: nothing }, to),
    ).rejects.toThrow("WRONGTYPE");

    expect(await hot.cursor(story.slot)).toBeUndefined();
    await foldAll(foldOver(hot));
    expect(await dumpOf(story.slot)).toEqual(expected);
  });
});

class Killed extends Error {}

const KILLS_MAX = 6;

/** A hot store whose user dies before or after some moves: what it wrote stays, what it knew is gone. */
function killedAtRandom(hot: HotFolds, die: () => boolean): HotFolds {
  return {
    ...hot,
    async move(...args) {
      if (die()) throw new Killed();
      const elsewhere = await hot.move(...args);
      if (die()) throw new Killed();
      return elsewhere;
    },
  };
}

function foldOver(hot: HotFolds, entriesPerFold = 5_000, from = journal) {
  return hotFold({
    journal: from,
    hot,
    archive: archiveReadsIn(pool),
    whileAlone: (work, does) => whileAlone(pool, work, does),
    entriesPerFold,
    log: SILENT,
  });
}

async function foldAll(fold: ReturnType<typeof foldOver>): Promise<void> {
  const head = (await journal.heads()).get(story.slot);
  for (;;) {
    try {
      await fold.advance(story.slot);
      const [cursor] = await fold.cursors([story.slot]);
      if (cursor?.endOffset === head?.endOffset && cursor?.digest === head?.digest) return;
    } catch (error) {
      // On a busy machine a store may be away for a moment; a projector goes on as well.
      if (!(error instanceof Outage)) throw error;
    }
  }
}

/** Folds the rows that begin before an offset. */
async function foldUpTo(limit: number): Promise<void> {
  const read: Journal["read"] = async (...args) =>
    (await journal.read(...args)).filter(({ firstOffset }) => firstOffset < limit);
  await foldOver(hotFoldsIn(redis), 5_000, { ...journal, read }).advance(story.slot);
}

async function forgetSlot(): Promise<void> {
  const keys = await keysIn(redis, `courtside:{${story.slot}}:*`);
  if (keys.length > 0) await redis.del(...keys);
}

type Dump = Record<string, unknown>;

/** Everything that readers find of the slot, by key without its generation, and where it is. */
async function dumpOf(slot: string): Promise<Dump> {
  const dump: Dump = {};
  const cursor = await hotFoldsIn(redis).cursor(slot);
  const prefix = `courtside:{${slot}}:g${cursor?.generation}:`;
  for (const key of await keysIn(redis, `${prefix}*`)) {
    // They say where a fold ended, not what it came to.
    if (key === `${prefix}versions`) continue;
    dump[key.slice(prefix.length)] =
      (await redis.type(key)) === "zset"
        ? await redis.zrange(key, "0", "-1", "WITHSCORES")
        : await redis.hgetall(key);
  }
  dump.cursor = { ...cursor, generation: undefined };
  return dump;
}
