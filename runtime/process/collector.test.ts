import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { constants, getPriority } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const FIXTURE = fileURLToPath(new URL("./service.fixture.ts", import.meta.url));
const { PRIORITY_BELOW_NORMAL, PRIORITY_NORMAL } = constants.priority;

describe.runIf(process.platform === "linux")("the collector of a service", () => {
  it.each([
    ["stops-briefly", PRIORITY_BELOW_NORMAL],
    ["works", PRIORITY_NORMAL],
  ])("runs beside one that %s with priority %i", async (behaviour, priority) => {
    const { ofV8, ofMain } = await prioritiesIn(behaviour);

    expect(ofV8.length).toBeGreaterThan(0);
    expect(new Set(ofV8)).toEqual(new Set([priority]));
    expect(ofMain).toBe(PRIORITY_NORMAL);
  });
});

/** The priorities of a running fixture's threads. */
async function prioritiesIn(behaviour: string) {
  const child = spawn(process.execPath, [FIXTURE, behaviour]);
  const closed = once(child, "close");
  for await (const line of createInterface(child.stdout)) if (line === "up") break;
  const threads = `/proc/${child.pid}/task`;
  const ofV8 = readdirSync(threads)
    .filter((thread) => readFileSync(`${threads}/${thread}/comm`, "utf8").includes("V8Worker"))
    .map((thread) => getPriority(Number(thread)));
  const ofMain = getPriority(child.pid);
  child.kill("SIGTERM");
  await closed;
  return { ofV8, ofMain };
}
