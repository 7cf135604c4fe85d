import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const FIXTURE = fileURLToPath(new URL("./service.fixture.ts", import.meta.url));

/** Runs the fixture to its end, with signals sent once it says `at`. */
async function run(behaviour: string, signals: NodeJS.Signals[] = [], at = "up") {
  const child = spawn(process.execPath, [FIXTURE, behaviour]);
  const said: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    said.push(line);
    if (line !== at) return;
    for (const signal of signals) child.kill(signal);
  });
  const logged: { level: string; name: string; msg: string }[] = [];
  createInterface(child.stderr).on("line", (line) => logged.push(JSON.parse(line)));
  const [code] = await once(child, "close");
  return { code, said, logged };
}

describe("runService", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("stops and exits 0 on %s", async (signal) => {
    const { code, said, logged } = await run("works", [signal]);

    expect(code).toBe(0);
    expect(said).toEqual(["starting", "up", "told", "stop"]);
    expect(logged.map(({ msg }) => msg)).toEqual(["started", "stopping", "stopped"]);
  });

  it("stops once, however often it is told", async () => {
    const { code, said, logged } = await run("takes-long", ["SIGTERM", "SIGINT", "SIGTERM"]);

    expect(code).toBe(0);
    expect(said).toEqual(["starting", "up", "told", "stop"]);
    expect(logged.map(({ msg }) => msg)).toEqual(["started", "stopping", "stopped"]);
  });

  it.each([
    ["fails-to-start", "could not start: no port"],
    ["throws", "uncaught exception"],
    ["rejects", "unhandled rejection"],
  ])("exits 1 with one line when it %s", async (behaviour, msg) => {
    const { code, logged } = await run(behaviour);

    expect(code).toBe(1);
    const fatal = logged.filter(({ level }) => level === "fatal");
    expect(fatal).toEqual([expect.objectContaining({ name: "fixture", msg })]);
  });

  it.each([
    ["hangs", "did not stop in time"],
    ["fails-to-stop", "could not stop: no way out"],
  ])("exits 1 with one line when it %s", async (behaviour, msg) => {
    const { code, logged } = await run(behaviour, ["SIGTERM"]);

    expect(code).toBe(1);
    expect(logged.at(-1)).toMatchObject({ level: "fatal", msg });
  });

  it("does not let a start that hangs outlive its signal", async () => {
    const { code, logged } = await run("hangs-in-start", ["SIGTERM"], "starting");

    expect(code).toBe(1);
    expect(logged.at(-1)).toMatchObject({ level: "fatal", msg: "did not stop in time" });
  });
});
