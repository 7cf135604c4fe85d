import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ListPlayersResponseSchema,
  WatchGameResponseSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { createLog } from "#runtime/log";
import type { Limits } from "./limits.ts";
import { type Route, read, watch } from "./route.ts";
import { serveGateway } from "./serve.ts";

async function gatewayOf(routes: readonly Route[], limits: Partial<Limits> = {}) {
  const gateway = await serveGateway({
    ...{ listen: "127.0.0.1:0", routes, pages: new Map(), origins: ["*"], drainMs: 0, limits },
    log: createLog("test", "silent"),
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

const head = { tag: "t", summary: "s", parameters: {} };

describe("serveGateway", () => {
  it("P6, P9: takes nothing more for a watcher that does not read, and cuts it", async () => {
    let taken = 0;
    let isLeft = false;
    async function* messages() {
      try {
        for (;;) {
          taken += 1;
          const value = { removedPlayerIds: ["x".repeat(100_000)] };
          yield create(WatchGameResponseSchema, {
            position: "p",
            content: { case: "changes", value },
          });
        }
      } finally {
        isLeft = true;
      }
    }
    const answers = WatchGameResponseSchema;
    const route = watch({ ...head, path: "/watch", id: "w", answers, watch: messages });
    const { address } = await gatewayOf([route], { answerMs: 400 });
    const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.write("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");

    // What fits into the buffers of the connection, and not one more.
    for (let before = -1; taken === 0 || taken !== before; await delay(100)) before = taken;
    expect(taken).toBeLessThan(200);
    await expect.poll(() => isLeft).toBe(true);
  });

  it("answers 500 without a word where a route fails, and goes on", async () => {
    let fails = true;
    const route = read({
      ...{ ...head, path: "/read", id: "r", answers: ListPlayersResponseSchema },
      hasPosition: false,
      async reply() {
        if (fails) throw new Error("password");
        return { message: create(ListPlayersResponseSchema), maxAgeS: 1 };
      },
    });
    const { address } = await gatewayOf([route]);

    const failed = await fetch(`http://${address}/read`);
    expect(await failed.json()).toEqual({
      ...{ type: "about:blank", title: "Internal Server Error", status: 500 },
    });
    fails = false;
    expect((await fetch(`http://${address}/read`)).status).toBe(200);
  });

  it("P9: cuts an answer that takes longer than any may", async () => {
    const route = read({
      ...{ ...head, path: "/read", id: "r", answers: ListPlayersResponseSchema },
      reply: () => new Promise(() => {}),
    });
    const { address } = await gatewayOf([route], { answerMs: 100 });

    await expect(fetch(`http://${address}/read`)).rejects.toThrow();
  });

  it("ends the calls of a client that has gone", async () => {
    const told = Promise.withResolvers<void>();
    const route = read({
      ...{ ...head, path: "/read", id: "r", answers: ListPlayersResponseSchema },
      reply: (_, { options }) => {
        options.signal.addEventListener("abort", () => told.resolve());
        return new Promise(() => {});
      },
    });
    const { address } = await gatewayOf([route]);
    const leaving = new AbortController();
    const asked = fetch(`http://${address}/read`, { signal: leaving.signal });
    asked.catch(() => {});
    await delay(50);

    leaving.abort();

    await told.promise;
  });
});
