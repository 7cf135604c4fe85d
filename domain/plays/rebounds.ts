import { inGameOrder, type Play } from "./play.ts";

/** Which end a rebound was taken at, as the statistic that it counts for. */
export type Rebound = "offensiveRebounds" | "defensiveRebounds";

const COUNTERS = /\(Off:(\d+) Def:(\d+)\)/;

/**
 * Each rebound of a player, by its action number. The feed says only the player's running counters,
 * which are in game order, so the one that rose since the player's previous rebound in that order
 * is the one meant. Throws on a rebound without counters.
 */
export function reboundsOf(plays: readonly Play[]): ReadonlyMap<number, Rebound> {
  const rebounds = new Map<number, Rebound>();
  const offensiveBefore = new Map<string, number>();
  for (const { action, actionNumber, playerId, description } of inGameOrder(plays)) {
    if (action !== "rebound" || playerId === undefined) continue;
    const counters = COUNTERS.exec(description);
    if (counters === null) {
      throw new Error(`Play ${actionNumber} is a rebound without its counters: "${description}".`);
    }
    const offensive = Number(counters[1]);
    const rose = offensive > (offensiveBefore.get(playerId) ?? 0);
    rebounds.set(actionNumber, rose ? "offensiveRebounds" : "defensiveRebounds");
    offensiveBefore.set(playerId, offensive);
  }
  return rebounds;
}
