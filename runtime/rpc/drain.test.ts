import { once } from "node:events";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { isServing } from "./health.ts";
import { rawSession } from "./raw.fixture.ts";
import { reasonOf } from "./reason-of.ts";
import { failureOf, ingestClient, OPEN, startServer } from "./server.fixture.ts";

describe("close", () => {
  it("lets a call that runs end", async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ version: bigint }>();
    const server = await startServer(
      {
        ingest: {
          recordRoster() {
            begun.resolve();
            return answer.promise;
          },
        },
      },
      { drainMs: 5_000 },
    );
    const call = ingestClient(server.address).recordRoster({});
    await begun.promise;

    const closed = server.close();
    expect(await isServing(server.address)).toBe(false);
    answer.resolve({ version: 3n });

    expect(await call).toMatchObject({ version: 3n });
    await closed;
  });

  it("lets a stream that runs go on to its end", async () => {
    const server = await startServer(
      {
        ingest: {
          async *uploadLines(requests) {
            for await (const _ of requests) yield {};
          },
        },
      },
      { drainMs: 5_000 },
    );
    const upload = ingestClient(server.address).uploadLines();
    const responses = upload.responses[Symbol.asyncIterator]();
    await upload.write(OPEN);
    await responses.next();

    const closed = server.close();
    await upload.write(OPEN);
    expect(await responses.next()).toMatchObject({ done: false });
    upload.end();

    expect(await responses.next()).toMatchObject({ done: true });
    await closed;
  });

  it("tells the calls that outlast it SHUTTING_DOWN", async () => {
    const server = await startServer(
      {
        ingest: {
          async *uploadLines(requests) {
            for await (const _ of requests) yield {};
          },
        },
      },
      { drainMs: 20 },
    );
    const upload = ingestClient(server.address).uploadLines();
    const responses = upload.responses[Symbol.asyncIterator]();
    await upload.write(OPEN);
    await responses.next();

    await server.close();

    expect(reasonOf(await failureOf(responses.next()))).toMatchObject({
      code: Code.Unavailable,
      reason: "SHUTTING_DOWN",
      retryAfterMs: 0,
    });
  });

  it("closes connections that have no call at once, with GOAWAY", async () => {
    const server = await startServer({}, { drainMs: 60_000 });
    const session = rawSession(server.address);
    const goaway = new Promise((resolve) => session.once("goaway", resolve));
    await once(session, "remoteSettings");

    await server.close();

    expect(await goaway).toBe(0);
  });

  it("may be called again", async () => {
    const server = await startServer({});

    await Promise.all([server.close(), server.close()]);
  });
});
