import type { GameSummary } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { allGames } from "./all-games.ts";
import type { MeshServices } from "./mesh-services.ts";
import { teamMeant } from "./names.ts";
import type { AskedSeason } from "./seasons.ts";
import { Complaint } from "./shell.ts";

/**
 * The id of the game that is meant: an id as it is, or the teams as "LAL@DEN", the visitors first. Of
 * several games of the same two teams the date tells which.
 */
export async function gameMeant(
  services: MeshServices,
  season: AskedSeason,
  query: string,
  date: string | undefined,
): Promise<string> {
  const [, visitors, hosts] = /^([^@]+)@([^@]+)$/.exec(query) ?? [];
  if (visitors === undefined || hosts === undefined) return query;
  const [away, home] = await Promise.all([
    teamMeant(services, season.league, visitors.trim()),
    teamMeant(services, season.league, hosts.trim()),
  ]);
  const { games } = await allGames(services, season, { date, teamId: home });
  const found = games.filter(({ game }) => game?.awayTeamId === away && game.homeTeamId === home);
  return chosenGame(query, found);
}

/** The only one of the games found, or a complaint that lists them. */
export function chosenGame(query: string, found: readonly GameSummary[]): string {
  const [first, second] = found;
  if (first?.game === undefined) throw new Complaint(`No game ${query} is known there.`);
  if (second === undefined) return first.game.gameId;
  const list = found.map(({ game }) => `${game?.gameId} (${game?.date ?? "no date"})`).join(", ");
  throw new Complaint(`"${query}" may be ${list}: say which one, or a day with --date.`);
}
