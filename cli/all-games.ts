import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  GameSummary,
  ListGamesRequestSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type MeshServices, read } from "./mesh-services.ts";
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
  const games: GameSummary[] = [];
  let pageToken = "";
  for (;;) {
    const request = { ...asked, season, pageSize: GAMES_PER_PAGE, pageToken };
    const page = await read(() => services.stats.listGames(request));
    games.push(...page.games);
    pageToken = page.nextPageToken;
    if (pageToken === "") return { games, position: page.position };
  }
}
