import { describe, expect, it } from "vitest";
import { eventQueue } from "./events.ts";

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
});
