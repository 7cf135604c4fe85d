import { setTimeout as delay } from "node:timers/promises";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { printOfLine } from "../prints.ts";
import { written } from "./calls.ts";
import { type Ground, oneOf } from "./ground.ts";

const RECORD_EVERY_MS = 60;
const CALL_TIMEOUT_MS = 3_000;

/** Small sources without a stream: each records the next line of a game of its own, call after call. */
export async function recorders(ground: Ground, count: number): Promise<void> {
  const { mesh, season, stopping } = ground;
  const ingest = rpcClient(IngestService, mesh.target("ingest"), { timeoutMs: CALL_TIMEOUT_MS });
  const record = async (at: number) => {
    const who = `recorder-${at}`;
    const gameId = who;
    const { lines } = oneOf(ground.random, ground.games);
    for (let revision = 1; !stopping.aborted; revision += 1) {
      const line = lines[(revision - 1) % lines.length];
      if (line === undefined) return;
      const write = {
        who,
        op: "record",
        game: gameId,
        revision,
        prints: [printOfLine(line)],
      } as const;
      const request = { source: who, season, gameId, lines: [line], revision: BigInt(revision) };
      await written(ground, write, () => ingest.recordLines(request));
      await delay(RECORD_EVERY_MS);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => record(at)));
  ingest.close();
}
