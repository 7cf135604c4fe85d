import type { Slot } from "#domain/slots";
import { Outage } from "#runtime/outage";
import { type Floors, isBelow } from "./floors.ts";
import type { Found, SeasonReads, StoreProgress } from "./reads.ts";

/** How long replicas that gave no answer are not asked again, in ms. */
const LEFT_ALONE_MS = 1_000;

/**
 * Reads of a store from its replicas. What a replica says holds at its own cursor, and counts unless that
 * is behind what this process had answered (`floors`) when the read began; then, or when there is none, the
 * primary is asked. How far the store has come is always asked of the primary: so whoever waits for a
 * position is held up by no replica, and no replica is used that is behind what was waited for.
 */
export function fromReplicas<Reached extends StoreProgress>(
  replicas: SeasonReads<Reached>,
  primary: SeasonReads<Reached>,
  floors: Floors,
): SeasonReads<Reached> {
  let notAskedUntil = 0;

  async function asked<Value>(
    slot: Slot,
    read: () => Promise<Found<Value, Reached>>,
  ): Promise<Found<Value, Reached> | undefined> {
    if (performance.now() < notAskedUntil) return undefined;
    const floor = floors.of(slot);
    try {
      const found = await read();
      return found.cursor && !isBelow(found.cursor, floor) ? found : undefined;
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
      notAskedUntil = performance.now() + LEFT_ALONE_MS;
      return undefined;
    }
  }

  const first =
    <Args extends unknown[], Value>(
      name: (
        reads: SeasonReads<Reached>,
      ) => (slot: Slot, ...args: Args) => Promise<Found<Value, Reached>>,
    ) =>
    async (slot: Slot, ...args: Args) =>
      (await asked(slot, () => name(replicas)(slot, ...args))) ?? name(primary)(slot, ...args);
  return {
    progress: primary.progress,
    game: first((reads) => reads.game),
    games: first((reads) => reads.games),
    players: first((reads) => reads.players),
    team: first((reads) => reads.team),
    totals: first((reads) => reads.totals),
    playerGames: first((reads) => reads.playerGames),
    teamGames: first((reads) => reads.teamGames),
    standings: first((reads) => reads.standings),
    standingsOf: first((reads) => reads.standingsOf),
    standingsAround: first((reads) => reads.standingsAround),
  };
}
