import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** What every change must withstand; `npm run test:simulation` takes as many as it is told. */
const SEEDS = 2_000;

/** Runs a part of the seeds in a process of its own, which has time for itself. */
async function runFrom(seed: number, seeds: number) {
  const args = [MAIN, "--seed", String(seed), "--seeds", String(seeds)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, "close");
  return { code, output: (await output).join("") };
}

describe("the simulation", () => {
  it(`P1 to P5: holds every check in ${SEEDS} runs with faults`, { timeout: 900_000 }, async () => {
    const workers = Math.min(4, availableParallelism());
    const each = Math.ceil(SEEDS / workers);
    const parts = await Promise.all(
      Array.from({ length: workers }, (_, at) => runFrom(1 + at * each, each)),
    );

    for (const { code, output } of parts) {
      expect(output).toMatch(/every check held\n$/);
      expect(code).toBe(0);
    }
  });
});
