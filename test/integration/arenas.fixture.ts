/**
 * Arenas in one process: sends lines of several games, each from a spool of its own, as fast as they are
 * due. Its parent asks by messages: "look" is answered by how they are, "end" by how many lines each game
 * has, when all of them are durable.
 */
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { type NewLine, openUplink, reasonOf, type UplinkOptions } from "#client";

const EVERY_MS = 100;

/** What to send, and where. */
export type Arenas = Pick<UplinkOptions, "target" | "season" | "backoff"> & {
  /** Holds a folder for each spool. */
  readonly folder: string;
  /** The games, which are also the names of their folders. */
  readonly gameIds: readonly string[];
  /** Lines of each game, every 100 ms. */
  readonly linesAtOnce: number;
};

/** How the arenas are, the games in their order. */
export type Look = {
  /** Lines that a spool has and ingest has not acknowledged. */
  readonly waiting: readonly number[];
  readonly acknowledged: readonly number[];
  readonly stopped: boolean;
  /** What broke connections so far, each once: the reason if the failure has one, else its code. */
  readonly failures: readonly string[];
  /** Of failures with a reason, the shortest time that the next try was asked to wait. */
  readonly retryAfterMs: number;
  /** What the process holds in memory and needs, in MB. */
  readonly heldMb: number;
};

/** Line `number` of a game, of about 600 bytes: as large as any of the fifteenth overtime. */
function largeLine(number: number): NewLine {
  const many = 1_000_000;
  const totals = { secondsPlayed: many, rebounds: many, assists: many, steals: many, blocks: many };
  const periods = Array.from({ length: 20 }, (_, at) => ({ period: at + 1, totals }));
  const line = { playerId: `p${number % 10}`, teamId: "t1", totals: { points: number }, periods };
  const happenedTime = timestampFromMs(1_700_000_000_000 + number);
  return { of: { case: "player", value: { ...line, happenedTime } } };
}

const { gameIds, folder, linesAtOnce, ...to }: Arenas = JSON.parse(process.argv[2] ?? "");
const failures: string[] = [];
let retryAfterMs = Number.POSITIVE_INFINITY;
let sending = true;

const uplinks = await Promise.all(
  gameIds.map((gameId) =>
    openUplink({ ...to, source: "arena", gameId, folder: `${folder}/${gameId}` }),
  ),
);
for (const uplink of uplinks) {
  uplink.on("disconnected", ({ failure }) => {
    const { code, reason, retryAfterMs: wait = 0 } = reasonOf(failure);
    failures.push(reason || Code[code]);
    if (reason) retryAfterMs = Math.min(retryAfterMs, wait);
  });
}
const ended = Promise.all(
  uplinks.map(async (uplink) => {
    for (let due = performance.now(); sending; due += EVERY_MS) {
      const first = uplink.nextNumber();
      await Promise.all(
        Array.from({ length: linesAtOnce }, (_, at) => uplink.send(largeLine(first + at))),
      );
      await delay(Math.max(0, due + EVERY_MS - performance.now()));
    }
    await uplink.drained();
    await uplink.close();
    return uplink.acknowledgedThrough();
  }),
);
process.on("message", async (question: "look" | "end") => {
  if (question === "end") {
    sending = false;
    process.send?.(await ended);
    process.disconnect?.();
    return;
  }
  const gauges = await Promise.all(uplinks.map((uplink) => uplink.gauges()));
  const look: Look = {
    waiting: gauges.map(({ lines }) => lines),
    acknowledged: uplinks.map((uplink) => uplink.acknowledgedThrough()),
    stopped: gauges.some(({ stopped }) => stopped),
    failures: [...new Set(failures)],
    retryAfterMs,
    heldMb: heldMb(),
  };
  process.send?.(look);
});

/** Its parent starts it with --expose-gc. */
function heldMb(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 / 1024);
}
