import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { type Standing, Statistic } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import type { PlayerSeason, WatchGameResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { Outage } from "#runtime/outage";
import { positionOf, positionToken } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { shortestMs } from "./patience.fixture.ts";
import { breakConnections, keysIn, subscribersOf } from "./stores.fixture.ts";
import { seeded } from "./story.fixture.ts";
import {
  advanced,
  boardsOf,
  deafWatchers,
  pointsIn,
  type Seen,
  seenIn,
  startWatchServer,
  statsOf,
} from "./watch.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

const freshGame = () => ({
  season: { league: `w${randomBytes(6).toString("hex")}`, season: "2023-24" },
  source: "arena",
  gameId: "g1",
});
type Game = ReturnType<typeof freshGame>;

const lineOf = (playerId: string, points: number, teamId = "t1") => ({
  of: {
    case: "player" as const,
    value: { playerId, teamId, happenedTime: timestampFromMs(1_000), totals: { points } },
  },
});

const slotOf = ({ season }: Game) => `${season.league}:2023-24:regular`;
const record = (of: Game, ...lines: ReturnType<typeof lineOf>[]) =>
  mesh.ingest.recordLines({ ...of, lines });
const recordIn = (of: Game, gameId: string, points: number) =>
  record({ ...of, gameId }, lineOf("other", points));
const endOf = (position: string) => positionOf(position)?.endOffset ?? -1;
const asked = ({ season, gameId }: Game) => ({ season, gameId });
const NOTHING: Seen = { position: "", box: undefined };

/** The next message, which must come. */
async function next<Message>(messages: AsyncIterator<Message>): Promise<Message> {
  const { value, done } = await messages.next();
  if (done) throw new Error("the stream has ended");
  return value;
}

/** What a watcher has once it is as far as the position. */
async function seenAt(
  messages: AsyncIterator<WatchGameResponse>,
  seen: Seen,
  position: string,
): Promise<Seen> {
  let now = seen;
  while (endOf(now.position) < endOf(position)) now = advanced(now, await next(messages));
  return now;
}

const failureOf = async (call: Promise<unknown>) =>
  reasonOf(
    await call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe("WatchGame", () => {
  it("P4: is a full state and then changes that come to what GetBoxScore says there", async () => {
    const random = seeded(11);
    const below = (bound: number) => Math.floor(random() * bound);
    const of = freshGame();
    await record(of, lineOf("p0", 2));
    const stats = statsOf(await startWatchServer(mesh, { heartbeatMs: 50 }));
    const messages = stats.watchGame(asked(of))[Symbol.asyncIterator]();
    let seen = advanced(NOTHING, await next(messages));
    await mesh.ingest.recordGame({
      ...of,
      game: { gameId: "g1", homeTeamId: "t1", awayTeamId: "t0", status: GameStatus.FINAL },
    });

    for (let round = 0; round < 60; round += 1) {
      const playerId = `p${below(8)}`;
      const teamId = `t${below(3)}`;
      const official = { playerId: `p${below(12)}`, teamId, totals: { points: below(40) } };
      const { position } =
        round % 3 === 2
          ? await mesh.ingest.recordOfficialLines({
              ...of,
              lines: [{ ...official, withdrawn: random() < 0.5 }],
            })
          : round % 5 === 1
            ? await mesh.ingest.recordGame({
                ...{ ...of, game: { gameId: "g1" } },
                didNotPlay: { players: [{ playerId: `p${below(12)}`, teamId: `t${below(4)}` }] },
              })
            : await record(of, lineOf(playerId, below(40), teamId));
      const box = seenIn(await mesh.stats.getBoxScore({ ...asked(of), readAfter: position }));
      const again = { ...asked(of), resumeAfter: seen.position };
      const resumed = stats.watchGame(again)[Symbol.asyncIterator]();
      const beside = await seenAt(resumed, seen, box.position);
      await resumed.return?.();
      seen = await seenAt(messages, seen, box.position);

      expect(beside).toEqual(box);
      expect(seen).toEqual(box);
    }
    await messages.return?.();
  });

  it("names a game of which nothing was recorded", async () => {
    const of = freshGame();
    await recordIn(of, "g2", 2);
    const { position } = await recordIn(of, "g2", 4);
    await mesh.stats.getBoxScore({ ...asked(of), gameId: "g2", readAfter: position });

    const messages = mesh.stats.watchGame(asked(of))[Symbol.asyncIterator]();
    expect(await failureOf(messages.next())).toMatchObject({ reason: "GAME_UNKNOWN" });
  });

  it("P7: says at once that nothing was ever recorded of the season", async () => {
    const of = freshGame();
    const board = { season: of.season, statistic: Statistic.POINTS };
    const part = { case: "top" as const, value: 3 };
    const begun = performance.now();
    const reasons = await Promise.all(
      [
        mesh.stats.watchGame(asked(of)),
        mesh.stats.watchPlayers({ season: of.season, playerIds: ["p1"] }),
        mesh.leaderboard.watchStandings({ board, part }),
      ].map(async (stream) => {
        const { code, reason } = await failureOf(stream[Symbol.asyncIterator]().next());
        return [code, reason];
      }),
    );

    expect(reasons).toEqual([
      [Code.NotFound, "GAME_UNKNOWN"],
      [Code.NotFound, "SEASON_UNKNOWN"],
      [Code.NotFound, "SEASON_UNKNOWN"],
    ]);
    // Whoever waits for a state does so for 10 s.
    expect(performance.now() - begun).toBeLessThan(8_000);
  });

  it("P5: says that a position is lost where nothing of the season is left", async () => {
    const of = freshGame();
    const journalId = "ab".repeat(16);
    const resumeAfter = positionToken({ journalId, slot: slotOf(of), endOffset: 1, term: 1 });

    const stream = mesh.stats.watchGame({ ...asked(of), resumeAfter });
    const failed = await failureOf(stream[Symbol.asyncIterator]().next());
    expect(failed).toMatchObject({ reason: "POSITION_LOST" });
  });

  it("waits for a season that is recorded and not folded", async () => {
    const of = freshGame();
    await mesh.pause();
    await record(of, lineOf("p1", 7));
    const first = next(mesh.stats.watchGame(asked(of))[Symbol.asyncIterator]());
    await delay(100);
    await mesh.resume();

    expect(pointsIn(advanced(NOTHING, await first))).toBe(7);
  });

  it("refuses a position of another slot, and one that is none", async () => {
    const of = freshGame();
    const { position } = await record(freshGame(), lineOf("p1", 2));

    for (const resumeAfter of [position, "x"]) {
      const messages = mesh.stats.watchGame({ ...asked(of), resumeAfter });
      const failed = await failureOf(messages[Symbol.asyncIterator]().next());
      expect(failed.fieldViolations.map(({ field }) => field)).toEqual(["resume_after"]);
    }
  });

  it("resumes without a full state where nothing has changed", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 2));
    const server = await startWatchServer(mesh);
    const stats = statsOf(server);
    const first = stats.watchGame(asked(of))[Symbol.asyncIterator]();
    const seen = advanced(NOTHING, await next(first));
    const { position } = await recordIn(of, "g2", 9);
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });

    const again = stats.watchGame({ ...asked(of), resumeAfter: seen.position });
    const message = await next(again[Symbol.asyncIterator]());
    expect(message.content).toMatchObject({ case: "changes", value: { teams: [] } });
    expect(message.content.value).not.toHaveProperty("game", expect.anything());
  });

  it("P4: waits for the position that it is to resume after", async () => {
    const of = freshGame();
    const { position: before } = await record(of, lineOf("p1", 2));
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: before });
    await mesh.pause();
    const { position } = await record(of, lineOf("p1", 5));
    // Another process may have shown what this one has not come to yet.
    const stream = mesh.stats.watchGame({ ...asked(of), resumeAfter: position });
    const first = next(stream[Symbol.asyncIterator]());
    await delay(50);
    await mesh.resume();

    const message = await first;
    expect(endOf(message.position)).toBe(endOf(position));
    expect(message.content).toMatchObject({ case: "changes", value: { teams: [] } });
  });

  it("says after a silence how far nothing has happened", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 2));
    const server = await startWatchServer(mesh, { heartbeatMs: 40 });
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    const seen = advanced(NOTHING, await next(messages));
    const { position } = await recordIn(of, "g2", 9);

    const later = await seenAt(messages, seen, position);
    expect(later.box).toEqual(seen.box);
    expect(server.counts.gameReads).toBeLessThanOrEqual(2);
  });

  it("P4: a watcher killed and resumed 100 times under an upload sees every final state", {
    timeout: 60_000,
  }, async () => {
    const of = freshGame();
    await record(of, lineOf("p0", 1));
    const random = seeded(5);
    let seen = NOTHING;
    let fulls = 0;
    let messagesSeen = 0;
    for (let round = 0; round < 20; round += 1) {
      let uploading = true;
      let last = "";
      const upload = (async () => {
        for (let points = 0; uploading; points += 1) {
          ({ position: last } = await record(of, lineOf(`p${points % 9}`, points + 100 * round)));
        }
      })();
      for (let kill = 0; kill < 5; kill += 1) {
        const stop = new AbortController();
        const stream = mesh.stats.watchGame(
          { ...asked(of), resumeAfter: seen.position },
          { signal: stop.signal },
        );
        let left = Math.floor(random() * 4);
        setTimeout(() => stop.abort(), 30 * random());
        try {
          for await (const message of stream) {
            messagesSeen += 1;
            if (message.content.case === "full") fulls += 1;
            expect(endOf(message.position)).toBeGreaterThanOrEqual(endOf(seen.position));
            seen = advanced(seen, message);
            if (left-- === 0) break;
          }
        } catch (error) {
          expect(reasonOf(error).code).toBe(Code.Canceled);
        }
      }
      uploading = false;
      await upload;
      const box = seenIn(await mesh.stats.getBoxScore({ ...asked(of), readAfter: last }));
      const stream = mesh.stats.watchGame({ ...asked(of), resumeAfter: seen.position });
      const messages = stream[Symbol.asyncIterator]();
      seen = await seenAt(messages, advanced(seen, await next(messages)), last);
      await messages.return?.();
      expect(seen).toEqual(box);
    }
    console.log(`100 kills: ${messagesSeen} messages, ${fulls} of them full states`);
  });

  it("P6, P9: watchers that never read cost one message each, and then get the newest state", {
    timeout: 60_000,
  }, async () => {
    const of = freshGame();
    const lines = [...Array(30).keys()].map((at) => lineOf(`p${at}`, 0, `t${at % 2}`));
    await record(of, ...lines);
    const server = await startWatchServer(mesh);
    const deaf = deafWatchers(server.address, asked(of), 200);
    await expect.poll(() => server.watches.counts().watchers, { timeout: 20_000 }).toBe(200);
    let before = 0;
    let last = "";
    for (let round = 1; round <= 300; round += 1) {
      const all = [...Array(30).keys()].map((at) => lineOf(`p${at}`, round, `t${at % 2}`));
      ({ position: last } = await record(of, ...all));
      // By then all that is kept once, or for a moment, is there.
      if (round === 100) before = heapBytes();
    }
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: last });
    const bytesEach = Math.round((heapBytes() - before) / 200);
    expect(deaf.received.flat()).toEqual([]);

    deaf.listen();
    await expect
      .poll(() => deaf.received.every((own) => endOf(own.at(-1)?.position ?? "") >= endOf(last)), {
        timeout: 10_000,
      })
      .toBe(true);
    const counts = deaf.received.map((own) => own.length);
    console.log(`200 deaf watchers: ${bytesEach} bytes more each by 200 changes of 30 rows`);
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
    for (const own of deaf.received) expect(pointsIn(own.reduce(advanced, NOTHING))).toBe(30 * 300);
    // A queue of 200 changes would be some 600,000.
    expect(bytesEach).toBeLessThan(60_000);
  });

  it("P9: gives the place of a watcher that reads nothing for too long to others", async () => {
    const of = freshGame();
    const { position } = await record(of, lineOf("p1", 1));
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    const server = await startWatchServer(mesh, {}, { unreadMs: 3_000 });
    const stream = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    await next(stream);
    deafWatchers(server.address, asked(of), 5);

    const watchers = () => server.watches.counts().watchers;
    await expect.poll(watchers).toBe(6);
    await expect.poll(watchers).toBe(1);
  });

  it("P6: 1,000 watchers of one game are one subscription and one read a change", {
    timeout: 60_000,
  }, async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 0));
    const server = await startWatchServer(mesh);
    const last = Array.from({ length: 1_000 }, () => NOTHING);
    for (let client = 0; client < 5; client += 1) {
      const stats = statsOf(server);
      for (let at = client * 200; at < (client + 1) * 200; at += 1) {
        void (async () => {
          try {
            for await (const message of stats.watchGame(asked(of))) {
              last[at] = advanced(last[at]!, message);
            }
          } catch {
            // Ends with the test.
          }
        })();
      }
    }
    await expect.poll(() => last.every(({ box }) => box), { timeout: 20_000 }).toBe(true);
    const begun = performance.now();
    const readsBefore = server.counts.gameReads;
    let position = "";
    for (let points = 1; points <= 40; points += 1) {
      ({ position } = await record(of, lineOf("p1", points)));
    }
    await expect
      .poll(() => last.every((seen) => endOf(seen.position) >= endOf(position)), {
        timeout: 20_000,
      })
      .toBe(true);

    expect(last.every((seen) => pointsIn(seen) === 40)).toBe(true);
    expect(server.watches.counts()).toEqual({ watchers: 1_000, subjects: 1 });
    // A change may be read twice when one of the looks, every 750 ms, comes upon it before its message.
    const looksMax = Math.ceil((performance.now() - begun) / 750) + 1;
    const reads = server.counts.gameReads - readsBefore;
    console.log(`40 changes: ${reads} reads for 1,000 watchers`);
    expect(reads).toBeLessThanOrEqual(40 + looksMax);
    const channel = `courtside:{${slotOf(of)}}:changes`;
    expect(await subscribersOf(mesh.redis, channel)).toBe(1);
  });

  it("P5: never sends a shrunken total while a lost slot is made again", {
    timeout: 60_000,
  }, async () => {
    const of = freshGame();
    let points = 0;
    let position = "";
    const grow = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        points += 1;
        ({ position } = await record(of, lineOf("p1", points)));
      }
    };
    const pattern = `courtside:{${slotOf(of)}}:*`;
    await grow(10);
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    const old = new Map<string, Buffer>();
    for (const key of await keysIn(mesh.redis, pattern)) {
      old.set(key, (await mesh.redis.dumpBuffer(key))!);
    }
    await grow(30);
    const seen: Seen[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      const stream = mesh.stats.watchGame(asked(of), { signal: stop.signal });
      for await (const message of stream) seen.push(advanced(seen.at(-1) ?? NOTHING, message));
    })().catch(() => {});
    await expect.poll(() => seen.length).toBeGreaterThan(0);

    for (let loss = 0; loss < 5; loss += 1) {
      await mesh.pause();
      await mesh.redis.del(...(await keysIn(mesh.redis, pattern)));
      // Every other time an old copy takes its place.
      if (loss % 2 === 1) {
        for (const [key, value] of old) await mesh.redis.restore(key, 0, value);
      }
      await delay(900);
      await mesh.resume();
      await grow(5);
      await expect.poll(() => pointsIn(seen.at(-1)!)).toBe(points);
    }
    stop.abort();
    await watching;

    expect(old.size).toBeGreaterThan(2);
    const told = seen.map((one) => [endOf(one.position), pointsIn(one)]);
    expect(told).toEqual(told.toSorted(([a = 0, x = 0], [b = 0, y = 0]) => a - b || x - y));
    for (const [offset, sum] of told) expect(sum).toBe(offset);
    expect(endOf(seen.at(-1)!.position)).toBe(endOf(position));
  });

  it("is at most about a second behind where messages are lost", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const server = await startWatchServer(mesh);
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    let seen = advanced(NOTHING, await next(messages));
    server.redis.removeAllListeners("smessage");

    const behindMs = await shortestMs(1_200, async (round) => {
      const { position } = await record(of, lineOf("p1", 2 + round));
      const begun = performance.now();
      seen = await seenAt(messages, seen, position);
      expect(pointsIn(seen)).toBe(2 + round);
      return performance.now() - begun;
    });
    expect(behindMs).toBeLessThan(1_200);
  });

  it("P5: does not take for seen what a lost message told, when the next one tells of others", async () => {
    const of = freshGame();
    const { position: before } = await record(of, lineOf("p1", 1));
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: before });
    const { address, redis } = await startWatchServer(mesh);
    const messages = statsOf({ address }).watchGame(asked(of))[Symbol.asyncIterator]();
    const seen = advanced(NOTHING, await next(messages));
    await recordIn(of, "g2", 1);
    await delay(100);

    const [hear] = redis.listeners("smessage") as [(...args: unknown[]) => void];
    redis.off("smessage", hear);
    const { position } = await record(of, lineOf("p1", 2));
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    await delay(20);
    redis.on("smessage", hear);
    await recordIn(of, "g2", 2);

    expect(pointsIn(await seenAt(messages, seen, position))).toBe(2);
  });

  it("hears again of what moves when its connection was broken", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const server = await startWatchServer(mesh);
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    await next(messages);
    const channel = `courtside:{${slotOf(of)}}:changes`;
    const heard = () => subscribersOf(mesh.redis, channel);
    await expect.poll(heard).toBe(1);
    expect(await breakConnections(mesh.redis, server.redisName)).toBeGreaterThan(0);

    await expect.poll(heard).toBe(1);
  });

  it("hears again of what moves when its subscription was lost without a word", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const server = await startWatchServer(mesh);
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    await next(messages);
    const channel = `courtside:{${slotOf(of)}}:changes`;
    await server.redis.sunsubscribe(channel);
    expect(await subscribersOf(mesh.redis, channel)).toBe(0);

    let points = 1;
    const heardAfterMove = async () => {
      points += 1;
      await record(of, lineOf("p1", points));
      return subscribersOf(mesh.redis, channel);
    };
    await expect.poll(heardAfterMove, { interval: 200 }).toBe(1);
  });

  it("P6: waits while the hot store is away, and tells when that lasts", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const server = await startWatchServer(mesh, { staleMs: 2_500 });
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    let seen = advanced(NOTHING, await next(messages));
    const away = new Outage("redis");

    server.faults.game = away;
    const { position } = await record(of, lineOf("p1", 2));
    const later = seenAt(messages, seen, position);
    await delay(300);
    server.faults.game = undefined;
    seen = await later;
    expect(pointsIn(seen)).toBe(2);

    server.faults.game = away;
    await record(of, lineOf("p1", 3));
    expect(await failureOf(next(messages))).toMatchObject({
      reason: "STORE_UNREACHABLE",
      retryAfterMs: 500,
    });
    server.faults.game = undefined;
    const again = statsOf(server).watchGame({ ...asked(of), resumeAfter: seen.position });
    const newest = await mesh.stats.getBoxScore(asked(of));
    expect(pointsIn(await seenAt(again[Symbol.asyncIterator](), seen, newest.position))).toBe(3);
  });

  it("P6: begins with what the archive has while the hot store is away, and goes on from there", async () => {
    const of = freshGame();
    const { position } = await record(of, lineOf("p1", 1));
    await mesh.projector.getProgress({ season: of.season, readAfter: position });
    const server = await startWatchServer(mesh, { staleMs: 2_000, heartbeatMs: 50 });
    server.faults.game = new Outage("redis");
    const watch = (resumeAfter = "") =>
      statsOf(server)
        .watchGame({ ...asked(of), resumeAfter })
        [Symbol.asyncIterator]();

    const messages = watch();
    let seen = advanced(NOTHING, await next(messages));
    expect(pointsIn(seen)).toBe(1);
    const { position: later } = await record(of, lineOf("p1", 2));
    await mesh.projector.getProgress({ season: of.season, readAfter: later });
    // It says nothing as long as it does not know whether anything has happened.
    expect(await failureOf(next(messages))).toMatchObject({ reason: "STORE_UNREACHABLE" });

    const again = watch(seen.position);
    seen = await seenAt(again, seen, later);
    expect(pointsIn(seen)).toBe(2);
    server.faults.game = undefined;
    const { position: last } = await record(of, lineOf("p1", 3));
    expect(pointsIn(await seenAt(again, seen, last))).toBe(3);
  });

  it("ends with SHUTTING_DOWN as soon as the server drains, and keeps nobody", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const server = await startWatchServer(mesh, {}, {}, 30_000);
    const messages = statsOf(server).watchGame(asked(of))[Symbol.asyncIterator]();
    await next(messages);
    const begun = performance.now();
    const ended = failureOf(next(messages));
    await server.close();

    expect(await ended).toMatchObject({ code: Code.Unavailable, reason: "SHUTTING_DOWN" });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(server.watches.counts().watchers).toBe(0);
  });

  it("P9: refuses more watchers, and more different things, than it has room for", async () => {
    const of = freshGame();
    await record(of, lineOf("p1", 1));
    const { position } = await recordIn(of, "g2", 1);
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    const server = await startWatchServer(mesh, { watchersMax: 2, subjectsMax: 1 });
    const stats = statsOf(server);
    const streams = [1, 2].map(() => stats.watchGame(asked(of))[Symbol.asyncIterator]());
    await next(streams[0]!);
    const other = stats.watchGame({ ...asked(of), gameId: "g2" })[Symbol.asyncIterator]();
    expect(await failureOf(next(other))).toMatchObject({ reason: "WATCHES_EXHAUSTED" });
    await next(streams[1]!);
    const third = stats.watchGame(asked(of))[Symbol.asyncIterator]();
    expect(await failureOf(next(third))).toMatchObject({
      code: Code.ResourceExhausted,
      reason: "WATCHES_EXHAUSTED",
    });

    // Who has left makes room, also for what nobody else watches.
    for (const stream of streams) await stream.return?.();
    await expect.poll(() => server.watches.counts().watchers).toBe(0);
    await next(stats.watchGame({ ...asked(of), gameId: "g2" })[Symbol.asyncIterator]());
  });
});

