import { retried } from "#client";
import type { MeshServices } from "./mesh-services.ts";
import { type AskedSeason, seasonText } from "./seasons.ts";
import { Complaint } from "./shell.ts";

const WAIT_MS_MAX = 600_000;
const POLL_MS = 20;

/** Seasons, each once. */
export type Seasons = ReadonlyMap<string, AskedSeason>;

/**
 * Returns when hot store and archive reflect all that had been recorded of these seasons by the time
 * of the call. Says nothing of what is recorded meanwhile.
 */
export async function untilFolded(services: MeshServices, seasons: Seasons): Promise<void> {
  await Promise.all([...seasons.values()].map((season) => untilSeasonFolded(services, season)));
}

async function untilSeasonFolded(services: MeshServices, season: AskedSeason): Promise<void> {
  const progress = () => retried(() => services.projector.getProgress({ season }));
  let { headOffset: wanted, hotStoreOffset, archiveOffset } = await progress();
  const until = performance.now() + WAIT_MS_MAX;
  while (hotStoreOffset < wanted || archiveOffset < wanted) {
    if (performance.now() > until) {
      throw new Complaint(
        `The folds of ${seasonText(season)} are ${wanted - hotStoreOffset} and ` +
          `${wanted - archiveOffset} entries behind after ${WAIT_MS_MAX / 60_000} minutes.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    ({ hotStoreOffset, archiveOffset } = await progress());
  }
}
