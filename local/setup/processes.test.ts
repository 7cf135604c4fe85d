import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { commandLineOf, identityOf, isRunning } from "./processes.js";

describe("isRunning", () => {
  it("tells a process from a later one with its pid", () => {
    const self = identityOf(process.pid);

    expect(self && isRunning(self)).toBe(true);
    expect(isRunning({ pid: process.pid, start: "earlier" })).toBe(false);
  });

  it("is false once the process has ended", async () => {
    const child = spawn("sleep", ["60"]);
    const identity = identityOf(child.pid ?? 0);
    child.kill("SIGKILL");
    await once(child, "exit");

    expect(identity && isRunning(identity)).toBe(false);
  });
});

describe("identityOf", () => {
  it.each([0, -1, Number.NaN, 2 ** 22 - 1])("is undefined for %d, which is no process", (pid) => {
    expect(identityOf(pid)).toBeUndefined();
  });
});

describe("commandLineOf", () => {
  it("is the words of the command, and empty for no process", () => {
    const child = spawn("sleep", ["59.5"]);

    expect(commandLineOf(child.pid ?? 0)).toBe("sleep 59.5");
    expect(commandLineOf(2 ** 22 - 1)).toBe("");
    child.kill();
  });
});
