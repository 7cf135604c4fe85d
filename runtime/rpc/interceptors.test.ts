import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Outage } from "#runtime/outage";
import { failure } from "./errors.ts";
import { framed, rawCall, rawSession } from "./raw.fixture.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, ingestClient, OPEN, startServer, statsClient } from "./server.fixture.ts";

const WARN = 40;
const ERROR = 50;

describe("validation", () => {
  it("names fields by proto path, and no handler sees the request", async () => {
    let calls = 0;
    const { address } = await startServer({
      ingest: {
        recordLines() {
          calls += 1;
          return {};
        },
      },
    });
    const line = { of: { case: "player", value: { playerId: "a b", teamId: "t" } } } as const;

    const error = await failureOf(
      ingestClient(address).recordLines({ source: "s", gameId: "g", lines: [line] }),
    );

    const { code, fieldViolations } = reasonOf(error);
    expect(code).toBe(Code.InvalidArgument);
    expect(fieldViolations.map(({ field }) => field).sort()).toEqual([
      "lines[0].player.happened_time",
      "lines[0].player.player_id",
      "lines[0].player.totals",
    ]);
    expect(calls).toBe(0);
  });

  it("fits 100 bad lines into the answer", async () => {
    const { address } = await startServer({});
    const lines = Array.from({ length: 100 }, () => ({}));

    const error = await failureOf(
      ingestClient(address).recordLines({ source: "s", gameId: "g", lines }),
    );

    expect(reasonOf(error).message).toMatch(/and 84 more$/);
  });

  it("checks each message of a stream as it comes", async () => {
    const seen: unknown[] = [];
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const { message } of requests) {
            seen.push(message.case);
            yield {};
          }
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    const responses = upload.responses[Symbol.asyncIterator]();
    await upload.write(OPEN);
    await responses.next();

    await upload.write({ message: { case: "batch", value: { firstNumber: 0n, lines: [{}] } } });
    const error = await failureOf(responses.next());

    // The lines of a batch are left to the handler, which takes the others.
    expect(reasonOf(error).fieldViolations.map(({ field }) => field)).toEqual([
      "batch.first_number",
    ]);
    expect(seen).toEqual(["open"]);
  });
});

