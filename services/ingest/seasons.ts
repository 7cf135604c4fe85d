import { type Slot, slotOf } from "#domain/slots";
import type { Season } from "#gen/courtside/game/v1/game_pb.ts";
import type { Journal } from "#stores/journal";
import { leagueOf, seasonNeeded, seasonOfGameAsked } from "#wire/seasons";

/**
 * Where what is said of a game belongs: in the season that the request names or the league's id rule
 * tells, else where the game is known. Throws INVALID_ARGUMENT when none of them says.
 */
export async function placeOfGame(
  journal: Journal,
  asked: Season | undefined,
  gameId: string,
): Promise<{ readonly league: string; readonly slot: Slot }> {
  const league = leagueOf(asked?.league);
  const season = seasonOfGameAsked(asked, gameId);
  if (season !== undefined) return { league, slot: slotOf(season) };
  const slot = await journal.slotOfGame(league, gameId);
  if (slot === undefined) throw seasonNeeded(gameId);
  return { league, slot };
}
