import { type BoxScore, countedLine, pointsByTeam } from "#domain/boxscore";

/** A rule that the lines of a game break together. */
export type GameFlag = { readonly teamId: string; readonly description: string };

/**
 * What does not fit together in a game that is over: nothing is known to be wrong in any one line, so it
 * is told and nothing is held back. None before the end: plays and scoreboard never move as one.
 *
 * A team's score by the scoreboard is the points of its players.
 */
export function gameFlags(box: BoxScore): GameFlag[] {
  const { status, homeTeamId, awayTeamId, homeScore, awayScore } = box.facts;
  if (status !== "final" || ![...box.players.values()].some(countedLine)) return [];
  const points = pointsByTeam(box);
  return [
    { teamId: homeTeamId, score: homeScore },
    { teamId: awayTeamId, score: awayScore },
  ].flatMap(({ teamId, score }) => {
    if (teamId === undefined || score === undefined) return [];
    const scored = points.get(teamId) ?? 0;
    if (scored === score) return [];
    const description = `the points of the players are ${scored}, the scoreboard says ${score}`;
    return [{ teamId, description }];
  });
}
