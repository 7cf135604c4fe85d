import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { framed, rawCall, rawSession } from "./raw.fixture.ts";
import { serveRpc } from "./serve.ts";
import { ingestClient, OPEN, startServer } from "./server.fixture.ts";

const RECORD_ROSTER = "/courtside.ingest.v1.IngestService/RecordRoster";
const UPLOAD_LINES = "/courtside.ingest.v1.IngestService/UploadLines";
const MIB = 1024 * 1024;

const silent = pino({ level: "silent" });
const taking = { ingest: { recordRoster: () => ({ version: 1n }) } };

describe("serveRpc", () => {
  it.each(["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "example.org:0"])(
    "refuses to listen on %s unless told to",
    async (listen) => {
      await expect(serveRpc({ listen, routes: () => {}, log: silent })).rejects.toThrow(
        "not a loopback",
      );
    },
  );

  it("listens anywhere when told to in so many words", async () => {
    const { address } = await startServer(taking, { listen: "0.0.0.0:0", insecure: true });

    expect(address).toMatch(/^0\.0\.0\.0:[1-9]/);
  });

  it.each(["127.0.0.1", "127.0.0.1:", ":80", "::1:80", "127.0.0.1:65536", "127.0.0.1:1x"])(
    "says that %s is no address",
    async (listen) => {
      await expect(serveRpc({ listen, routes: () => {}, log: silent })).rejects.toThrow(
        "not a host:port",
      );
    },
  );

  it("fails where the port is taken", async () => {
    const { address } = await startServer(taking);

    await expect(startServer(taking, { listen: address })).rejects.toThrow("EADDRINUSE");
  });

  it("serves on IPv6", async () => {
    const { address } = await startServer(taking, { listen: "[::1]:0" });

    expect(address).toMatch(/^\[::1\]:[1-9]/);
    expect(await ingestClient(address).recordRoster({})).toMatchObject({ version: 1n });
  });
});

describe("a message", () => {
  it("may have 1 MiB and no more", async () => {
    const { address } = await startServer(taking);
    const session = rawSession(address);
    // An unknown field, so that size is all that may be wrong.
    const head = Buffer.from([0xfa, 0x07, 0xfb, 0xff, 0x3f]);
    const fits = Buffer.concat([head, Buffer.alloc(MIB - head.length)]);

    const taken = rawCall(session, RECORD_ROSTER);
    taken.stream.end(framed(fits));
    const refused = rawCall(session, RECORD_ROSTER);
    refused.stream.end(framed(Buffer.concat([fits, Buffer.alloc(1)])));

    expect((await taken.trailers)["grpc-status"]).toBe("0");
    expect((await refused.trailers)["grpc-status"]).toBe(String(Code.ResourceExhausted));
  });

  it("is refused by the length that it claims, before it comes", async () => {
    const { address } = await startServer(taking);
    const call = rawCall(rawSession(address), RECORD_ROSTER);

    call.stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));

    expect((await call.trailers)["grpc-status"]).toBe(String(Code.ResourceExhausted));
  });

  it("may be compressed", async () => {
    const { address } = await startServer(taking);
    const call = rawCall(rawSession(address), RECORD_ROSTER, { "grpc-encoding": "gzip" });

    call.stream.end(framed(gzipSync(Buffer.alloc(0)), true));

    expect((await call.trailers)["grpc-status"]).toBe("0");
  });

  it("P9: is inflated no further than its limit", async () => {
    const { address } = await startServer(taking);
    const call = rawCall(rawSession(address), RECORD_ROSTER, { "grpc-encoding": "gzip" });
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    const before = process.memoryUsage().rss;

    call.stream.end(framed(bomb, true));

    expect((await call.trailers)["grpc-status"]).toBe(String(Code.ResourceExhausted));
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MIB);
  });
});

