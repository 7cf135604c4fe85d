import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { lockHolder, takeLock } from "./lock.js";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "courtside-lock-"));
  file = join(folder, "some.lock");
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

describe("takeLock", () => {
  it("is taken by one at a time", async () => {
    const release = await takeLock(file, { waitMs: 0 });

    expect(await takeLock(file, { waitMs: 0 })).toBeUndefined();
    release?.();
    expect(await takeLock(file, { waitMs: 0 })).toBeDefined();
  });

  it("waits for the holder, and tells once whom it waits for", async () => {
    const release = await takeLock(file, { waitMs: 0 });
    const waitedFor: number[] = [];

    const second = takeLock(file, {
      waitMs: 10_000,
      onWait: (pid) => {
        waitedFor.push(pid);
        release?.();
      },
    });

    expect(await second).toBeDefined();
    expect(waitedFor).toEqual([process.pid]);
  });

  it("is free when its holder was killed", async () => {
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 - 1, start: "1" }));

    expect(await takeLock(file, { waitMs: 0 })).toBeDefined();
  });

  it("is free when its holder's pid went to another process", async () => {
    writeFileSync(file, JSON.stringify({ pid: process.pid, start: "an earlier process" }));

    expect(await takeLock(file, { waitMs: 0 })).toBeDefined();
  });

  it("is free when it was left unreadable by a crash of the machine", async () => {
    writeFileSync(file, "");

    expect(await takeLock(file, { waitMs: 0 })).toBeDefined();
  });

  it("goes to one of many who find it stale at once", async () => {
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 - 1, start: "1" }));

    const taken = await Promise.all(
      Array.from({ length: 20 }, () => takeLock(file, { waitMs: 0 })),
    );

    expect(taken.filter((release) => release !== undefined)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["some.lock"]);
  });

  it("releases nothing that was taken over by another", async () => {
    const release = await takeLock(file, { waitMs: 0 });
    const theirs = JSON.stringify({ pid: process.pid, start: "another" });
    writeFileSync(file, theirs);

    release?.();

    expect(readFileSync(file, "utf8")).toBe(theirs);
  });
});

describe("lockHolder", () => {
  it("is the running process that holds it, else undefined", async () => {
    expect(lockHolder(file)).toBeUndefined();
    const release = await takeLock(file, { waitMs: 0 });
    expect(lockHolder(file)?.pid).toBe(process.pid);

    release?.();

    expect(lockHolder(file)).toBeUndefined();
  });
});
