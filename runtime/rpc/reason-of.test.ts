import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { badRequest, failure } from "./errors.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, ingestClient, startServer } from "./server.fixture.ts";

const transport = {
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
};

// One list of callers, so that each case holds for a foreign peer as well as for our own client.
const callers = {
  "grpc-js": (address: string) => ingestClient(address).recordRoster({}),
  "Connect over gRPC": (address: string) =>
    createClient(IngestService, transport.gRPC(`http://${address}`)).recordRoster({}),
  Connect: (address: string) =>
    createClient(IngestService, transport.Connect(`http://${address}`)).recordRoster({}),
};

describe.each(Object.entries(callers))("reasonOf, called with %s", (_, call) => {
  async function said(error: Error) {
    const { address } = await startServer({
      ingest: {
        recordRoster() {
          throw error;
        },
      },
    });
    return reasonOf(await failureOf(call(address)));
  }

  it("reads reason, metadata, delay and message", async () => {
    const metadata = { expected: "4" };

    const found = await said(failure("NUMBER_GAP", "gap: 4?", { metadata, retryAfterMs: 1_500 }));

    expect(found).toEqual({
      code: Code.OutOfRange,
      reason: "NUMBER_GAP",
      message: "gap: 4?",
      metadata,
      fieldViolations: [],
      retryAfterMs: 1_500,
    });
  });

  it("reads the fields at fault", async () => {
    const violation = { field: "lines[3].player_id", description: "too long" };

    const found = await said(badRequest([violation]));

    expect(found).toMatchObject({
      code: Code.InvalidArgument,
      message: "invalid: lines[3].player_id",
      fieldViolations: [violation],
    });
  });

  it("takes a failure without details", async () => {
    const found = await said(new ConnectError("a/b: 100 %, no?", Code.Aborted));

    expect(found).toEqual({
      code: Code.Aborted,
      message: "a/b: 100 %, no?",
      metadata: {},
      fieldViolations: [],
    });
  });
});

describe("reasonOf", () => {
  it.each([
    [new TypeError("boom"), "boom"],
    ["text", "text"],
    [undefined, "undefined"],
  ])("says Unknown of what no call threw: %s", (error, message) => {
    expect(reasonOf(error)).toMatchObject({ code: Code.Unknown, message });
  });

  it("keeps code and message where the details cannot be read", () => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff]));
    const error = Object.assign(new Error("x"), { code: status.ABORTED, details: "x", metadata });

    expect(reasonOf(error)).toMatchObject({ code: Code.Aborted, message: "x" });
  });
});
