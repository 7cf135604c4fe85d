import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { UPLOAD_PARTS } from "./plan.ts";
import { PLANTED } from "./planted.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** What every change must withstand; `npm run test:simulation` takes as many as it is told. */
const SEEDS = 2_000;

/** How often, at least, a part of an upload is killed in those; real processes are in `upload-kills.test.ts`. */
const KILLS = 1_000;

/** Runs the command in a process of its own, which has time for itself. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "close");
  return { code, output: (await output).join("") };
}

describe("the simulation", () => {
  it(`P1 to P5: holds every check in ${SEEDS} runs with faults`, { timeout: 900_000 }, async () => {
    const workers = Math.min(4, availableParallelism());
    const each = Math.ceil(SEEDS / workers);
    const parts = await Promise.all(
      Array.from({ length: workers }, (_, at) =>
        run("--seed", String(1 + at * each), "--seeds", String(each)),
      ),
    );

    for (const { code, output } of parts) {
      expect(output).toMatch(/every check held\n$/);
      expect(code).toBe(0);
    }
    const killed = UPLOAD_PARTS.map((part) => {
      const times = parts.map(({ output }) => Number(output.match(`${part} (\\d+)`)?.[1]));
      return { part, times: times.reduce((sum, one) => sum + one) };
    });
    const split = killed.map(({ part, times }) => `${part} ${times}`).join(", ");
    console.log(`killed in simulated uploads: ${split}`);
    for (const { times } of killed) expect(times).toBeGreaterThan(0);
    expect(killed.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThanOrEqual(KILLS);
  });

  it("is the same for the same seed, whatever ran before it", { timeout: 120_000 }, async () => {
    const stepsOf = async (seed: number, seeds: number) => {
      const { output } = await run("--seed", String(seed), "--seeds", String(seeds));
      return Number(/: (\d+) steps/.exec(output)?.[1]);
    };
    const [before, both, alone] = [
      await stepsOf(40, 3),
      await stepsOf(40, 4),
      await stepsOf(43, 1),
    ];

    expect(alone).toBeGreaterThan(0);
    expect(before + alone).toBe(both);
  });

  it("finds each planted bug by a check that is there for it", { timeout: 900_000 }, async () => {
    const { code, output } = await run("--planted");
    const found = output.trimEnd().split("\n");

    expect(found.map((line) => / {2}found by (I\d+) /.exec(line)?.[1] ?? line)).toEqual(
      PLANTED.map(({ foundBy }) => expect.toBeOneOf([...foundBy])),
    );
    expect(code).toBe(0);
  });
});
