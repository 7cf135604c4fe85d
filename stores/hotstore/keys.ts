import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";

/**
 * The names of a slot's keys. All carry the slot as hash tag, so they live on one node and a script may
 * take them together. docs/keys.md says what each holds.
 */
export function keysOf(slot: Slot) {
  const prefix = `courtside:{${slot}}`;
  return {
    /** Matches every key of the slot. */
    pattern: `${prefix.replaceAll(/[[\]*?\\]/g, "\\$&")}:*`,
    cursor: `${prefix}:cursor`,
    games: `${prefix}:games`,
    game: (gameId: string) => `${prefix}:game:${gameId}`,
    player: (playerId: string) => `${prefix}:player:${playerId}`,
    team: (teamId: string) => `${prefix}:team:${teamId}`,
    standings: (statistic: Statistic) => `${prefix}:standings:${statistic}`,
  };
}
