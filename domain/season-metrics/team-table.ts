import { type FinalScore, type TeamStanding, teamStandings } from "#domain/metrics";
import type { LoggedGame } from "#domain/season";

/** A game without a date is taken for the last one. */
const UNDATED = "9999-99-99";

/**
 * The table of the teams of a season, best first, from all its games: those that are final decide it, by
 * the points of their players. A game counts for nobody where its teams are not known, or no line of one of
 * them is.
 */
export function teamTable(
  games: ReadonlyMap<string, Pick<LoggedGame, "facts" | "points">>,
): TeamStanding[] {
  const teamIds = new Set<string>();
  const scores: FinalScore[] = [];
  for (const [gameId, { facts, points }] of games) {
    const { homeTeamId, awayTeamId, status, date = UNDATED } = facts;
    for (const teamId of [homeTeamId, awayTeamId]) {
      if (teamId !== undefined) teamIds.add(teamId);
    }
    if (homeTeamId === undefined || awayTeamId === undefined || status !== "final") continue;
    const homeScore = points.get(homeTeamId);
    const awayScore = points.get(awayTeamId);
    if (homeScore === undefined || awayScore === undefined) continue;
    scores.push({ gameId, date, homeTeamId, awayTeamId, homeScore, awayScore });
  }
  return teamStandings(scores, teamIds);
}
