import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";
import { seeded } from "./story.fixture.ts";

const OCTOBER = fileURLToPath(
  new URL("../../data/nba-2023-24/events/2023-10.ndjson.gz", import.meta.url),
);
const GAMES = "20";
/** A service needs a moment of life between two deaths for anything to happen at all. */
const KILLS_MAX = 20;
/** Those that a replay and the reads after it need. */
const MORTAL: ReadonlySet<string> = new Set(["ingest", "projector", "stats"]);
const SEED = Number(process.env.COURTSIDE_TEST_SEED ?? 20_231_024);

let calm: CommandLine;
let harmed: CommandLine;

beforeAll(async () => {
  calm = await startCommandLine();
  harmed = await startCommandLine();
}, 120_000);
afterAll(() => Promise.all([calm?.close(), harmed?.close()]), 120_000);

describe("a replay under kill -9", () => {
  it("P1, P2: ends with the numbers of one that nobody disturbed, and needs no command", {
    timeout: 240_000,
  }, async () => {
    const undisturbed = await calm.answer("replay", OCTOBER, "--games", GAMES, "--json");
    const random = seeded(SEED);
    let replaying = true;
    const kills: string[] = [];
    const killing = (async () => {
      while (replaying && kills.length < KILLS_MAX) {
        await delay(100 + 500 * random());
        const mortal = harmed.state().services.filter(({ name }) => MORTAL.has(name));
        const victim = mortal[Math.floor(random() * mortal.length)]!;
        // Its own supervisor starts it again; nobody else does anything.
        if (replaying && victim.running && sent(victim.pid)) kills.push(victim.name);
      }
    })();
    const disturbed = await harmed.run("replay", OCTOBER, "--games", GAMES, "--json");
    replaying = false;
    await killing;

    console.log(`killed ${kills.length} times (seed ${SEED}): ${kills.join(" ")}`);
    expect(disturbed).toMatchObject({ status: 0 });
    expect(new Set(kills)).toEqual(MORTAL);
    const told = JSON.parse(disturbed.stdout) as { lines: number };
    expect(told.lines).toBe((JSON.parse(undisturbed) as { lines: number }).lines);
    for (const verb of [
      ["export", "player-games"],
      ["leaders", "pts", "--json"],
      ["leaders", "reb", "--json"],
      ["games", "--json"],
    ]) {
      const after = withoutPosition(await harmed.answer(...verb));
      expect([verb, after]).toEqual([verb, withoutPosition(await calm.answer(...verb))]);
    }
    const again = await harmed.answer("replay", OCTOBER, "--games", GAMES, "--json");
    expect(JSON.parse(again)).toMatchObject({ lines: told.lines, duplicates: told.lines });
  });
});

function sent(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

// Two meshes have two journals, and positions name them.
function withoutPosition(answer: string): string {
  return answer.replaceAll(/"position": ?"[^"]*"/g, '"position":""');
}
