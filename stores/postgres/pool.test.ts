import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLog } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { postgresPool, query } from "./index.ts";

/** The port of a server that takes connections and never says a word. */
async function silentPort(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe("postgresPool", () => {
  it.each([1, 2])(
    "P6: is an outage within seconds where %i servers take connections and say nothing",
    async (servers) => {
      const ports = await Promise.all(Array.from({ length: servers }, silentPort));
      const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
      const log = createLog("test", "silent");
      const url = `postgres://nobody:secret@${hosts}/none`;
      const pool = postgresPool({ url, connectionsMax: 1, log, name: "test" });
      onTestFinished(() => pool.end());
      const begun = performance.now();
      const failed = await query(pool, { text: "select 1" }).catch((error: unknown) => error);

      expect(failed).toBeInstanceOf(Outage);
      expect(performance.now() - begun).toBeLessThan(20_000);
      expect(JSON.stringify(failed) + (failed as Error).stack).not.toContain("secret");
    },
  );
});
