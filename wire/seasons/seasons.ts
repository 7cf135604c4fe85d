import type { SeasonType } from "#domain/games";
import { type Season, seasonOfGame } from "#domain/slots";
import {
  SeasonType as OnWire,
  type Season as SeasonOnWire,
} from "#gen/courtside/game/v1/game_pb.ts";
import { badRequest } from "#runtime/rpc";

/** The league meant where none is named. */
const LEAGUE_DEFAULT = "nba";

// By the value on the wire; the unspecified one is not among them.
const TYPES: Readonly<Record<number, SeasonType>> = {
  [OnWire.PRESEASON]: "preseason",
  [OnWire.REGULAR]: "regular",
  [OnWire.PLAYOFFS]: "playoffs",
  [OnWire.PLAY_IN]: "play-in",
  [OnWire.CUP_FINAL]: "cup-final",
};

type Asked = Pick<SeasonOnWire, "league" | "season" | "type"> | undefined;

/** The league that a request means. */
export function leagueOf(league: string | undefined): string {
  return league || LEAGUE_DEFAULT;
}

/** The season that a request names. Throws INVALID_ARGUMENT when it does not say which. */
export function seasonAsked(asked: Asked): Season {
  if (!asked?.season) {
    throw badRequest([{ field: "season.season", description: "must be set, e.g. 2023-24" }]);
  }
  const { league, season, type } = asked;
  return { league: leagueOf(league), season, type: TYPES[type] ?? "regular" };
}

/**
 * The season of a game: what the request names, else what the league's id rule says; undefined when
 * neither tells.
 */
export function seasonOfGameAsked(asked: Asked, gameId: string): Season | undefined {
  const league = leagueOf(asked?.league);
  const ruled = seasonOfGame(league, gameId);
  const season = asked?.season || ruled?.season;
  if (season === undefined) return undefined;
  const named = TYPES[asked?.type ?? OnWire.UNSPECIFIED];
  return { league, season, type: named ?? ruled?.type ?? "regular" };
}

/** The INVALID_ARGUMENT of a request about a game of which nobody can tell the season. */
export function seasonNeeded(gameId: string) {
  const description = `must be set: the id ${gameId} does not tell the season`;
  return badRequest([{ field: "season.season", description }]);
}

/** A season as a request names it. */
export function seasonOnWire({ league, season, type }: Season) {
  const found = Object.entries(TYPES).find(([, word]) => word === type);
  return { league, season, type: Number(found?.[0] ?? OnWire.UNSPECIFIED) as OnWire };
}
