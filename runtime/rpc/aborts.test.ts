import { Code, createHandlerContext } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { deadlineOf, eachMessage, untilAborted } from "./aborts.ts";

const never = new Promise<never>(() => {});

describe("untilAborted", () => {
  it("gives what the promise gives", async () => {
    const { signal } = new AbortController();

    expect(await untilAborted(signal, Promise.resolve(1))).toBe(1);
    await expect(untilAborted(signal, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("throws the reason of an abort that comes first, or came before", async () => {
    const stop = new AbortController();
    const waiting = untilAborted(stop.signal, never);

    stop.abort(new Error("over"));

    await expect(waiting).rejects.toThrow("over");
    await expect(untilAborted(stop.signal, never)).rejects.toThrow("over");
  });

  it("takes a promise that fails after the abort", async () => {
    const stop = new AbortController();
    const late = Promise.withResolvers<void>();
    const waiting = untilAborted(stop.signal, late.promise);
    stop.abort(new Error("over"));

    await expect(waiting).rejects.toThrow("over");
    late.reject(new Error("late"));
    // An unhandled rejection would fail this file.
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("eachMessage", () => {
  async function* messages() {
    yield 1;
    yield 2;
  }

  it("gives all messages in order", async () => {
    const { signal } = new AbortController();

    expect(await Array.fromAsync(eachMessage(messages(), signal))).toEqual([1, 2]);
  });

  it("throws when the signal aborts between messages, and leaves its source", async () => {
    const stop = new AbortController();
    let left = false;
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        left = true;
      }
    }
    const seen: number[] = [];

    const reading = (async () => {
      for await (const message of eachMessage(source(), stop.signal)) {
        seen.push(message);
        stop.abort(new Error("over"));
      }
    })();

    await expect(reading).rejects.toThrow("over");
    expect(seen).toEqual([1]);
    expect(left).toBe(true);
  });

  it("throws when the signal aborts while no message comes", async () => {
    const stop = new AbortController();
    async function* silent() {
      yield await never;
    }
    const next = eachMessage(silent(), stop.signal).next();

    stop.abort(new Error("over"));

    await expect(next).rejects.toThrow("over");
  });

  it("passes on what its source throws", async () => {
    async function* broken() {
      yield 1;
      throw new Error("broken");
    }
    const { signal } = new AbortController();

    await expect(Array.fromAsync(eachMessage(broken(), signal))).rejects.toThrow("broken");
  });
});

describe("deadlineOf", () => {
  function contextOf(timeoutMs?: number) {
    return createHandlerContext({
      service: StatsService,
      method: StatsService.method.getBoxScore,
      protocolName: "grpc",
      requestMethod: "POST",
      url: "http://localhost",
      timeoutMs,
    });
  }

  it.each([
    ["the default where the caller names none", undefined, 1_000],
    ["the caller's", 400, 400],
    ["the most, where the caller's is longer", 60_000, 2_000],
    ["nothing, where it has passed", -1, 0],
  ])("is %s", (_, given, expected) => {
    const context = contextOf(given);

    const left = deadlineOf(context, 1_000, 2_000).remainingMs();
    context.abort();

    expect(left).toBeLessThanOrEqual(expected);
    expect(left).toBeGreaterThan(expected - 200);
  });

  it("aborts its signal when the time is up", async () => {
    const { signal, remainingMs } = deadlineOf(contextOf(), 5, 2_000);

    await expect(untilAborted(signal, never)).rejects.toMatchObject({
      code: Code.DeadlineExceeded,
    });
    expect(remainingMs()).toBe(0);
  });

  it("aborts its signal with the call's", () => {
    const context = contextOf();
    const { signal } = deadlineOf(context, 1_000, 2_000);

    context.abort(new Error("gone"));

    expect(signal.reason).toMatchObject({ message: "gone" });
  });
});
