import { once } from "node:events";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  IngestService,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { Outage } from "#runtime/outage";
import { rpcClient } from "./client.ts";
import { failure } from "./errors.ts";
import { addressOf } from "./place.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, ingestClient, OPEN, startServer, statsClient } from "./server.fixture.ts";

const bytesOf = (request: MessageInitShape<typeof UploadLinesRequestSchema>) =>
  toBinary(UploadLinesRequestSchema, create(UploadLinesRequestSchema, request));

/** A batch of about 20 KiB. */
const BATCH = create(UploadLinesRequestSchema, {
  message: {
    case: "batch",
    value: {
      firstNumber: 1n,
      lines: Array.from({ length: 500 }, (_, i) => ({
        of: {
          case: "player" as const,
          value: {
            playerId: `player-${i}`.padEnd(40, "-"),
            teamId: "t",
            happenedTime: { seconds: 1n },
            totals: {},
          },
        },
      })),
    },
  },
});

describe("a unary call", () => {
  it("carries request and answer", async () => {
    const { address } = await startServer({
      stats: { getBoxScore: ({ gameId }) => ({ position: `after ${gameId}` }) },
    });

    const answer = await statsClient(address).getBoxScore({ gameId: "g1" });

    expect(answer.position).toBe("after g1");
  });

  it("ends at its timeout", async () => {
    const { address } = await startServer({
      stats: { getBoxScore: () => new Promise(() => {}) },
    });

    const error = await failureOf(
      statsClient(address).getBoxScore({ gameId: "g" }, { timeoutMs: 30 }),
    );

    expect(reasonOf(error).code).toBe(Code.DeadlineExceeded);
  });

  it.each(["before", "while"])("ends when its signal aborts %s it runs", async (when) => {
    const stop = new AbortController();
    const { address } = await startServer({
      stats: {
        getBoxScore: () => {
          stop.abort();
          return new Promise(() => {});
        },
      },
    });
    if (when === "before") stop.abort();

    const error = await failureOf(
      statsClient(address).getBoxScore({ gameId: "g" }, { signal: stop.signal }),
    );

    expect(reasonOf(error).code).toBe(Code.Canceled);
  });

  it("leaves nothing behind on its signal", async () => {
    const { address } = await startServer({ stats: { getBoxScore: () => ({}) } });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };

    await statsClient(address).getBoxScore({ gameId: "g" }, { signal });

    expect(listeners).toBe(0);
  });

  it.each([
    ["a read", (address: string) => statsClient(address).getBoxScore({ gameId: "g" })],
    ["a repeatable write", (address: string) => ingestClient(address).recordRoster({})],
  ])("that is %s is repeated on UNAVAILABLE", async (_, call) => {
    let calls = 0;
    const once = () => {
      calls += 1;
      if (calls === 1) throw new Outage("redis", { retryAfterMs: 1 });
      return {};
    };
    const { address } = await startServer({
      ingest: { recordRoster: once },
      stats: { getBoxScore: once },
    });

    await call(address);

    expect(calls).toBe(2);
  });

  it("is not repeated on another code", async () => {
    let calls = 0;
    const { address } = await startServer({
      stats: {
        getBoxScore: () => {
          calls += 1;
          throw failure("GAME_UNKNOWN", "m");
        },
      },
    });

    await failureOf(statsClient(address).getBoxScore({ gameId: "g" }));

    expect(calls).toBe(1);
  });

  it("that does not say it may be is not repeated", async () => {
    let calls = 0;
    const { address } = await startServer({
      stats: {
        getBoxScore: () => {
          calls += 1;
          throw new Outage("redis", { retryAfterMs: 1 });
        },
      },
    });
    // As if the .proto said nothing.
    const idempotency = Idempotency.IDEMPOTENCY_UNKNOWN;
    const methods = StatsService.methods.map((method) => ({ ...method, idempotency }));
    const client = rpcClient({ ...StatsService, methods }, address);
    onTestFinished(client.close);

    await failureOf(client.getBoxScore({ gameId: "g" }));

    expect(calls).toBe(1);
  });

  it("is made four times at most", async () => {
    let calls = 0;
    const { address } = await startServer({
      stats: {
        getBoxScore: () => {
          calls += 1;
          throw new Outage("redis", { retryAfterMs: 1 });
        },
      },
    });

    const error = await failureOf(statsClient(address).getBoxScore({ gameId: "g" }));

    expect(reasonOf(error).reason).toBe("STORE_UNREACHABLE");
    expect(calls).toBe(4);
  });

  it("fails soon where nobody listens", async () => {
    const error = await failureOf(statsClient("127.0.0.1:1").getBoxScore({ gameId: "g" }));

    expect(reasonOf(error).code).toBe(Code.Unavailable);
  });
});

describe("a server stream", () => {
  it("gives what comes, and cancels when left early", async () => {
    const { address, setServing } = await startServer({});
    const client = rpcClient(Health, address);
    const seen: number[] = [];

    for await (const { status } of client.watch({})) {
      seen.push(status);
      if (seen.length === 1) setServing(false);
      if (seen.length === 2) break;
    }
    client.close();

    expect(seen).toEqual([1, 2]);
  });

  it("throws the call's error also when nobody reads yet", async () => {
    const { address } = await startServer({}, { limits: { headerPairsMax: 1 } });
    const client = rpcClient(Health, address);

    const responses = client.watch({});
    await failureOf(client.check({}));
    const error = await failureOf(responses[Symbol.asyncIterator]().next());
    client.close();

    expect(reasonOf(error).code).not.toBe(Code.Unknown);
  });
});

