import { Writable } from "node:stream";
import type { ServiceImpl } from "@connectrpc/connect";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "./client.ts";
import { type RpcOptions, type RpcServer, serveRpc } from "./serve.ts";

/** One line of a log as read back. */
export type LogLine = { level: number; msg: string; err?: { message: string }; rpc?: string };

type Handlers = {
  readonly ingest?: Partial<ServiceImpl<typeof IngestService>>;
  readonly stats?: Partial<ServiceImpl<typeof StatsService>>;
};

/** A server of these handlers on a free port, closed when the test ends, and what it logs. */
export async function startServer(
  { ingest = {}, stats = {} }: Handlers,
  options: Partial<RpcOptions> = {},
): Promise<RpcServer & { logged: LogLine[] }> {
  const logged: LogLine[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const server = await serveRpc({
    listen: "127.0.0.1:0",
    log: pino(sink),
    drainMs: 0,
    routes(router) {
      router.service(IngestService, ingest);
      router.service(StatsService, stats);
    },
    ...options,
  });
  onTestFinished(() => server.close());
  return { ...server, logged };
}

/** A client of the ingest service, closed when the test ends. */
export function ingestClient(address: string) {
  const client = rpcClient(IngestService, address);
  onTestFinished(client.close);
  return client;
}

/** A client of the stats service, closed when the test ends. */
export function statsClient(address: string) {
  const client = rpcClient(StatsService, address);
  onTestFinished(client.close);
  return client;
}

/** The first message of an upload. */
export const OPEN = {
  message: {
    case: "open",
    value: { source: "arena", instance: "i1", gameId: "0022300061" },
  },
} as const;

/** What a call that must fail threw. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const done = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in done) return done.error;
  throw new Error(`did not fail: ${JSON.stringify(done.value)}`);
}
