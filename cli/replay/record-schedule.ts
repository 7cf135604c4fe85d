import { retried } from "#client";
import { eachAtOnce } from "../each-at-once.ts";
import { readSchedule } from "../files/index.ts";
import type { MeshServices } from "../mesh-services.ts";
import { type AskedSeason, seasonOfGame, seasonText } from "../seasons.ts";
import { scheduledFact } from "./game-facts.ts";
import { REPLAY_SOURCE } from "./replay-game.ts";

const CALLS_AT_ONCE = 16;

/**
 * Records every game of the schedule that lies beside or above `path`; what is known already of a game
 * stays. Returns the seasons that it touched.
 */
export async function recordSchedule(
  services: MeshServices,
  path: string,
  signal?: AbortSignal,
): Promise<Map<string, AskedSeason>> {
  const seasons = new Map<string, AskedSeason>();
  await eachAtOnce(await readSchedule(path), CALLS_AT_ONCE, async (scheduled) => {
    const { gameId, league } = scheduled;
    const { revision, game } = scheduledFact(scheduled);
    const fact = { source: REPLAY_SOURCE, season: { league }, game, revision };
    await retried(() => services.ingest.recordGame(fact), { signal });
    const season = seasonOfGame(league, gameId);
    if (season !== undefined) seasons.set(seasonText(season), season);
  });
  return seasons;
}
