import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import {
  IngestService,
  type UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { Outage } from "#runtime/outage";
import { failure } from "./errors.ts";
import { framed, rawCall, rawSession } from "./raw.fixture.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, OPEN, startServer } from "./server.fixture.ts";

const PROTOCOLS = {
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  "Connect's JSON": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  "compressed gRPC": (baseUrl: string) =>
    createGrpcTransport({ baseUrl, sendCompression: compressionGzip, compressMinBytes: 0 }),
};

describe.each(Object.entries(PROTOCOLS))("%s", (_, transportTo) => {
  type Handlers = Parameters<typeof startServer>[0];
  async function serving(handlers: Handlers, options: Parameters<typeof startServer>[1] = {}) {
    const server = await startServer(handlers, options);
    const transport = transportTo(`http://${server.address}`);
    const ingest = createClient(IngestService, transport);
    return { ...server, ingest, stats: createClient(StatsService, transport) };
  }

  it("answers a call", async () => {
    const { ingest } = await serving({
      ingest: { recordRoster: ({ teams }) => ({ version: BigInt(teams.length) }) },
    });

    const teams = [{ teamId: "t1", name: "T" }];
    expect(await ingest.recordRoster({ teams })).toMatchObject({ version: 1n });
  });

  it("refuses a request that breaks a rule, naming its field", async () => {
    const { stats } = await serving({});

    const error = await failureOf(stats.getBoxScore({ gameId: "a b" }));

    const { code, fieldViolations } = reasonOf(error);
    expect(code).toBe(Code.InvalidArgument);
    expect(fieldViolations.map(({ field }) => field)).toEqual(["game_id"]);
  });

  it("tells a failure with its reason, an outage by its store, and no secret of a bug", async () => {
    const thrown = [
      failure("GAME_UNKNOWN", "Nothing was recorded of g."),
      new Outage("postgres", { retryAfterMs: 700 }),
      new TypeError("secret of the house"),
    ];
    const { stats } = await serving({
      stats: {
        getBoxScore() {
          throw thrown.shift();
        },
      },
    });
    const told = async () => reasonOf(await failureOf(stats.getBoxScore({ gameId: "g" })));

    expect(await told()).toMatchObject({ code: Code.NotFound, reason: "GAME_UNKNOWN" });
    expect(await told()).toMatchObject({ reason: "STORE_UNREACHABLE", retryAfterMs: 700 });
    expect(await told()).toMatchObject({ code: Code.Internal, message: "internal error" });
  });

  it("says that a method is not served", async () => {
    const { stats } = await serving({});

    const { code } = ConnectError.from(await failureOf(stats.getBoxScore({ gameId: "g" })));

    expect(code).toBe(Code.Unimplemented);
  });

  it("ends a call at its deadline, and at the server's own limit", async () => {
    const never = { stats: { getBoxScore: () => new Promise<never>(() => {}) } };
    const { stats } = await serving(never);
    const impatient = await serving(never, { limits: { unaryMaxMs: 20 } });
    const late = await failureOf(stats.getBoxScore({ gameId: "g" }, { timeoutMs: 50 }));
    const tooLong = await failureOf(impatient.stats.getBoxScore({ gameId: "g" }));

    expect(reasonOf(late).code).toBe(Code.DeadlineExceeded);
    expect(reasonOf(tooLong).code).toBe(Code.DeadlineExceeded);
  });

  it("answers message by message, and ends with what the handler throws", async () => {
    const { ingest } = await serving({
      ingest: {
        async *uploadLines(requests) {
          let through = 0n;
          for await (const { message } of requests) {
            if (message.case === "finish") throw failure("NOT_OWNER", "Another one has it.");
            through += 1n;
            yield { message: { case: "ack", value: { through } } };
          }
        },
      },
    });
    async function* requests(): AsyncGenerator<MessageInitShape<typeof UploadLinesRequestSchema>> {
      yield OPEN;
      yield { message: { case: "batch", value: { firstNumber: 1n, lines: [{}] } } };
      yield { message: { case: "finish", value: { lastNumber: 1n } } };
    }
    const told: unknown[] = [];
    const read = async () => {
      for await (const { message } of ingest.uploadLines(requests())) told.push(message.value);
    };

    const error = await failureOf(read());

    expect(told).toMatchObject([{ through: 1n }, { through: 2n }]);
    expect(reasonOf(error).reason).toBe("NOT_OWNER");
  });

  it("ends who watches when it drains", async () => {
    const server = await serving({
      stats: {
        async *watchGame() {
          yield {};
          await new Promise(() => {});
        },
      },
    });
    const watch = server.stats.watchGame({ gameId: "g" })[Symbol.asyncIterator]();
    await watch.next();

    const [error] = await Promise.all([failureOf(watch.next()), server.close()]);

    expect(reasonOf(error)).toMatchObject({ reason: "SHUTTING_DOWN", retryAfterMs: 0 });
  });
});

describe("an answer of binary gRPC", () => {
  it("has what the protocol asks for and no more, call after call", async () => {
    const { address } = await startServer({ ingest: { recordRoster: () => ({ version: 1n }) } });
    const session = rawSession(address);

    for (let calls = 0; calls < 3; calls++) {
      const call = rawCall(session, "/courtside.ingest.v1.IngestService/RecordRoster");
      call.stream.end(framed(Buffer.alloc(0)));

      expect(Object.entries(await call.trailers)).toEqual([
        [":status", 200],
        ["content-type", "application/grpc+proto"],
        ["grpc-status", "0"],
        ["rstCode", 0],
      ]);
    }
  });
});