describe("WatchGame, when its watchers have gone", () => {
  it("P9: keeps what was watched for those who come back, but not more than it has room for", async () => {
    const of = freshGame();
    const games = ["g1", "g2", "g3"].map((gameId) => ({ ...asked(of), gameId }));
    await record(of, lineOf("p1", 1));
    await recordIn(of, "g2", 1);
    const { position } = await recordIn(of, "g3", 1);
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    const server = await startWatchServer(mesh, { lingeringMax: 2, lingerMs: 60_000 });
    const stats = statsOf(server);
    for (const game of games) {
      const stream = stats.watchGame(game)[Symbol.asyncIterator]();
      await next(stream);
      await stream.return?.();
      await expect.poll(() => server.watches.counts().watchers).toBe(0);
    }

    expect(server.watches.counts().subjects).toBe(2);
    await next(stats.watchGame(games[2]!)[Symbol.asyncIterator]());
    expect(server.watches.counts()).toEqual({ watchers: 1, subjects: 2 });
    await next(stats.watchGame(games[0]!)[Symbol.asyncIterator]());
    expect(server.watches.counts()).toEqual({ watchers: 2, subjects: 3 });
  });
});

describe("WatchPlayers", () => {
  it("P4: comes to what BatchGetPlayerSeasons says", async () => {
    const of = freshGame();
    const random = seeded(3);
    await record(of, lineOf("p0", 2));
    const playerIds = ["p2", "p0", "p1"];
    const watch = { season: of.season, playerIds };
    const messages = mesh.stats.watchPlayers(watch)[Symbol.asyncIterator]();
    const seen = new Map<string, PlayerSeason>();
    let position = "";
    for (let round = 0; round < 30; round += 1) {
      const points = 1 + Math.floor(random() * 30);
      const game = { ...of, gameId: `g${round % 3}` };
      const teamId = `t${points % 2}`;
      const write = await record(game, lineOf(`p${round % 5}`, points, teamId));
      const request = { season: of.season, playerIds: ["p0", "p1", "p2"] };
      const wanted = await mesh.stats.batchGetPlayerSeasons({
        ...request,
        readAfter: write.position,
      });
      // Others' seasons change nothing here, so nothing is told of them.
      while (round % 5 < 3 && endOf(position) < endOf(write.position)) {
        const message = await next(messages);
        ({ position } = message);
        for (const player of message.content.value?.players ?? [])
          seen.set(player.playerId, player);
      }
      const inOrder = [...seen.values()].sort((a, b) => (a.playerId < b.playerId ? -1 : 1));
      expect(inOrder).toEqual(wanted.players);
    }
    await messages.return?.();
  });
});

