import { inGameOrder, type Play } from "./play.ts";

/** A play of a feed that does not say who is on court, only who had a part in the play. */
export type SeenPlay = Omit<Play, "onCourt"> & {
  /** Who must have been on court for it. */
  readonly seen: readonly string[];
};

const ON_COURT_PER_TEAM = 5;

/**
 * The plays, in game order, with the players on court. A period's first five are told from the plays
 * alone: whoever is seen in it, or goes out, without having come in. A player who is on court for a
 * whole period and in none of its plays is taken to be the one who was there when the former period
 * ended and is not accounted for, if there is just one such; else the list is short of that player.
 */
export function withPlayersOnCourt(plays: readonly SeenPlay[]): Play[] {
  const teams = new Map<string, string>();
  for (const { playerId, assisterId, teamId } of plays) {
    if (playerId !== undefined) teams.set(playerId, teamId);
    if (assisterId !== undefined) teams.set(assisterId, teamId);
  }
  const placed: Play[] = [];
  let onCourt = new Set<string>();
  for (const period of Map.groupBy(inGameOrder(plays), (play) => play.period).values()) {
    onCourt = firstFives(period, onCourt, teams);
    for (const { seen: _, ...play } of period) {
      if (play.action === "substitution" && play.playerId !== undefined) {
        if (play.description.startsWith("SUB in")) onCourt.add(play.playerId);
        else onCourt.delete(play.playerId);
      }
      placed.push({ ...play, onCourt: [...onCourt] });
    }
  }
  return placed;
}

function firstFives(
  period: readonly SeenPlay[],
  before: ReadonlySet<string>,
  teams: ReadonlyMap<string, string>,
): Set<string> {
  const first = new Set<string>();
  const known = new Set<string>();
  for (const { action, description, playerId, seen } of period) {
    const isComing = action === "substitution" && description.startsWith("SUB in");
    const present = action === "substitution" && playerId !== undefined ? [playerId] : seen;
    for (const one of present) {
      if (!known.has(one) && !isComing) first.add(one);
      known.add(one);
    }
  }
  for (const teamId of new Set(teams.values())) {
    const isOwn = (playerId: string) => teams.get(playerId) === teamId;
    const missing = ON_COURT_PER_TEAM - [...first].filter(isOwn).length;
    const silent = [...before].filter((playerId) => isOwn(playerId) && !known.has(playerId));
    if (missing === 1 && silent.length === 1) for (const playerId of silent) first.add(playerId);
  }
  return first;
}
