import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isServing } from "#runtime/rpc";
import { BEGINNING, headsOf, journalInPostgres, liveEntryOf } from "#stores/journal";
import { residentMbOf } from "../../bench/usage.ts";
import { freePort, HOST, removeFolder } from "../../local/servers/index.ts";
import { type Link, linkTo } from "../faults/link.ts";
import type { Arenas, Look } from "./arenas.fixture.ts";
import { freshDatabase, poolOn } from "./stores.fixture.ts";

const ARENAS = fileURLToPath(new URL("./arenas.fixture.ts", import.meta.url));
const INGEST = fileURLToPath(new URL("../../services/ingest/main.ts", import.meta.url));

const GAMES = 6;
const LINES_PER_SECOND = 4_800;
const WARM_UP_MS = 3_000;
/** Above the 10 s that ingest waits for a statement. */
const STALL_MS = 15_000;
const SETTLED_MS = 5_000;
/** A quarter of it on a machine with nothing else to do. */
const HEALED_WITHIN_MS = 60_000;

/**
 * What ingest may take more than it had. Of each stream it holds 16 batches of 50 lines and what the
 * windows of HTTP/2 let in, which is 0.8 MB of these lines: 5 MB of all, and as objects a few times that.
 * All that is sent meanwhile is 40 MB of bytes alone.
 */
const GROWTH_MB_MAX = 20;
/**
 * What the arenas may hold more: of each stream the 4 MB that may be on the way, and some. All other lines
 * wait on the disk.
 */
const HELD_MB_MAX = 35;

let folder: string;
let databaseUrl: string;
let link: Link;
let ingest: ChildProcess;
let arenas: ChildProcess;

const gameIds = Array.from({ length: GAMES }, (_, at) => `g${at}`);
const season = { league: "stalled", season: "2023-24" };
const SLOT = "stalled:2023-24:regular";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "courtside-stalled-"));
  databaseUrl = await freshDatabase();
  const behindLink = new URL(databaseUrl);
  link = await linkTo(Number(behindLink.port));
  behindLink.port = String(link.port);
  const target = `${HOST}:${await freePort()}`;
  const env = { ...process.env, COURTSIDE_LISTEN: target, COURTSIDE_PG_WRITER: behindLink.href };
  ingest = spawn(process.execPath, [INGEST], { env, stdio: "ignore" });
  while (!(await isServing(target))) await delay(100);
  const sent: Arenas = {
    ...{ target, season, folder, gameIds, backoff: { mostMs: 1_000 } },
    linesAtOnce: LINES_PER_SECOND / GAMES / 10,
  };
  arenas = fork(ARENAS, [JSON.stringify(sent)], { execArgv: ["--expose-gc"] });
}, 60_000);
afterAll(async () => {
  for (const process of [arenas, ingest]) {
    process?.kill();
    if (process?.exitCode === null && process.signalCode === null) await once(process, "exit");
  }
  await link?.close();
  removeFolder(folder);
}, 60_000);

async function asked<Answer>(question: "look" | "end"): Promise<Answer> {
  const answer = once(arenas, "message");
  arenas.send(question);
  return (await answer)[0] as Answer;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe("a Postgres that stalls under uploads", () => {
  it("P6: lets spools grow and nothing else, and each line counts once when it goes on", {
    timeout: 120_000,
  }, async () => {
    await expect
      .poll(async () => sum((await asked<Look>("look")).acknowledged), { timeout: 30_000 })
      .toBeGreaterThan(0);
    await delay(WARM_UP_MS);
    const before = await asked<Look>("look");
    const memoryBefore = residentMbOf(ingest.pid ?? 0);

    link.stall();
    const until = performance.now() + STALL_MS;
    // What had been answered when the link stalled is on its way.
    await delay(SETTLED_MS);
    const stalled = await asked<Look>("look");
    let memoryMost = memoryBefore;
    for (; performance.now() < until; await delay(500)) {
      memoryMost = Math.max(memoryMost, residentMbOf(ingest.pid ?? 0));
    }
    const after = await asked<Look>("look");
    link.resume();
    const healed = performance.now();
    const counts = await asked<number[]>("end");
    const healedMs = performance.now() - healed;

    console.log(
      `${sum(after.waiting)} of ${sum(counts)} lines in spools after ${STALL_MS} ms, all durable ` +
        `${Math.round(healedMs)} ms later; ingest ${memoryBefore} to ${memoryMost} MB, arenas ` +
        `${before.heldMb} to ${after.heldMb} MB; ${after.failures.join(" ")}`,
    );
    expect(before.failures).toEqual([]);
    expect(after.acknowledged).toEqual(stalled.acknowledged);
    expect(after.stopped).toBe(false);
    expect(sum(after.waiting)).toBeGreaterThan((0.7 * LINES_PER_SECOND * STALL_MS) / 1_000);
    expect(memoryMost - memoryBefore).toBeLessThan(GROWTH_MB_MAX);
    expect(after.heldMb - before.heldMb).toBeLessThan(HELD_MB_MAX);
    // Refused with a delay; what waits for the end of another statement may be left by the arena.
    expect(after.failures).toContain("STORE_UNREACHABLE");
    expect(["STORE_UNREACHABLE", "DeadlineExceeded"]).toEqual(
      expect.arrayContaining([...after.failures]),
    );
    expect(after.retryAfterMs).toBeGreaterThan(0);
    expect(healedMs).toBeLessThan(HEALED_WITHIN_MS);
    for (const [at, numbers] of (await journalled()).entries()) {
      const count = counts[at] ?? 0;
      expect([gameIds[at], numbers]).toEqual([
        gameIds[at],
        Array.from({ length: count }, (_, at) => at + 1),
      ]);
    }
  });
});

/** Of each game the numbers of its lines, in the order of the journal; each line must say its own. */
async function journalled(): Promise<number[][]> {
  const journal = journalInPostgres(poolOn(databaseUrl));
  const numbers = new Map<string, number[]>(gameIds.map((gameId) => [gameId, []]));
  let cursor = BEGINNING;
  for (;;) {
    const rows = await journal.read(SLOT, cursor, 10_000);
    const last = rows.at(-1);
    if (last === undefined) return [...numbers.values()];
    for (const head of rows.flatMap(headsOf)) {
      const entry = liveEntryOf(head);
      if (entry?.kind !== "live") throw new Error(`an entry of ${head.gameId} is no live line`);
      const { number, totals } = entry.line;
      numbers.get(head.gameId)?.push(totals.points === number ? number : Number.NaN);
    }
    cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
  }
}
