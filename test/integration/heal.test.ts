import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifySeasonResponse } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { positionOf } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { harmsOf } from "./harms.fixture.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { shortestMs } from "./patience.fixture.ts";
import { startOwnRedis } from "./stores.fixture.ts";

let mesh: TestMesh;
let server: Awaited<ReturnType<typeof startOwnRedis>>;

beforeAll(async () => {
  server = await startOwnRedis();
  mesh = await startMesh({ redisUrl: server.url });
});
afterAll(async () => {
  await mesh.stop();
  await server.stop();
});

const GAMES = 12;
const PLAYERS = 10;

/** A season of its own. */
function freshSeason() {
  return { league: `t${randomBytes(6).toString("hex")}`, season: "2023-24" };
}
type Season = ReturnType<typeof freshSeason>;

/** Records that every player of a game has so many points; returns the position. */
async function record(season: Season, game: number, points: number): Promise<string> {
  const lines = [...Array(PLAYERS).keys()].map((player) => ({
    of: {
      case: "player" as const,
      value: {
        playerId: `p${player}`,
        teamId: `t${player % 2}`,
        happenedTime: timestampFromMs(1_700_000_000_000),
        totals: { points, rebounds: 1, secondsPlayed: points },
      },
    },
  }));
  const request = { season, gameId: `g${game}`, source: "arena", lines };
  return (await mesh.ingest.recordLines(request)).position;
}

const copies = new Map<string, () => Promise<unknown>>();

/** The first time, copies a slot; then puts it back as it was at that time. */
async function restoreOldCopy(slot: string): Promise<void> {
  const restore = copies.get(slot);
  if (restore === undefined) copies.set(slot, await harmsOf(mesh.redis).copy(slot));
  else await restore();
}

async function verified(season: Season) {
  const answers: VerifySeasonResponse["message"][] = [];
  for await (const { message } of mesh.projector.verifySeason({ season })) answers.push(message);
  const last = answers.at(-1);
  if (last?.case !== "verified") throw new Error("no summary");
  const differences = answers.flatMap((answer) =>
    answer.case === "difference" ? [answer.value] : [],
  );
  return { ...last.value, found: differences };
}

describe("readers of a season whose hot store is harmed", () => {
  const harms: [string, (slot: string) => Promise<unknown>][] = [
    ["wiped", () => harmsOf(mesh.redis).wipe()],
    ["without one slot's keys", (slot) => harmsOf(mesh.redis).drop(slot)],
    ["without the cursor", (slot) => mesh.redis.del(`courtside:{${slot}}:cursor`)],
    ["an old copy of itself", restoreOldCopy],
  ];
  it.each(harms)(
    "P5: see right numbers at positions that never go back, or UNAVAILABLE: %s",
    { timeout: 60_000 },
    async (_, harm) => {
      const season = freshSeason();
      const slot = `${season.league}:2023-24:regular`;
      for (let game = 0; game < GAMES; game += 1) await record(season, game, 10);
      let position = await record(season, 0, 11);
      await mesh.stats.getPlayerSeason({ season, playerId: "p1", readAfter: position });
      let writing = true;
      let reads = 0;
      let archived = 0;
      let refused = 0;
      const faults: string[] = [];
      const reading = (async () => {
        let seen = 0;
        let points = 0;
        while (writing) {
          try {
            const answer = await mesh.stats.getPlayerSeason({ season, playerId: "p1" });
            const end = positionOf(answer.position)?.endOffset ?? 0;
            const now = answer.player?.totals?.points ?? 0;
            // Every write of this test raises p1's points by 1, in a row of its own of PLAYERS entries.
            const right = GAMES * 10 + (end - GAMES * PLAYERS) / PLAYERS;
            if (end < seen) faults.push(`position ${seen} then ${end}`);
            if (now !== right || now < points) faults.push(`${now} points at ${end}, not ${right}`);
            [seen, points] = [end, now];
            reads += 1;
            if (answer.served?.store === 2) archived += 1;
          } catch (error) {
            const { reason } = reasonOf(error);
            if (reason !== "STORE_UNREACHABLE") faults.push(`${error}`);
            refused += 1;
          }
          await delay(2);
        }
      })();
      for (let points = 12; points < 140; points += 1) {
        if (points % 24 === 0) await harm(slot);
        position = await record(season, 0, points);
        await delay(5);
      }
      const last = await mesh.stats.getPlayerSeason(
        { season, playerId: "p1", readAfter: position },
        { timeoutMs: 10_000 },
      );
      writing = false;
      await reading;

      console.log(`${reads} reads, ${archived} from the archive, ${refused} refused`);
      expect(faults).toEqual([]);
      expect(reads).toBeGreaterThan(50);
      expect(last.player?.totals?.points).toBe((GAMES - 1) * 10 + 139);
      expect((await verified(season)).found).toEqual([]);
    },
  );

  it("P5: notices within a second or two, also when nothing is written any more", async () => {
    const season = freshSeason();
    const slot = `${season.league}:2023-24:regular`;
    const position = await record(season, 0, 10);
    await mesh.stats.getPlayerSeason({ season, playerId: "p1", readAfter: position });
    const cursor = `courtside:{${slot}}:cursor`;

    const noticedMs = await shortestMs(3_000, async () => {
      await mesh.redis.del(cursor);
      const begun = performance.now();
      await expect.poll(() => mesh.redis.exists(cursor)).toBe(1);
      return performance.now() - begun;
    });
    expect(noticedMs).toBeLessThan(3_000);
  });
});

