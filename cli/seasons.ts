import { type Command, InvalidArgumentError, Option } from "commander";
import { SEASON_TYPES } from "#domain/games";
import { type Season, seasonOfGame as seasonRuled } from "#domain/slots";
import { seasonAsked, seasonOnWire } from "#wire/seasons";

/** A season as the services take it. */
export type AskedSeason = ReturnType<typeof seasonOnWire>;

/** The season of the options that {@link withSeason} adds. */
export type SeasonOptions = Season;

/** Adds `--season`, `--league` and `--type` to a verb. */
export function withSeason(verb: Command): Command {
  return verb
    .option("--season <years>", "the season by its two calendar years", seasonArgument, "2023-24")
    .addOption(leagueOption())
    .addOption(
      new Option("--type <type>", "the part of the season")
        .choices(SEASON_TYPES)
        .default("regular"),
    );
}

/** `--league`, alone. */
export function leagueOption(): Option {
  return new Option("--league <league>", "the league").default("nba").argParser(leagueArgument);
}

/** The season that the options say. */
export function askedSeason(options: SeasonOptions): AskedSeason {
  return seasonOnWire(options);
}

/** The season of a game by its id, where that is one of the league's own; else undefined. */
export function seasonOfGame(league: string, gameId: string): AskedSeason | undefined {
  const season = seasonRuled(league, gameId);
  return season && seasonOnWire(season);
}

/** A season as people write it: "nba 2023-24 regular". */
export function seasonText(asked: AskedSeason): string {
  const { league, season, type } = seasonAsked(asked);
  return `${league} ${season} ${type}`;
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
