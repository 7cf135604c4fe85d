import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Redis } from "ioredis";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { positionOf } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { statisticOnWire } from "#wire/lines";
import {
  type RedisTopology,
  type RunningServer,
  type RunServer,
  redisRoles,
} from "../../local/servers/index.ts";
import { startMesh } from "./mesh.fixture.ts";
import { startOwnRedis } from "./stores.fixture.ts";
import { advanced, pointsIn, type Seen } from "./watch.fixture.ts";

const PLAYERS = 10;
const GAME = "g1";
const WRITE_EVERY_MS = 10;
const READ_EVERY_MS = 5;
/** On a busy machine Sentinels may take themselves for frozen, and then wait for half a minute. */
const CAUGHT_UP_WITHIN_MS = 60_000;
/** How long a server is waited for that may be frozen, and one that is not, in ms. */
const FROZEN_AFTER_MS = 1_000;
const ASKED_WITHIN_MS = 10_000;
/** Above what a Redis that does not answer costs a reader. */
const READ_WITHIN_MS = 5_000;
/** For so long no read must have been otherwise than current, in ms. */
const STEADY_MS = 200;
/** Behind by no more than this the folds have caught up with what is written meanwhile, in entries. */
const CAUGHT_UP = 5 * PLAYERS;

/** What a fault cost, in seconds from its beginning. */
export type Cost = {
  /** The longest time in which no read was answered, from whichever store. */
  readonly withoutReadsS: number;
  /** Until every read was answered by the hot store again, as far as the journal was by then. */
  readonly caughtUpS: number;
};

/** A mesh on a Redis of several servers, which is written to and read from all the time. */
export type FailingMesh = {
  /** Ends or freezes a primary, and waits until another one is there and the folds have caught up. */
  without(primary: string, signal: "SIGKILL" | "SIGSTOP"): Promise<Cost>;
  /** The names of the servers that say that they are this, in their order. */
  named(role: "primary" | "replica"): Promise<string[]>;
  /** The name of the server that takes the slot's folds. */
  primary(): Promise<string>;
  /** How far the slot is on one server. */
  end(name: string): Promise<number>;
  send(signal: NodeJS.Signals, ...names: string[]): void;
  /** Starts a server that has ended. */
  restart(name: string): Promise<void>;
  /** Asks one server, whatever the others say. */
  ask<Answer>(name: string, question: (redis: Redis) => Promise<Answer>): Promise<Answer>;
  /** Ends the load; what was wrong with any answer, and with the stores. */
  finish(): Promise<{ faults: string[]; reads: number; archived: number; refused: number }>;
  close(): Promise<void>;
};

