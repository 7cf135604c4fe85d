import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeRow, journalInPostgres } from "#stores/journal";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";
import { poolOn } from "./stores.fixture.ts";
import { seeded } from "./story.fixture.ts";

const ARENA = fileURLToPath(new URL("./arena.fixture.ts", import.meta.url));
const SEED = Number(process.env.COURTSIDE_TEST_SEED ?? 20_231_024);
const KILLS = Number(process.env.COURTSIDE_TEST_KILLS ?? 10);
/** Arenas send to each of these, and are killed as well. */
const TARGETS = ["ingest", "relay"] as const;
const VICTIMS = ["arena", "ingest", "relay", "postgres"] as const;
const LEAGUE = "kills";
const SLOT = `${LEAGUE}:2023-24:regular`;
const FORWARDED_WITHIN_MS = 60_000;

let mesh: CommandLine;
let folder: string;
beforeAll(async () => {
  mesh = await startCommandLine("--relay");
  folder = mkdtempSync(join(tmpdir(), "courtside-arena-"));
}, 120_000);
afterAll(async () => {
  await mesh?.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

describe("an upload under kill -9", () => {
  it("P1, P2: loses no line and doubles none, whoever is killed", {
    timeout: 120_000 + KILLS * 10_000,
  }, async () => {
    const random = seeded(SEED);
    const oneOf = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
    const arenas = TARGETS.map((target) => arenaFor(`to-${target}`, target));
    const kills: string[] = [];
    while (kills.length < KILLS) {
      await delay(100 + 700 * random());
      // Each once, and then as it comes.
      const victim = VICTIMS[kills.length] ?? oneOf([...VICTIMS, "arena"]);
      if (victim === "arena") {
        await oneOf(arenas).kill();
        kills.push(victim);
        continue;
      }
      // Its supervisor starts it again; nobody else does anything.
      const part = [...mesh.state().services, ...mesh.state().stores].find(
        ({ name }) => name === victim,
      );
      if (part?.running && sent(part.pid)) kills.push(victim);
    }
    const lines = await Promise.all(arenas.map((arena) => arena.end()));

    const split = VICTIMS.map((one) => `${one} ${kills.filter((killed) => killed === one).length}`);
    console.log(
      `killed in real uploads: ${split.join(", ")}; ${lines.join(" and ")} lines, seed ${SEED}`,
    );
    for (const [at, target] of TARGETS.entries()) {
      const count = lines[at]!;
      expect([target, await journalled(`to-${target}`, count)]).toEqual([
        target,
        Array.from({ length: count }, (_, at) => [1, at + 1, at + 1]),
      ]);
    }
    expect(await mesh.run("verify", "--league", LEAGUE)).toMatchObject({ status: 0 });
  });
});

/** A process that uploads a game, started again whenever it was killed. */
function arenaFor(gameId: string, service: string) {
  const target = mesh.state().services.find(({ name }) => name === service)?.address;
  const options = {
    ...{ target, source: "arena", gameId, folder: join(folder, gameId) },
    season: { league: LEAGUE, season: "2023-24" },
    // Small, so that spools are trimmed meanwhile.
    ...{ segmentBytes: 8_192, keepAckedBytes: 8_192, backoff: { mostMs: 500 } },
  };
  let spooled = 0;
  let done = 0;
  let child: ChildProcessByStdio<Writable, Readable, null>;
  const start = () => {
    child = spawn(process.execPath, [ARENA, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface(child.stdout).on("line", (line) => {
      const [word, number] = line.split(" ");
      // What was said to be spooled is there when it begins again.
      if (word === "begins") expect(Number(number)).toBeGreaterThan(spooled);
      if (word === "spooled") spooled = Number(number);
      if (word === "done") done = Number(number);
    });
  };
  start();
  return {
    async kill() {
      child.kill("SIGKILL");
      // All that it has said is read by then.
      await once(child, "close");
      start();
    },
    /** Lets it send what is left; returns how many lines there are. */
    async end(): Promise<number> {
      // On a slow machine a process may have been killed each time before it came to its first line.
      while (spooled <= KILLS) await delay(20);
      child.stdin.end();
      const [code] = await once(child, "close");
      expect(code).toBe(0);
      expect(done).toBeGreaterThanOrEqual(spooled);
      return done;
    },
  };
}

/**
 * Epoch, number and points of each line of a game, in the order of the journal, once there are so many or
 * no more come.
 */
async function journalled(gameId: string, count: number) {
  const url = mesh.state().urls.postgres;
  const journal = journalInPostgres(poolOn(url));
  const found: [epoch: number, number: number, points: number | undefined][] = [];
  let cursor = { endOffset: 0, digest: "" };
  for (const until = Date.now() + FORWARDED_WITHIN_MS; Date.now() < until; ) {
    const rows = await journal.read(SLOT, cursor, 10_000);
    for (const { entry } of rows.flatMap(decodeRow)) {
      if (entry.kind !== "live" || entry.gameId !== gameId) continue;
      const { epoch, number, totals } = entry.line;
      found.push([epoch, number, totals.points]);
    }
    const last = rows.at(-1);
    if (last !== undefined) {
      cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
    } else if (found.length >= count) break;
    else await delay(100);
  }
  return found;
}

function sent(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
