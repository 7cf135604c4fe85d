import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { Child } from "../servers/index.ts";
import { type KeepOptions, keepRunning } from "./keep-running.ts";

type FakeChild = Child & { end(): void; readonly stops: () => number };

let started: FakeChild[];
let pauses: number[];
let told: string[];
let now: number;
let endPause: () => void;

beforeEach(() => {
  started = [];
  pauses = [];
  told = [];
  now = 0;
});

describe("keepRunning", () => {
  it("starts it again with pauses that double up to the greatest", async () => {
    await keepRunning(options({ pauseMs: { first: 100, greatest: 350 } }));

    for (let i = 0; i < 4; i++) await endAndStartAgain();

    expect(pauses).toEqual([100, 200, 350, 350]);
    expect(started).toHaveLength(5);
  });

  it("begins with a short pause again once it ran steadily", async () => {
    await keepRunning(options({ pauseMs: { first: 100, greatest: 5_000 }, steadyAfterMs: 10_000 }));
    await endAndStartAgain();
    now += 9_999;
    await endAndStartAgain();
    now += 10_000;
    await endAndStartAgain();

    expect(pauses).toEqual([100, 200, 100]);
  });

  it("tells of each end and each new start", async () => {
    const running: boolean[] = [];
    const onChange = () => void running.push(kept.running());
    const kept = await keepRunning(options({ onChange }));

    await endAndStartAgain();

    expect(running).toEqual([false, true]);
    expect(kept.endings()).toBe(1);
    expect(kept.latest()).toBe(started[1]);
    expect(told).toEqual(["some has ended and is started again."]);
  });

  it("tries again when it cannot be started again", async () => {
    const faults = [new Error("no disk"), undefined];
    const start = async () => {
      const fault = started.length > 0 ? faults.shift() : undefined;
      if (fault) throw fault;
      return fakeChild();
    };
    const kept = await keepRunning(options({ start }));

    await endAndStartAgain();
    expect(kept.running()).toBe(false);
    await pauseOver();

    expect(kept.running()).toBe(true);
    expect(pauses).toEqual([100, 200]);
    expect(told).toContain("some could not be started again: no disk");
  });

  it("fails when it cannot be started at first", async () => {
    const start = () => Promise.reject(new Error("no such program"));

    await expect(keepRunning(options({ start }))).rejects.toThrow("no such program");
  });

  it("stays ended after a stop", async () => {
    const kept = await keepRunning(options());

    await kept.stop();
    await settled();

    expect(started.map((child) => child.stops() > 0)).toEqual([true]);
    expect(kept.running()).toBe(false);
    expect(told).toEqual([]);
  });

  it("stays ended after a stop during the pause", async () => {
    const kept = await keepRunning(options());
    started[0]!.end();
    await settled();

    await kept.stop();
    await settled();

    expect(started).toHaveLength(1);
    expect(kept.running()).toBe(false);
  });

  it("stops one that was just being started when the stop came", async () => {
    const slow = Promise.withResolvers<void>();
    const start = async () => {
      if (started.length > 0) await slow.promise;
      return fakeChild();
    };
    const kept = await keepRunning(options({ start }));
    await endAndStartAgain();

    const stopped = kept.stop();
    slow.resolve();
    await stopped;

    expect(started).toHaveLength(2);
    expect(started[1]!.stops()).toBeGreaterThan(0);
  });
});

function options(overrides: Partial<KeepOptions> = {}): KeepOptions {
  return {
    name: "some",
    start: async () => fakeChild(),
    onChange: () => {},
    log: (sentence) => void told.push(sentence),
    clock: {
      now: () => now,
      pause(ms, signal) {
        pauses.push(ms);
        return new Promise((resolve) => {
          endPause = resolve;
          signal.addEventListener("abort", () => resolve());
        });
      },
    },
    ...overrides,
  };
}

function fakeChild(): FakeChild {
  const { promise: exited, resolve } = Promise.withResolvers<{ code: number; signal: null }>();
  let stops = 0;
  const end = () => resolve({ code: 1, signal: null });
  const pid = started.length + 1;
  const child: FakeChild = {
    pid,
    identity: { pid, start: "now" },
    exited,
    kill: end,
    async stop() {
      stops += 1;
      end();
    },
    end,
    stops: () => stops,
  };
  started.push(child);
  return child;
}

async function endAndStartAgain(): Promise<void> {
  started.at(-1)!.end();
  await settled();
  await pauseOver();
}

async function pauseOver(): Promise<void> {
  endPause();
  await settled();
}

/** Lets everything happen that waits for nothing but promises. */
async function settled(): Promise<void> {
  await setImmediate();
}
