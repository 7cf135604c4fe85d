import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  GameSummary,
  ListGamesRequestSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { everyPage } from "./every-page.ts";
import type { MeshServices } from "./mesh-services.ts";
import type { AskedSeason } from "./seasons.ts";

const GAMES_PER_PAGE = 500;

/** Which games of a season are wanted, in which order and when: what is not said does not limit. */
export type GamesAsked = Omit<
  MessageInitShape<typeof ListGamesRequestSchema>,
  "$typeName" | "season" | "pageSize" | "pageToken"
>;

/** The games of a season that are wanted, page by page, and the position that all pages are of. */
export async function allGames(
  services: MeshServices,
  season: AskedSeason,
  asked: GamesAsked = {},
): Promise<{ games: GameSummary[]; position: string }> {
  const request = { ...asked, season, pageSize: GAMES_PER_PAGE };
  const { rows: games, position } = await everyPage(
    (pageToken) => services.stats.listGames({ ...request, pageToken }),
    (page) => page.games,
  );
  return { games, position };
}