describe("RebuildSeason", () => {
  it("P5: makes the same again, while writes go on", async () => {
    const season = freshSeason();
    let position = "";
    for (let game = 0; game < GAMES; game += 1) position = await record(season, game, 10);
    await mesh.projector.getProgress({ season, readAfter: position });
    let writing = true;
    const writes = (async () => {
      for (let points = 11; writing; points += 1) await record(season, 1, points);
    })();
    for (let times = 0; times < 5; times += 1) {
      expect((await mesh.projector.rebuildSeason({ season })).elapsedMs).toBeGreaterThanOrEqual(0);
    }
    writing = false;
    await writes;

    expect((await verified(season)).found).toEqual([]);
  });
});

describe("VerifySeason", () => {
  let season: Season;
  let slot: string;
  let digest: string;

  beforeAll(async () => {
    season = freshSeason();
    slot = `${season.league}:2023-24:regular`;
    for (let game = 0; game < 3; game += 1) await record(season, game, 10 + game);
    const position = await record(season, 0, 20);
    await mesh.projector.getProgress({ season, readAfter: position });
    ({ digest } = await verified(season));
  });

  it("P2: has one digest for one history", async () => {
    expect(await verified(season)).toMatchObject({ digest, differences: 0n, entries: 40n });
  });

  it("names a field that was changed in Redis", async () => {
    const [, , , generation] = JSON.parse(
      (await mesh.redis.get(`courtside:{${slot}}:cursor`)) ?? "",
    );
    const board = `courtside:{${slot}}:g${generation}:standings:points`;
    await mesh.redis.zadd(board, "-999", "p3");

    expect((await verified(season)).found).toMatchObject([
      { store: "hot store", place: "standings:points p3", found: "-999", expected: "-43" },
    ]);
    await mesh.redis.zadd(board, "-43", "p3");
  });

  it("names a field that is gone from Redis, and one too many", async () => {
    const [, , , generation] = JSON.parse(
      (await mesh.redis.get(`courtside:{${slot}}:cursor`)) ?? "",
    );
    const board = `courtside:{${slot}}:g${generation}:standings:points`;
    await mesh.redis.zrem(board, "p3");
    await mesh.redis.zadd(board, "-1", "nobody");

    expect((await verified(season)).found).toMatchObject([
      { store: "hot store", place: "standings:points nobody", found: "-1", expected: "" },
      { store: "hot store", place: "standings:points p3", found: "", expected: "-43" },
    ]);
    await mesh.redis.zrem(board, "nobody");
    await mesh.redis.zadd(board, "-43", "p3");
  });

  it("names a field that was changed in Postgres", async () => {
    const set = (points: number) =>
      mesh.pool.query(
        "update player_game set points = $2 where slot = $1 and game_id = 'g1' and player_id = 'p4'",
        [slot, points],
      );
    await set(99);

    expect((await verified(season)).found).toMatchObject([
      {
        store: "archive",
        place: "game:g1 player:p4",
        found: "points = 99",
        expected: "points = 11",
      },
    ]);
    await set(11);
  });

  it("names an entry that was changed in the archive, and a row that was in the journal", async () => {
    const flip = (table: string, where: string) =>
      mesh.pool.query(
        `update ${table} set body = set_byte(body, 30, get_byte(body, 30) # 1) where slot = $1 and ${where}`,
        [slot],
      );
    await flip("stat_line", "entry_offset = 12");
    const inArchive = (await verified(season)).found;
    expect(inArchive.map(({ store, place }) => `${store} ${place}`)).toContain("archive entry 12");
    await flip("stat_line", "entry_offset = 12");

    await flip("journal_row", "first_offset = 20");
    const inJournal = (await verified(season)).found;
    expect(inJournal.map(({ store }) => store)).toContain("journal");
    expect(inJournal[0]?.place).toBe("row at 20");
    await flip("journal_row", "first_offset = 20");

    expect(await verified(season)).toMatchObject({ digest, differences: 0n });
  });
});
