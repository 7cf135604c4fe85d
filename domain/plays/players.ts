import type { Play } from "./play.ts";

/**
 * The team of every player who is on court, passes or acts in a play, from the whole game: lists of
 * who is on court do not say it. Whoever is only ever listed belongs to the team that is short of
 * five. Throws when even that does not tell.
 */
export function teamsOfPlayers(plays: readonly Play[]): ReadonlyMap<string, string> {
  const teams = new Map<string, string>();
  for (const { playerId, assisterId, teamId } of plays) {
    if (playerId !== undefined) teams.set(playerId, teamId);
    if (assisterId !== undefined) teams.set(assisterId, teamId);
  }
  for (const { onCourt, actionNumber } of plays) {
    const silent = onCourt.filter((playerId) => !teams.has(playerId));
    if (silent.length === 0) continue;
    const teamId = teamShortOfFive(onCourt, teams);
    if (teamId === undefined) {
      throw new Error(`Play ${actionNumber} has ${silent.join(", ")} on court for no known team.`);
    }
    for (const playerId of silent) teams.set(playerId, teamId);
  }
  return teams;
}

const ON_COURT_PER_TEAM = 5;

function teamShortOfFive(onCourt: readonly string[], teams: ReadonlyMap<string, string>) {
  const known = Map.groupBy(onCourt, (playerId) => teams.get(playerId));
  const short = [...new Set(teams.values())].filter(
    (teamId) => (known.get(teamId)?.length ?? 0) < ON_COURT_PER_TEAM,
  );
  return short.length === 1 ? short[0] : undefined;
}
