import { type BoxScores, countedLine, pointsByTeam } from "#domain/boxscore";
import { type PlayerGame, sidesOf, type TeamGame } from "./index.ts";

/** The game logs of all players and teams in some games, by id. */
export function gameLogsOf(boxes: BoxScores) {
  const players = new Map<string, PlayerGame[]>();
  const teams = new Map<string, TeamGame[]>();
  for (const [gameId, box] of boxes) {
    const game = { gameId, facts: box.facts, points: pointsByTeam(box) };
    for (const [playerId, lines] of box.players) {
      const line = countedLine(lines);
      if (line !== undefined) {
        players.set(playerId, [...(players.get(playerId) ?? []), { ...game, line }]);
      }
    }
    for (const [teamId, sides] of sidesOf(box)) {
      teams.set(teamId, [...(teams.get(teamId) ?? []), { ...game, ...sides }]);
    }
  }
  return { players, teams };
}
