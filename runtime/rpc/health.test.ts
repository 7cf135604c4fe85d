import { Code } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "#gen/grpc/health/v1/health_pb.ts";
import { rpcClient } from "./client.ts";
import { isServing } from "./health.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, startServer } from "./server.fixture.ts";

const INGEST = "courtside.ingest.v1.IngestService";

function healthClient(address: string) {
  const client = rpcClient(Health, address);
  onTestFinished(client.close);
  return client;
}

describe("health", () => {
  it("is serving for the server and each of its services once it listens", async () => {
    const { address } = await startServer({});
    const client = healthClient(address);

    expect(await client.check({})).toMatchObject({ status: Status.SERVING });
    expect(await client.check({ service: INGEST })).toMatchObject({ status: Status.SERVING });
  });

  it("says NOT_FOUND of a service that it does not have", async () => {
    const { address } = await startServer({});

    const error = await failureOf(healthClient(address).check({ service: "other.Service" }));

    expect(reasonOf(error).code).toBe(Code.NotFound);
  });

  it("tells one service from another", async () => {
    const { address, setServing } = await startServer({});
    const client = healthClient(address);

    setServing(false, INGEST);

    expect(await client.check({ service: INGEST })).toMatchObject({ status: Status.NOT_SERVING });
    expect(await client.check({})).toMatchObject({ status: Status.SERVING });
  });

  it("is serving in no service while the server is not", async () => {
    const { address, setServing } = await startServer({});

    setServing(false);

    const { statuses } = await healthClient(address).list({});
    expect(Object.keys(statuses)).toContain(INGEST);
    expect(new Set(Object.values(statuses).map(({ status }) => status))).toEqual(
      new Set([Status.NOT_SERVING]),
    );
  });

  it("tells a watcher of each change, and ends with the server", async () => {
    const server = await startServer({});
    const watch = healthClient(server.address).watch({ service: INGEST })[Symbol.asyncIterator]();
    const next = async () => (await watch.next()).value?.status;

    expect(await next()).toBe(Status.SERVING);
    server.setServing(false);
    expect(await next()).toBe(Status.NOT_SERVING);
    server.setServing(true);
    expect(await next()).toBe(Status.SERVING);
    const closed = server.close();
    expect(await next()).toBe(Status.NOT_SERVING);
    expect(await next()).toBeUndefined();
    await closed;
  });

  it("lets a watcher wait for a service that is not there yet", async () => {
    const { address, setServing } = await startServer({});
    const watch = healthClient(address).watch({ service: "late" })[Symbol.asyncIterator]();

    expect((await watch.next()).value?.status).toBe(Status.SERVICE_UNKNOWN);
    setServing(true, "late");

    expect((await watch.next()).value?.status).toBe(Status.SERVING);
  });
});

describe("isServing", () => {
  it("is true of a server that is, and false of one that is not", async () => {
    const { address, setServing } = await startServer({});

    expect(await isServing(address)).toBe(true);
    setServing(false);
    expect(await isServing(address)).toBe(false);
  });

  it("is false where nobody listens", async () => {
    expect(await isServing("127.0.0.1:1")).toBe(false);
  });
});
