import { describe, expect, it } from "vitest";
import { eventQueue } from "./events.ts";

const isEven = (event: number): event is number => event % 2 === 0;

describe("eventQueue", () => {
  it("gives events in their order, those that come later too", async () => {
    const events = eventQueue<number>();
    events.push(1);
    events.push(2);

    expect([await events.next(), await events.next()]).toEqual([1, 2]);
    const later = events.next();
    events.push(3);
    expect(await later).toBe(3);
  });

  it("gives the oldest one at once where it is wanted, and else leaves it", async () => {
    const events = eventQueue<number>();
    for (const event of [2, 4, 5, 6]) events.push(event);

    expect([events.nextIf(isEven), events.nextIf(isEven), events.nextIf(isEven)]).toEqual([
      ...[2, 4, undefined],
    ]);
    expect([await events.next(), events.nextIf(isEven), events.nextIf(isEven)]).toEqual([
      ...[5, 6, undefined],
    ]);
  });
});
