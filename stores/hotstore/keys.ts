import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";

/** Where a slot says how far it has come, and in which generation of keys. */
export function cursorKey(slot: Slot): string {
  return `courtside:{${slot}}:cursor`;
}

/** Matches the keys of every generation of a slot, and not its cursor. */
export function generationsPattern(slot: Slot): string {
  return `${`courtside:{${slot}}:`.replaceAll(/[[\]*?\\]/g, "\\$&")}g*`;
}

/** What the keys of one generation begin with. */
export function generationPrefix(slot: Slot, generation: string): string {
  return `courtside:{${slot}}:g${generation}:`;
}

/**
 * The names of a slot's keys in one generation. All carry the slot as hash tag, so they live on one node
 * and a script may take them together. docs/keys.md says what each holds.
 */
export function keysOf(slot: Slot, generation: string) {
  const prefix = `courtside:{${slot}}:g${generation}`;
  return {
    games: `${prefix}:games`,
    game: (gameId: string) => `${prefix}:game:${gameId}`,
    player: (playerId: string) => `${prefix}:player:${playerId}`,
    team: (teamId: string) => `${prefix}:team:${teamId}`,
    standings: (statistic: Statistic) => `${prefix}:standings:${statistic}`,
  };
}