describe("a call", () => {
  it("may have 16 KiB of headers", async () => {
    const { address } = await startServer(taking);
    const session = rawSession(address);
    await once(session, "remoteSettings");
    await new Promise((resolve) => session.ping(resolve));

    const taken = rawCall(session, RECORD_ROSTER, { "x-long": "a".repeat(15 * 1024) });
    taken.stream.end(framed(Buffer.alloc(0)));
    const refused = rawCall(session, RECORD_ROSTER, { "x-long": "a".repeat(17 * 1024) });

    expect(await taken.trailers).toMatchObject({ "grpc-status": "0" });
    expect(await refused.trailers).toEqual({ rstCode: 11 });
  });

  it.each(["a b", "[::", "a:b:c"])(
    "with the impossible authority %s is refused, and the server lives on",
    async (authority) => {
      const { address } = await startServer(taking);
      const call = rawCall(rawSession(address), RECORD_ROSTER, {
        ":authority": authority,
        "content-type": "application/proto",
      });

      expect(await call.trailers).not.toMatchObject({ ":status": 200 });
      expect(await ingestClient(address).recordRoster({})).toMatchObject({ version: 1n });
    },
  );

  it("whose request never comes is ended", async () => {
    const { address } = await startServer(taking, { limits: { requestMs: 20 } });
    const call = rawCall(rawSession(address), RECORD_ROSTER);

    call.stream.write(Buffer.from([0, 0, 0]));

    expect(await call.trailers).toMatchObject({ rstCode: 8 });
  });

  it("that was answered is over, though its client goes on sending", async () => {
    const { address } = await startServer({
      ingest: {
        async *uploadLines(requests) {
          for await (const _ of requests) return;
          yield {};
        },
      },
    });
    const call = rawCall(rawSession(address), UPLOAD_LINES);
    const upload = ingestClient(address).uploadLines();
    await upload.write(OPEN);

    // An open message without content is invalid, and a valid one ends this upload.
    call.stream.write(framed(Buffer.from([0x0a, 0x00])));

    expect(await call.trailers).toMatchObject({ "grpc-status": "3", rstCode: 0 });
    for await (const _ of upload.responses) expect.unreachable();
  });

  it("is one of 256 on its connection", async () => {
    const { address } = await startServer(taking);
    const session = rawSession(address);
    await once(session, "remoteSettings");

    expect(session.remoteSettings).toMatchObject({
      maxConcurrentStreams: 256,
      maxHeaderListSize: 16 * 1024,
      initialWindowSize: 256 * 1024,
    });
  });
});

describe("a connection", () => {
  it("that says nothing is closed", async () => {
    const { address } = await startServer(taking, { limits: { prefaceMs: 20 } });
    const [host, port] = address.split(":");
    const socket = connectTcp(Number(port), host);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.resume();

    await once(socket, "close");
  });

  it("that speaks something else is closed, and the server lives on", async () => {
    const { address } = await startServer(taking);
    const [host, port] = address.split(":");
    const socket = connectTcp(Number(port), host);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.resume();

    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

    await once(socket, "close");
    expect(await ingestClient(address).recordRoster({})).toMatchObject({ version: 1n });
  });

  it("without calls is closed after a while, with GOAWAY", async () => {
    const { address } = await startServer(taking, { limits: { pingMs: 10, idleMs: 30 } });
    const session = rawSession(address);

    const [code] = await once(session, "goaway");

    expect(code).toBe(0);
  });

  it("with a call is not idle", async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<{ version: bigint }>();
    const { address } = await startServer(
      {
        ingest: {
          recordRoster() {
            begun.resolve();
            return answer.promise;
          },
        },
      },
      { limits: { pingMs: 5, idleMs: 10 } },
    );
    const session = rawSession(address);
    let pings = 0;
    const pinged = new Promise<void>((resolve) => {
      session.on("ping", () => {
        pings += 1;
        if (pings === 10) resolve();
      });
    });
    session.on("goaway", () => expect.unreachable());
    const call = rawCall(session, RECORD_ROSTER);
    call.stream.end(framed(Buffer.alloc(0)));
    await begun.promise;

    await pinged;
    session.removeAllListeners("goaway");
    answer.resolve({ version: 2n });

    expect((await call.trailers)["grpc-status"]).toBe("0");
  });

  it("that does not answer pings is cut", async () => {
    const { address } = await startServer(taking, { limits: { pingMs: 150, pongMs: 10 } });
    const [host, port] = address.split(":");
    const socket = connectTcp(Number(port), host);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.resume();

    // The preface and an empty SETTINGS frame, and then silence.
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));

    await once(socket, "close");
    // Node would do the same at the tenth ping without an answer.
  }, 1_000);

  it("that opens and cancels call after call is closed", async () => {
    let calls = 0;
    const { address } = await startServer(
      {
        ingest: {
          recordRoster() {
            calls += 1;
            return {};
          },
        },
      },
      { limits: { resetBurst: 20, resetsPerSecond: 1 } },
    );
    const session = rawSession(address);
    const closed = new Promise((resolve) => session.on("close", resolve));

    for (let i = 0; i < 500; i++) {
      const { stream } = rawCall(session, RECORD_ROSTER);
      stream.close(8);
    }

    await closed;
    expect(calls).toBeLessThan(500);
  });

  it("is asked by GOAWAY to make room for a new one when it is old, also amid a call", async () => {
    const { address } = await startServer(
      { ingest: { recordRoster: () => new Promise(() => {}) } },
      { limits: { pingMs: 5, ageMs: 20 } },
    );
    const session = rawSession(address);
    rawCall(session, RECORD_ROSTER).stream.end(framed(Buffer.alloc(0)));

    const [code] = await once(session, "goaway");

    expect(code).toBe(0);
  });

  it("too old for new calls loses none of them", async () => {
    const { address } = await startServer(taking, { limits: { pingMs: 10, ageMs: 50 } });
    const client = ingestClient(address);
    const end = performance.now() + 500;

    // A slow machine makes fewer calls in that time: many connections must have aged all the same.
    for (let calls = 0; calls < 100 || performance.now() < end; calls += 10) {
      await Promise.all(Array.from({ length: 10 }, () => client.recordRoster({})));
    }
  });
});
