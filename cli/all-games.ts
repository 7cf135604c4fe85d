import type { GameSummary } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type MeshServices, read } from "./mesh-services.ts";
import type { AskedSeason } from "./seasons.ts";

/** The games of a season, or of one day of it, by date and id; and the position of the last page. */
export async function allGames(
  services: MeshServices,
  season: AskedSeason,
  date = "",
): Promise<{ games: GameSummary[]; position: string }> {
  const games: GameSummary[] = [];
  let pageToken = "";
  for (;;) {
    const request = { season, date, pageSize: 500, pageToken };
    const page = await read(() => services.stats.listGames(request));
    games.push(...page.games);
    pageToken = page.nextPageToken;
    if (pageToken === "") return { games, position: page.position };
  }
}
