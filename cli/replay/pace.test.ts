import { describe, expect, it } from "vitest";
import { paceOf } from "./pace.ts";

function paced(speed: number) {
  const clock = { now: 0 };
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
    clock.now += ms;
  };
  return { clock, waits, pace: paceOf(speed, undefined, () => clock.now, wait) };
}

describe("paceOf", () => {
  it("is so many times faster than what it paces", async () => {
    const { pace, waits } = paced(60);
    pace.until(1_000_000);
    await pace.until(1_006_000);
    await pace.until(1_066_000);

    expect(waits).toEqual([100, 1_000]);
  });

  it("is due at once at the beginning, and when it is late", () => {
    const { pace, clock } = paced(1);

    expect(pace.until(1_000_000)).toBeUndefined();
    clock.now = 5_000;
    expect(pace.until(1_004_000)).toBeUndefined();
  });

  it("does not add up what each wait was late", async () => {
    const { pace, clock, waits } = paced(1);
    pace.until(0);
    await pace.until(1_000);
    clock.now += 400;
    await pace.until(2_000);

    expect(waits).toEqual([1_000, 600]);
  });
});
