import { randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Cluster, Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { positionOf } from "#runtime/positions";
import { archiveReadsIn, historyIn } from "#stores/archive";
import { hotReadsIn } from "#stores/hotstore";
import { answeredFloors, fromReplicas, pastFrom, readerOf, withFallback } from "#stores/reads";
import { connected, redisClient } from "#stores/redis";
import { type RunningServer, redisRoles, type ServerGroup } from "../../local/servers/index.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { SILENT, startOwnRedis } from "./stores.fixture.ts";

const GAME = "g1";

describe.each(["sentinel", "cluster"] as const)("reads from replicas: %s", (topology) => {
  let group: ServerGroup;
  let mesh: TestMesh;

  beforeAll(async () => {
    // No failover here, however busy the machine: clients are told of one for seconds, and leave whom they ask.
    group = await startOwnRedis(topology, { downAfterMs: 30_000 });
    mesh = await startMesh({ redisUrl: group.url });
  });
  afterAll(async () => {
    await mesh?.stop();
    await group?.stop();
  });

  function freshSeason() {
    const league = `t${randomBytes(6).toString("hex")}`;
    return { league, season: "2023-24", slot: `${league}:2023-24:regular` };
  }
  /** Gives a player so many points, in a row of one entry; returns the position. */
  async function record({ league, season }: ReturnType<typeof freshSeason>, points: number) {
    const happenedTime = timestampFromMs(1_700_000_000_000);
    const value = { playerId: "p1", teamId: "t1", happenedTime, totals: { points } };
    const lines = [{ of: { case: "player" as const, value } }];
    const of = { season: { league, season }, gameId: GAME, source: "arena" };
    const { position } = await mesh.ingest.recordLines({ ...of, lines });
    await mesh.stats.getBoxScore({ season: of.season, gameId: GAME, readAfter: position });
    return position;
  }
  /** A process that reads from replicas, and has answered nothing yet. */
  async function process() {
    const options = { url: group.url, log: SILENT, name: "test" };
    const [replicas, primary] = [
      redisClient({ ...options, of: "replicas" as const }),
      redisClient(options),
    ];
    onTestFinished(() => {
      for (const redis of [replicas, primary]) redis.disconnect();
    });
    for (const redis of [replicas, primary]) {
      await expect.poll(() => connected(redis)).toBe(true);
    }
    // A Cluster's client does not know replicas that its first look at the Cluster was too early for.
    if (replicas instanceof Cluster) {
      const everywhere = () => replicas.slots.every((nodes) => nodes.length > 1);
      await expect.poll(everywhere, { timeout: 40_000 }).toBe(true);
      // Those that it has just heard of: while one is not connected, the primary is asked.
      await expect.poll(() => connected(replicas)).toBe(true);
    }
    const floors = answeredFloors();
    const near = fromReplicas(hotReadsIn(replicas), hotReadsIn(primary), floors);
    const reads = withFallback(near, archiveReadsIn(mesh.pool), SILENT, floors);
    const past = pastFrom({ primary: historyIn(mesh.pool) }, SILENT, floors);
    const read = readerOf(reads, past);
    return {
      /** The points of the player, the end of the position that they are of, and who was asked. */
      async points(slot: string, readAfter = "") {
        const deadline = { remainingMs: () => 2_000, signal: new AbortController().signal };
        const answered = await read(slot, { readAfter }, deadline, (from) => from.game(slot, GAME));
        const line = answered.value?.players.get("p1")?.live;
        return {
          points: line?.totals.points,
          end: positionOf(answered.from.position)?.endOffset,
          store: answered.from.served.store,
        };
      },
    };
  }
  async function ask<Answer>({ url }: RunningServer, question: (redis: Redis) => Promise<Answer>) {
    const redis = new Redis(url);
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }
  async function serversThatAre(role: "primary" | "replica"): Promise<RunningServer[]> {
    const servers = [...group.servers.values()];
    const roles = await redisRoles(servers.map(({ url }) => url));
    return servers.filter((_, at) => roles[at]?.is === role);
  }
  /** How many scripts servers have run. */
  async function scriptsOf(servers: readonly RunningServer[]): Promise<number> {
    const stats = await Promise.all(
      servers.map((server) => ask(server, (redis) => redis.info("commandstats"))),
    );
    const calls = stats.flatMap((text) => [...text.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)]);
    return calls.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  it("asks a replica, at its own cursor", async () => {
    const of = freshSeason();
    await record(of, 7);
    const [primaries, replicas] = [
      await serversThatAre("primary"),
      await serversThatAre("replica"),
    ];
    const { points } = await process();
    await points(of.slot);
    const before = [await scriptsOf(primaries), await scriptsOf(replicas)];
    for (let at = 0; at < 20; at += 1) {
      expect(await points(of.slot)).toMatchObject({ points: 7, end: 1 });
    }
    const after = [await scriptsOf(primaries), await scriptsOf(replicas)];

    expect([after[0]! - before[0]!, after[1]! - before[1]!]).toEqual([0, 20]);
  });

  it("P4: says what a replica that is behind has, and uses it for nobody who has seen more", async () => {
    const of = freshSeason();
    await record(of, 1);
    const [primaries, replicas] = [
      await serversThatAre("primary"),
      await serversThatAre("replica"),
    ];
    // They are cut off, and cannot follow again: what they have they go on to say.
    for (const replica of replicas) {
      await ask(replica, (redis) => redis.config("SET", "masterauth", "wrong"));
    }
    for (const primary of primaries) {
      await ask(primary, (redis) => redis.client("KILL", "TYPE", "REPLICA"));
    }
    const position = await record(of, 2);

    const [fresh, seen] = [await process(), await process()];
    expect(await fresh.points(of.slot)).toMatchObject({ points: 1, end: 1 });
    expect(await seen.points(of.slot, position)).toMatchObject({ points: 2, end: 2, store: 1 });
    expect(await seen.points(of.slot)).toMatchObject({ points: 2, end: 2, store: 1 });
    expect(await fresh.points(of.slot)).toMatchObject({ points: 1, end: 1 });
  });

  it("asks the primary while no replica answers", async () => {
    const of = freshSeason();
    await record(of, 3);
    const { points } = await process();
    const replicas = await serversThatAre("replica");
    for (const replica of replicas) replica.kill("SIGKILL");
    await Promise.all(replicas.map(({ exited }) => exited));

    expect(await points(of.slot)).toMatchObject({ points: 3, end: 1, store: 1 });
  });
});
