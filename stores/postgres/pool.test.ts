import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { postgresPool, query } from "./index.ts";

it("a Postgres that takes connections and says nothing gives an Outage", async () => {
  const server = createServer(() => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const url = `postgres://u:p@127.0.0.1:${port}/d`;
  const pool = postgresPool({
    ...{ url, connectionsMax: 1, name: "test" },
    log: createLog("test", "silent"),
  });
  onTestFinished(() => pool.end());

  await expect(query(pool, { text: "select 1" })).rejects.toBeInstanceOf(Outage);
});
