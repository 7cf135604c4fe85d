import type { HandlerContext } from "@connectrpc/connect";
import type { BoxScore } from "#domain/boxscore";
import { coefficientsOf } from "#domain/metrics";
import { type PlayerSeason, sidesOf, type Window } from "#domain/season";
import {
  LINE_FORMULAS,
  lineMetrics,
  type SeasonContext,
  seasonContext,
  TEAM_FORMULAS,
  teamMetrics,
} from "#domain/season-metrics";
import { type Season, slotOf } from "#domain/slots";
import type { Totals } from "#domain/statistics";
import { type Answered, keptReads, type Reader, type When } from "#stores/reads";
import { formulasOnWire } from "#wire/metrics";
import { bounded, playersIn, waitOf } from "./reading.ts";

/** Some players' seasons, and what their metrics are weighed against where these are wanted. */
export type PlayersFound = {
  /** In the order asked for; undefined for a player of whom no line counts in the season. */
  readonly players: readonly (PlayerSeason | undefined)[];
  readonly context: SeasonContext | undefined;
};

/** What of some players is asked for. */
export type PlayersAsked = {
  readonly playerIds: readonly string[];
  readonly window: Window | undefined;
  readonly withMetrics: boolean;
};

/** A reader of players' seasons: with metrics, of them and of the whole season at one moment. */
export function playersReader(find: Reader) {
  const read = bounded(find);
  const seasons = keptReads(
    find,
    (from, slot) => from.totals(slot),
    ({ league }, totals) => seasonContext(totals, coefficientsOf(league)),
  );
  return async (
    season: Season,
    { playerIds, window, withMetrics }: PlayersAsked,
    when: When,
    context: HandlerContext,
  ): Promise<Answered<PlayersFound>> => {
    if (withMetrics && window === undefined) {
      const found = await seasons(season, when, waitOf(context));
      const players = playerIds.map((id) => found.value.players.get(id));
      return { ...found, value: { players, context: found.value } };
    }
    const found = await read(season, when, context, (from) =>
      playersIn(from, slotOf(season), playerIds, window),
    );
    const alone = withMetrics ? contextAlone(season.league) : undefined;
    return { ...found, value: { players: found.value, context: alone } };
  };
}

/** What metrics are weighed against where nothing of the season is known but its league. */
function contextAlone(league: string): SeasonContext {
  return seasonContext({ players: new Map(), teams: new Map() }, coefficientsOf(league));
}

/** What is derived of a box score: of its teams and of the lines of its players. */
export type BoxMetrics = ReturnType<typeof boxMetrics>;

/** The metrics of a box score, worked out as they are asked for. */
export function boxMetrics(box: BoxScore, league: string) {
  const coefficients = coefficientsOf(league);
  const sides = sidesOf(box);
  return {
    formulas: formulasOnWire([...LINE_FORMULAS, ...TEAM_FORMULAS], coefficients),
    ofLine: (totals: Totals) => lineMetrics(totals, coefficients),
    ofTeam(teamId: string) {
      const both = sides.get(teamId);
      return both && teamMetrics(both, coefficients);
    },
  };
}
