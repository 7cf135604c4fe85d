import type { Names } from "#stores/roster";

/** A player's name; the id where the roster has none. */
export function nameOf(playerId: string, { players }: Names): string {
  return players.get(playerId)?.name ?? playerId;
}

/** A team as the roster has it, else its id alone. */
export function teamOf(teamId: string, { teams }: Names) {
  return teams.get(teamId) ?? { teamId };
}