describe("outages", () => {
  it("answers STORE_UNREACHABLE with the store and a delay, and logs the cause once", async () => {
    const { address, logged } = await startServer({
      ingest: {
        recordRoster() {
          const cause = new Error("connect ECONNREFUSED 10.0.0.7:5432");
          throw new Outage("postgres", { cause, retryAfterMs: 700 });
        },
      },
    });
    const client = ingestClient(address);

    // Past the retries of our own client, which would log once each.
    const error = await failureOf(client.recordRoster({}, { timeoutMs: 5_000 }));

    expect(reasonOf(error)).toEqual({
      code: Code.Unavailable,
      reason: "STORE_UNREACHABLE",
      message: "postgres gave no answer.",
      metadata: { store: "postgres" },
      fieldViolations: [],
      retryAfterMs: 700,
    });
    const warned = logged.filter(({ level }) => level === WARN);
    expect(warned[0]).toMatchObject({
      rpc: "courtside.ingest.v1.IngestService/RecordRoster",
      err: { message: expect.stringContaining("ECONNREFUSED") },
    });
  });

  it("hides what a bug says, and logs it once", async () => {
    const { address, logged } = await startServer({
      stats: {
        getBoxScore() {
          throw new TypeError("secret of the house");
        },
      },
    });

    const error = await failureOf(statsClient(address).getBoxScore({ gameId: "g" }));

    expect(reasonOf(error)).toMatchObject({ code: Code.Internal, message: "internal error" });
    expect(JSON.stringify(error)).not.toContain("secret");
    const errors = logged.filter(({ level }) => level === ERROR);
    expect(errors.map(({ err }) => err?.message)).toEqual(["secret of the house"]);
  });

  it("does the same for a stream that has begun", async () => {
    const { address, logged } = await startServer({
      ingest: {
        async *uploadLines() {
          yield {};
          throw new TypeError("secret of the house");
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);
    const responses = upload.responses[Symbol.asyncIterator]();
    await responses.next();

    const error = await failureOf(responses.next());

    expect(reasonOf(error)).toMatchObject({ code: Code.Internal, message: "internal error" });
    expect(logged.filter(({ level }) => level === ERROR)).toHaveLength(1);
  });

  it("lets failures of handlers pass as they are, without a log line", async () => {
    const { address, logged } = await startServer({
      stats: {
        getBoxScore() {
          throw failure("GAME_UNKNOWN", "Nothing was recorded of g.");
        },
      },
    });

    const error = await failureOf(statsClient(address).getBoxScore({ gameId: "g" }));

    expect(reasonOf(error).reason).toBe("GAME_UNKNOWN");
    expect(logged.filter(({ level }) => level >= WARN)).toEqual([]);
  });
});

describe("deadlines", () => {
  it("wakes a handler that waits for a message, at the caller's deadline", async () => {
    const woken = Promise.withResolvers<unknown>();
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          try {
            for await (const _ of requests) yield {};
          } catch (error) {
            woken.resolve(error);
            throw error;
          }
        },
      },
    });

    // By hand, as our own client has no deadline on streams and would be the one to end the call.
    const stream = rawUpload(address, { "grpc-timeout": "50m" });
    const error = await woken.promise;

    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: Code.DeadlineExceeded });
    expect((await stream.trailers)["grpc-status"]).toBe(String(Code.DeadlineExceeded));
  });

  it("ends a stream whose handler waits for something else", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines() {
          await new Promise(() => {});
        },
      },
    });

    const stream = rawUpload(address, { "grpc-timeout": "50m" });

    expect((await stream.trailers)["grpc-status"]).toBe(String(Code.DeadlineExceeded));
  });

  it("ends a unary call at the server's own limit", async () => {
    const aborted = Promise.withResolvers<void>();
    const { address } = await startServer(
      {
        stats: {
          getBoxScore: (_, { signal }) => {
            signal.addEventListener("abort", () => aborted.resolve());
            return new Promise(() => {});
          },
        },
      },
      { limits: { unaryMaxMs: 20 } },
    );

    const error = await failureOf(statsClient(address).getBoxScore({ gameId: "g" }));

    expect(reasonOf(error)).toMatchObject({
      code: Code.DeadlineExceeded,
      message: "the deadline has passed",
    });
    await aborted.promise;
  });

  it("gives a stream so long for its first message", async () => {
    const { address } = await startServer(
      {
        ingest: {
          async *uploadLines(requests) {
            for await (const _ of requests) yield {};
          },
        },
      },
      { limits: { requestMs: 20 } },
    );

    const stream = rawUpload(address, {});

    expect((await stream.trailers)["grpc-status"]).toBe(String(Code.DeadlineExceeded));
  });

  it("takes a caller that goes without a word for no bug", async () => {
    const begun = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { address, logged } = await startServer({
      ingest: {
        recordRoster(_, { signal }) {
          begun.resolve();
          return new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reject(signal.reason);
              gone.resolve();
            });
          });
        },
      },
    });
    const path = "/courtside.ingest.v1.IngestService/RecordRoster";
    const { stream } = rawCall(rawSession(address), path);
    stream.end(framed(Buffer.alloc(0)));
    await begun.promise;

    stream.close(constants.NGHTTP2_NO_ERROR);
    await gone.promise;
    await new Promise((resolve) => setImmediate(resolve));

    expect(logged.filter(({ level }) => level >= WARN)).toEqual([]);
  });

  it("tells a handler that its caller has gone", async () => {
    const gone = Promise.withResolvers<void>();
    const { address, logged } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          try {
            for await (const _ of requests) yield {};
          } finally {
            gone.resolve();
          }
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);
    await upload.responses[Symbol.asyncIterator]().next();

    upload.cancel();
    await gone.promise;

    expect(logged.filter(({ level }) => level >= WARN)).toEqual([]);
  });
});

function rawUpload(address: string, headers: Record<string, string>) {
  const path = "/courtside.ingest.v1.IngestService/UploadLines";
  return rawCall(rawSession(address), path, headers);
}
