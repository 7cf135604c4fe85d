import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "#runtime/log";
import { redisClient } from "./index.ts";

it("P5: a failover that is told of while Sentinels are asked for the primary ends no client", async () => {
  // A Sentinel that takes connections and says nothing.
  const sockets: Socket[] = [];
  const sentinel = createServer((socket) => void sockets.push(socket));
  sentinel.listen(0, "127.0.0.1");
  await once(sentinel, "listening");
  onTestFinished(() => void sentinel.close());
  const { port } = sentinel.address() as { port: number };
  const url = `redis+sentinel://:p@127.0.0.1:${port}/courtside`;
  const client = redisClient({ url, name: "test", log: createLog("test", "silent") });
  onTestFinished(() => client.disconnect());
  await expect.poll(() => sockets.length).toBe(1);

  // As ioredis does when it is told of another primary.
  client.disconnect(true);
  const ended = new Promise((resolve) => client.once("end", resolve));
  for (const socket of sockets) socket.destroy();
  await ended;
  const before = sockets.length;

  await expect.poll(() => sockets.length).toBeGreaterThan(before);
});
