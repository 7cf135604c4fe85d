import { type Command, InvalidArgumentError, Option } from "commander";
import { seasonOf, seasonTypeOf } from "#domain/games";
import { SeasonType } from "#gen/courtside/game/v1/game_pb.ts";

/** A season as the services take it. */
export type AskedSeason = {
  readonly league: string;
  /** E.g. "2023-24". */
  readonly season: string;
  readonly type: SeasonType;
};

/** The season of the options that {@link withSeason} adds. */
export type SeasonOptions = {
  readonly league: string;
  readonly season: string;
  readonly type: TypeName;
};

const TYPES = {
  preseason: SeasonType.PRESEASON,
  regular: SeasonType.REGULAR,
  "cup-final": SeasonType.CUP_FINAL,
  "play-in": SeasonType.PLAY_IN,
  playoffs: SeasonType.PLAYOFFS,
} as const;

type TypeName = keyof typeof TYPES;

/** Adds `--season`, `--league` and `--type` to a verb. */
export function withSeason(verb: Command): Command {
  return verb
    .option("--season <years>", "the season by its two calendar years", seasonArgument, "2023-24")
    .addOption(leagueOption())
    .addOption(
      new Option("--type <type>", "the part of the season")
        .choices(Object.keys(TYPES))
        .default("regular"),
    );
}

/** `--league`, alone. */
export function leagueOption(): Option {
  return new Option("--league <league>", "the league").default("nba").argParser(leagueArgument);
}

/** The season that the options say. */
export function askedSeason({ league, season, type }: SeasonOptions): AskedSeason {
  return { league, season, type: TYPES[type] };
}

/** The season of a game by its id, where that is one of the league's own; else undefined. */
export function seasonOfGame(league: string, gameId: string): AskedSeason | undefined {
  const season = seasonOf(gameId);
  const type = seasonTypeOf(gameId);
  if (season === undefined || type === undefined) return undefined;
  return { league, season, type: TYPES[type] };
}

/** A season as people write it: "nba 2023-24 regular". */
export function seasonText({ league, season, type }: AskedSeason): string {
  const name = Object.entries(TYPES).find(([, value]) => value === type)?.[0] ?? "";
  return `${league} ${season} ${name}`.trim();
}

function seasonArgument(text: string): string {
  const [, begin = "", end = ""] = /^(\d{4})-(\d{2})$/.exec(text) ?? [];
  if (begin !== "" && (Number(begin) + 1) % 100 === Number(end)) return text;
  throw new InvalidArgumentError('It is two years in a row, such as "2023-24".');
}

function leagueArgument(text: string): string {
  if (/^[a-z0-9-]{1,32}$/.test(text)) return text;
  throw new InvalidArgumentError('It is a word such as "nba".');
}
