import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";

/** Where a slot says how far it has come, and in which generation of keys. */
export function cursorKey(slot: Slot): string {
  return `courtside:{${slot}}:cursor`;
}

/**
 * Where a generation that is being made beside the one that is read says how far it has come. It goes
 * by itself when nobody works on it any more.
 */
export function buildingKey(slot: Slot, generation: string): string {
  return `courtside:{${slot}}:building:${generation}`;
}

/** The sharded channel on which the moves of a slot are told. */
export function changesChannel(slot: Slot): string {
  return `courtside:{${slot}}:changes`;
}

/** Matches the keys of every generation of a slot, and not its cursor. */
export function generationsPattern(slot: Slot): string {
  return `${literal(`courtside:{${slot}}:g`)}*`;
}

/** Matches the keys of one generation of a slot. */
export function generationPattern(slot: Slot, generation: string): string {
  return `${literal(generationPrefix(slot, generation))}*`;
}

/** What the keys of one generation begin with. */
export function generationPrefix(slot: Slot, generation: string): string {
  return `courtside:{${slot}}:g${generation}:`;
}

/** Keys that {@link generationsPattern} has found, by the generation that they belong to. */
export function byGeneration(slot: Slot, keys: readonly string[]): Map<string, string[]> {
  const from = `courtside:{${slot}}:g`.length;
  return Map.groupBy(keys, (key) => key.slice(from, key.indexOf(":", from)));
}

/**
 * The names of a slot's keys in one generation. All carry the slot as hash tag, so they live on one node
 * and a script may take them together. docs/keys.md says what each holds.
 */
export function keysOf(slot: Slot, generation: string) {
  const prefix = `courtside:{${slot}}:g${generation}`;
  return {
    games: `${prefix}:games`,
    versions: `${prefix}:versions`,
    game: (gameId: string) => `${prefix}:game:${gameId}`,
    players: `${prefix}:players`,
    teams: `${prefix}:teams`,
    playerGames: (playerId: string) => `${prefix}:player-games:${playerId}`,
    teamGames: (teamId: string) => `${prefix}:team-games:${teamId}`,
    standings: (statistic: Statistic) => `${prefix}:standings:${statistic}`,
  };
}

// A name as a pattern that matches nothing else.
function literal(name: string): string {
  return name.replaceAll(/[[\]*?\\]/g, "\\$&");
}
