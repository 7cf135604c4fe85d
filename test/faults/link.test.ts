import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HOST } from "../../local/servers/index.ts";
import { type Link, linkTo } from "./link.ts";

let server: Server;
let link: Link;
let heard: string;

/** A server that answers each chunk with itself. */
beforeEach(async () => {
  heard = "";
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      heard += chunk;
      socket.write(chunk);
    });
  });
  server.listen(0, HOST);
  await once(server, "listening");
  link = await linkTo((server.address() as { port: number }).port);
});
afterEach(async () => {
  await link.close();
  server.close();
});

async function connected(): Promise<{
  socket: Socket;
  answers: () => string;
  end: Promise<unknown>;
}> {
  const socket = connect(link.port, link.host);
  let answers = "";
  socket.on("data", (chunk) => {
    answers += chunk;
  });
  const end = new Promise((resolve) => socket.on("error", resolve).on("close", resolve));
  await once(socket, "connect");
  return { socket, answers: () => answers, end };
}

describe("linkTo", () => {
  it("carries what comes, to its end", async () => {
    const socket = connect(link.port, link.host);
    socket.end("hello");

    expect(await text(socket)).toBe("hello");
  });

  it("keeps what comes while it is stalled, and then carries it", async () => {
    const { socket, answers } = await connected();
    link.stall();
    socket.write("a");
    await delay(50);
    expect([heard, answers()]).toEqual(["", ""]);
    link.heal();

    await expect.poll(answers).toBe("a");
  });

  it("carries requests and no answers, until it is cut", async () => {
    const { socket, answers, end } = await connected();
    link.dropAnswers();
    socket.write("a");
    await expect.poll(() => heard).toBe("a");
    link.heal();
    await end;
    expect(answers()).toBe("");
    const next = await connected();
    next.socket.write("b");

    await expect.poll(next.answers).toBe("b");
  });

  it("carries later what is delayed, and in order when the delay ends", async () => {
    const { socket, answers } = await connected();
    link.delay(100);
    const begun = performance.now();
    socket.write("a");
    await delay(20);
    link.heal();
    socket.write("b");

    await expect.poll(answers).toBe("ab");
    expect(performance.now() - begun).toBeGreaterThan(95);
  });

  it("breaks what there is and what comes while it refuses", async () => {
    const { end } = await connected();
    link.refuse();
    await end;
    const next = connect(link.port, link.host);
    await new Promise((resolve) => next.on("error", resolve).on("close", resolve));
    expect(link.connections()).toBe(0);
    link.heal();
    const after = await connected();
    after.socket.write("a");

    await expect.poll(after.answers).toBe("a");
  });
});