describe("WatchStandings", () => {
  it.each([
    { part: { case: "top" as const, value: 3 } },
    { part: { case: "around" as const, value: { memberId: "p3", eachSide: 1 } } },
  ])("P4: comes to what the lists say ($part.case)", async ({ part }) => {
    const of = freshGame();
    const random = seeded(9);
    await record(of, ...[0, 1, 2, 3, 4, 5].map((at) => lineOf(`p${at}`, 10 + at)));
    const board = { season: of.season, statistic: Statistic.POINTS };
    await expect
      .poll(() => mesh.leaderboard.listStandings({ board }).catch(() => undefined))
      .toBeDefined();
    const messages = mesh.leaderboard.watchStandings({ board, part })[Symbol.asyncIterator]();
    const seen = new Map<string, Standing>();
    let position = "";
    const take = async () => {
      const message = await next(messages);
      expect(endOf(message.position)).toBeGreaterThanOrEqual(endOf(position));
      ({ position } = message);
      if (message.content.case === "full") seen.clear();
      for (const row of message.content.value?.standings ?? []) seen.set(row.memberId, row);
      if (message.content.case !== "changes") return;
      for (const memberId of message.content.value.removedMemberIds) seen.delete(memberId);
    };
    await take();
    for (let round = 0; round < 30; round += 1) {
      const points = Math.floor(random() * 30);
      const { position: readAfter } = await record(of, lineOf(`p${round % 6}`, points));
      const { standings } =
        part.case === "top"
          ? await mesh.leaderboard.listStandings({ board, pageSize: part.value, readAfter })
          : await mesh.leaderboard.listAround({ board, ...part.value, readAfter });
      const inOrder = () =>
        [...seen.values()].sort((a, b) => a.rank - b.rank || (a.memberId < b.memberId ? -1 : 1));
      while (JSON.stringify(plain(inOrder())) !== JSON.stringify(plain(standings))) await take();
      expect(inOrder()).toEqual(standings);
    }
    await messages.return?.();
  });

  it("names a member who is not on the board", async () => {
    const of = freshGame();
    const { position } = await record(of, lineOf("p1", 1));
    await mesh.stats.getBoxScore({ ...asked(of), readAfter: position });
    const board = { season: of.season, statistic: Statistic.POINTS };
    const part = { case: "around" as const, value: { memberId: "nobody" } };
    const server = await startWatchServer(mesh);

    const messages = boardsOf(server).watchStandings({ board, part })[Symbol.asyncIterator]();
    expect(await failureOf(next(messages))).toMatchObject({ reason: "MEMBER_UNKNOWN" });
  });
});

/** A message as JSON may have it, without its position. */
function plain(message: unknown): unknown {
  const text = JSON.stringify(message, (key, value) => {
    if (key === "position") return undefined;
    return typeof value === "bigint" ? String(value) : value;
  });
  return JSON.parse(text);
}

/** What is alive on the heap and beside it. */
function heapBytes(): number {
  setFlagsFromString("--expose_gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