/** Starts a mesh, and a load on it: lines of one game, readers of a season and of a board, and a watcher. */
export async function startFailingMesh(topology: RedisTopology): Promise<FailingMesh> {
  const servers = new Map<string, RunningServer>();
  const starts = new Map<string, Parameters<RunServer>[1]>();
  const run: RunServer = async (name, start) => {
    const server = await start(servers.get(name)?.port);
    starts.set(name, start);
    servers.set(name, server);
    return server;
  };
  const group = await startOwnRedis(topology, { run });
  const mesh = await startMesh({ redisUrl: group.url });
  const season = { league: `t${randomBytes(6).toString("hex")}`, season: "2023-24" };
  const slot = `${season.league}:${season.season}:regular`;
  const cursorKey = `courtside:{${slot}}:cursor`;
  const stopping = new AbortController();
  const { signal } = stopping;
  const faults: string[] = [];
  const count = { reads: 0, archived: 0, refused: 0 };
  let written = 0;
  let acknowledged = "";
  let answeredAt = performance.now();
  let longestMs = 0;
  /** When a read was last answered by the archive, or behind the journal, or not at all. */
  let notCurrentAt = 0;

  async function write(): Promise<void> {
    written += 1;
    const lines = Array.from({ length: PLAYERS }, (_, player) => ({
      of: { case: "player" as const, value: lineOf(`p${player}`, written) },
    }));
    const request = { season, gameId: GAME, source: "arena", lines };
    acknowledged = (await mesh.ingest.recordLines(request)).position;
  }
  // The n-th write gives every player n points, in a row of its own.
  function check(who: string, seen: string, position: string, points: number): void {
    const [was, end] = [endOf(seen), endOf(position)];
    if (end < was) faults.push(`${who} saw ${end} after ${was}`);
    if (points * PLAYERS !== end) faults.push(`${who} saw ${points} points at ${end}`);
  }
  function answered(store: Store | undefined, position: string): void {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - answeredAt);
    answeredAt = now;
    count.reads += 1;
    if (store === Store.ARCHIVE) count.archived += 1;
    const isCurrent = endOf(acknowledged) - endOf(position) <= CAUGHT_UP;
    if (!isCurrent || store !== Store.HOT_STORE) notCurrentAt = now;
  }
  /** Reads again and again; a reader that names what it has seen is another one than one that does not. */
  async function read(who: string, names: boolean, once: Once): Promise<void> {
    for (let seen = ""; !signal.aborted; await delay(READ_EVERY_MS)) {
      try {
        const { store, position, points } = await once(names ? seen : "");
        check(who, seen, position, points);
        answered(store, position);
        seen = position;
      } catch (error) {
        const { reason } = reasonOf(error);
        if (reason !== "STORE_UNREACHABLE" && reason !== "READ_AFTER_TIMEOUT") {
          faults.push(`${who}: ${error}`);
        }
        count.refused += 1;
        notCurrentAt = performance.now();
      }
    }
  }
  async function ofSeason(readAfter: string) {
    const options = { timeoutMs: READ_WITHIN_MS };
    const answer = await mesh.stats.getPlayerSeason({ season, playerId: "p1", readAfter }, options);
    const { player, position, served } = answer;
    return { position, store: served?.store, points: player?.totals?.points ?? 0 };
  }
  async function ofBoard(readAfter: string) {
    const board = { season, statistic: statisticOnWire("points") };
    const options = { timeoutMs: READ_WITHIN_MS };
    const answer = await mesh.leaderboard.listStandings({ board, pageSize: 3, readAfter }, options);
    const { standings, position, served } = answer;
    return { position, store: served?.store, points: Number(standings[0]?.score ?? 0) };
  }
  async function watch(): Promise<void> {
    let seen: Seen = { position: "", box: undefined };
    while (!signal.aborted) {
      try {
        const request = { season, gameId: GAME, resumeAfter: seen.position };
        for await (const message of mesh.stats.watchGame(request, { signal })) {
          const next = advanced(seen, message);
          check("watcher", seen.position, next.position, pointsIn(next) / PLAYERS);
          seen = next;
        }
      } catch (error) {
        const { reason } = reasonOf(error);
        if (!signal.aborted && reason !== "STORE_UNREACHABLE") faults.push(`watcher: ${error}`);
        await delay(100);
      }
    }
    if (endOf(acknowledged) - endOf(seen.position) > CAUGHT_UP)
      faults.push(`watcher came to ${endOf(seen.position)} of ${endOf(acknowledged)}`);
  }

  await write();
  await ofSeason(acknowledged);
  const load = Promise.all([
    (async () => {
      for (; !signal.aborted; await delay(WRITE_EVERY_MS)) await write();
    })(),
    read("reader", false, ofSeason),
    read("reader of the board", false, ofBoard),
    read("session", true, ofSeason),
    watch(),
  ]);
  const serverOf = (name: string) => {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`no server is called ${name}`);
    return server;
  };

  async function named(is: "primary" | "replica"): Promise<string[]> {
    const all = [...servers];
    const roles = await redisRoles(all.map(([, { url }]) => url));
    return all.flatMap(([name], at) => (roles[at]?.is === is ? [name] : []));
  }
  async function ask<Answer>(
    name: string,
    question: (redis: Redis) => Promise<Answer>,
    withinMs = ASKED_WITHIN_MS,
  ) {
    const redis = new Redis(serverOf(name).url, {
      commandTimeout: withinMs,
      retryStrategy: () => null,
    });
    redis.on("error", () => {});
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }
  /** Of the servers that say that they are primaries, the one where the slot is furthest. */
  async function furthest(): Promise<{ name: string; end: number }> {
    const ends = await Promise.all(
      (await named("primary")).map(async (name) => {
        // Of a Cluster all but one say that they have not got it.
        const look = (redis: Redis) => redis.get(cursorKey);
        const text = await ask(name, look, FROZEN_AFTER_MS).catch(() => null);
        return text === null ? [] : [{ name, end: JSON.parse(text)[0] as number }];
      }),
    );
    return ends.flat().sort((a, b) => b.end - a.end)[0] ?? { name: "", end: -1 };
  }

  /** Where the stores differ once they are as far as the journal. */
  async function differences(): Promise<string[]> {
    const begun = performance.now();
    for (;;) {
      try {
        const found: string[] = [];
        await mesh.projector.getProgress({ season, readAfter: acknowledged });
        for await (const { message } of mesh.projector.verifySeason({ season })) {
          if (message.case === "difference") found.push(JSON.stringify(message.value));
        }
        return found;
      } catch (error) {
        // One of the servers has only just become a primary.
        const isAway = reasonOf(error).reason === "STORE_UNREACHABLE";
        if (!isAway || performance.now() - begun > CAUGHT_UP_WITHIN_MS) throw error;
        await delay(500);
      }
    }
  }

  return {
    async end(name) {
      return JSON.parse((await ask(name, (redis) => redis.get(cursorKey))) ?? "[0]")[0];
    },
    async without(primary, signal) {
      const begun = performance.now();
      const endThen = endOf(acknowledged);
      [answeredAt, longestMs, notCurrentAt] = [begun, 0, begun];
      process.kill(serverOf(primary).pid, signal);
      for (let isOver = false; !isOver; await delay(50)) {
        const { name, end } = await furthest();
        isOver = name !== primary && end > endThen && performance.now() - notCurrentAt > STEADY_MS;
        if (performance.now() - begun > CAUGHT_UP_WITHIN_MS) {
          throw new Error(`the folds did not catch up: ${faults.slice(0, 3)}`);
        }
      }
      const seconds = (ms: number) => Math.round(ms / 100) / 10;
      longestMs = Math.max(longestMs, performance.now() - answeredAt);
      return { withoutReadsS: seconds(longestMs), caughtUpS: seconds(notCurrentAt - begun) };
    },
    named,
    async primary() {
      for (;;) {
        const { name } = await furthest();
        if (name !== "") return name;
      }
    },
    send(signal, ...names) {
      for (const name of names) process.kill(serverOf(name).pid, signal);
    },
    async restart(name) {
      const start = starts.get(name);
      if (start !== undefined) await run(name, start);
    },
    ask,
    async finish() {
      stopping.abort();
      await load;
      faults.push(...(await differences()));
      return { faults, ...count };
    },
    async close() {
      stopping.abort();
      await load.catch(() => {});
      await mesh.stop();
      for (const server of servers.values()) server.kill("SIGCONT");
      // Those that were started again are not of the group.
      await Promise.all([...servers.values()].map((server) => server.stop()));
      await group.stop();
    },
  };
}

type Once = (readAfter: string) => Promise<{
  readonly store: Store | undefined;
  readonly position: string;
  readonly points: number;
}>;

function lineOf(playerId: string, points: number) {
  const happenedTime = timestampFromMs(1_700_000_000_000);
  return { playerId, teamId: "t1", happenedTime, totals: { points, secondsPlayed: points } };
}

function endOf(position: string): number {
  return positionOf(position)?.endOffset ?? 0;
}
