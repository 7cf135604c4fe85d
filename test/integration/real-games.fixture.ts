import { type GamePlays, readGames } from "../../cli/files/index.ts";
import { SHIPPED } from "../../cli/shipped.ts";

/**
 * So many real games, all of the regular season 2023-24 under ids of their own: those that ship, and
 * the same again where more are wanted.
 */
export async function realGames(count: number): Promise<GamePlays[]> {
  const shipped = [SHIPPED.events, SHIPPED.liveFeed].map((path) =>
    Array.fromAsync(readGames(path)),
  );
  const games = (await Promise.all(shipped)).flat();
  return Array.from({ length: count }, (_, at): GamePlays => {
    const gameId = `00223${String(90_001 + at)}`;
    return { ...games[at % games.length]!, gameId, season: "2023-24", type: "regular" };
  });
}