describe("a stream", () => {
  it("carries messages both ways until the peer ends it", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const { message } of requests) {
            yield { message: { case: "finished", value: { position: String(message.case) } } };
          }
        },
      },
    });
    const upload = ingestClient(address).uploadLines();

    await upload.write(OPEN);
    await upload.write(BATCH);
    upload.end();

    const positions = [];
    for await (const { message } of upload.responses) {
      positions.push(message.case === "finished" && message.value.position);
    }
    expect(positions).toEqual(["open", "batch"]);
  });

  it("carries the bytes of a message as they are", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const { message } of requests) {
            yield { message: { case: "finished", value: { position: String(message.case) } } };
          }
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(bytesOf(OPEN));
    upload.end();

    for await (const { message } of upload.responses) {
      expect(message).toMatchObject({ case: "finished", value: { position: "open" } });
    }
  });

  it("compresses the messages that say so, if it may", async () => {
    const frames: Buffer[] = [];
    const server = createHttp2Server();
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.on("data", (bytes: Buffer) => frames.push(bytes));
      stream.on("end", () => stream.end());
    });
    server.listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const bytes = bytesOf(BATCH);
    for (const mayCompress of [false, true]) {
      const client = rpcClient(IngestService, addressOf(server), { mayCompress });
      const upload = client.uploadLines();
      await upload.write(bytes);
      await upload.write(bytes, { compress: true });
      upload.end();
      await upload.responses[Symbol.asyncIterator]()
        .next()
        .catch(() => {});
      client.close();
    }
    const sent = Buffer.concat(frames);
    const flags: number[] = [];
    for (let at = 0; at < sent.length; at += 5 + sent.readUInt32BE(at + 1)) flags.push(sent[at]!);

    expect(flags).toEqual([0, 0, 0, 1]);
  });

  it("makes a writer wait while the peer does not read", async () => {
    const reading = Promise.withResolvers<void>();
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          await reading.promise;
          for await (const _ of requests);
          yield {};
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    let written = 0;
    const all = (async () => {
      for (; written < 300; written++) await upload.write(BATCH);
    })();

    // Everything that can happen without the peer has happened once a call beside it is answered
    // while no write went through.
    let before = -1;
    while (written === 0 || written !== before) {
      before = written;
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(written).toBeGreaterThan(0);
    // The peer's windows and what each side's streams hold by default: 47 batches as measured.
    expect(written).toBeLessThan(100);

    reading.resolve();
    await all;
    upload.end();
    for await (const _ of upload.responses);
    expect(written).toBe(300);
  });

  it("rejects a write that waits when the call fails", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const _ of requests) throw failure("UPLOAD_FENCED", "m");
          yield {};
        },
      },
    });
    const upload = ingestClient(address).uploadLines();

    const error = await failureOf(
      (async () => {
        for (;;) await upload.write(BATCH);
      })(),
    );

    expect(reasonOf(error).reason).toBe("UPLOAD_FENCED");
    const read = await failureOf(upload.responses[Symbol.asyncIterator]().next());
    expect(reasonOf(read).reason).toBe("UPLOAD_FENCED");
  });

  it("lets a writer go on when the peer has ended well", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const _ of requests) return;
          yield {};
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);
    for await (const _ of upload.responses) expect.unreachable();

    await upload.write(BATCH);
    await upload.write(BATCH);
  });

  it("gives the answers that came before the error", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines() {
          yield {};
          yield {};
          throw failure("NOT_OWNER", "m");
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);
    let answers = 0;

    const error = await failureOf(
      (async () => {
        for await (const _ of upload.responses) answers += 1;
      })(),
    );

    expect(answers).toBe(2);
    expect(reasonOf(error).reason).toBe("NOT_OWNER");
  });

  it("is cancelled when its answers are left early", async () => {
    const left = Promise.withResolvers<void>();
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          try {
            for await (const _ of requests) yield {};
          } finally {
            left.resolve();
          }
        },
      },
    });
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);

    for await (const _ of upload.responses) break;

    await left.promise;
  });

  it.each(["cancel()", "signal"])("ends by %s", async (how) => {
    const stop = new AbortController();
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const _ of requests) yield {};
        },
      },
    });
    const upload = ingestClient(address).uploadLines({ signal: stop.signal });
    await upload.write(OPEN);
    const responses = upload.responses[Symbol.asyncIterator]();
    await responses.next();

    if (how === "signal") stop.abort();
    else upload.cancel();

    expect(reasonOf(await failureOf(responses.next())).code).toBe(Code.Canceled);
  });

  it("refuses a write after end()", async () => {
    const { address } = await startServer({});
    const upload = ingestClient(address).uploadLines();
    upload.end();

    await expect(upload.write(OPEN)).rejects.toThrow("after end()");
    await failureOf(upload.responses[Symbol.asyncIterator]().next());
  });

  it("fails where nobody listens, and no write hangs", async () => {
    const upload = ingestClient("127.0.0.1:1").uploadLines();

    const error = await failureOf(
      (async () => {
        for (;;) await upload.write(BATCH);
      })(),
    );

    expect(reasonOf(error).code).toBe(Code.Unavailable);
  });
});
