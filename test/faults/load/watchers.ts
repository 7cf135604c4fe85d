import { setTimeout as delay } from "node:timers/promises";
import { watched } from "#client";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { saidBy } from "./calls.ts";
import type { Ground } from "./ground.ts";

const NEXT_AFTER_MS = 5_000;
const NONE_YET_MS = 50;

/** Watchers who follow the newest game for some seconds, and then the next. */
export async function watchers(ground: Ground, count: number): Promise<void> {
  const { mesh, history, season, seen, stopping } = ground;
  const stats = rpcClient(StatsService, mesh.target("stats"));
  const watch = async (at: number) => {
    for (let turn = 1; !stopping.aborted; turn += 1) {
      const gameId = seen.gameIds.at(-1 - at);
      if (gameId === undefined) {
        await delay(NONE_YET_MS);
        continue;
      }
      const who = `watcher-${at}.${turn}`;
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(NEXT_AFTER_MS)]);
      const open = (resumeAfter: string) =>
        noted(stats.watchGame({ season, gameId, resumeAfter }, { signal }), (error) => {
          if (!signal.aborted) history.add({ who, op: "watch", type: "fail", ...saidBy(error) });
        });
      try {
        for await (const { position, content } of watched(open, {
          firstMs: 50,
          mostMs: 500,
          signal,
        })) {
          history.add({ who, op: "watch", type: "ok", position, content: content.case ?? "" });
        }
      } catch {
        // Given up, refused, or the time is over: which of them stands in the history.
      }
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => watch(at)));
  stats.close();
}

async function* noted<Item>(
  items: AsyncIterable<Item>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    onFailure(error);
    throw error;
  }
}
