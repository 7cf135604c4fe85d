import {
  assistToTurnover,
  effectiveFieldGoalPercentage,
  fieldGoalPercentage,
  freeThrowPercentage,
  gameScore,
  per36,
  perGame,
  playerEfficiencyRating,
  threePointPercentage,
  trueShootingPercentage,
  turnoverPercentage,
  usagePercentage,
} from "#domain/metrics";
import { sumOfTallies, type Tally } from "#domain/season";
import { COUNTING, STATISTICS, type Statistic, type Totals } from "#domain/statistics";
import { knownTotals, ratedTeam, type SeasonContext } from "./context.ts";

/** Values by statistic, without those that are not known. */
export type Averages = Readonly<Partial<Record<Statistic, number>>>;

/** How well a player or team shot. Fractions; undefined without an attempt. */
export type Shooting = {
  readonly fieldGoalPercentage: number | undefined;
  readonly threePointPercentage: number | undefined;
  readonly freeThrowPercentage: number | undefined;
  readonly effectiveFieldGoalPercentage: number | undefined;
  readonly trueShootingPercentage: number | undefined;
};

/** What is derived from a player's line of one game. */
export type LineMetrics = {
  readonly shooting: Shooting;
  readonly gameScore: number | undefined;
};

/** What is derived from a player's season. What is not known is undefined. */
export type PlayerMetrics = {
  readonly shooting: Shooting;
  readonly assistToTurnover: number | undefined;
  readonly turnoverPercentage: number | undefined;
  readonly usagePercentage: number | undefined;
  /** The mean of the games' scores. */
  readonly gameScore: number | undefined;
  readonly playerEfficiencyRating: number | undefined;
  readonly doubleDoubles: number;
  readonly tripleDoubles: number;
  readonly perGame: Averages;
  /** Without the seconds on court, which are always 36 minutes. */
  readonly per36: Averages;
};

/** What a player did for each team, by team id: all of a season, or a part of it. */
type ByTeam = ReadonlyMap<string, Tally>;

type Weights = SeasonContext["coefficients"];

/** The shooting of some totals. True shooting is unknown without coefficients. */
export function shootingOf(totals: Totals, coefficients: Weights): Shooting {
  return {
    fieldGoalPercentage: fieldGoalPercentage(totals),
    threePointPercentage: threePointPercentage(totals),
    freeThrowPercentage: freeThrowPercentage(totals),
    effectiveFieldGoalPercentage: effectiveFieldGoalPercentage(totals),
    trueShootingPercentage: coefficients && trueShootingPercentage(totals, coefficients),
  };
}

/** The metrics of one player's line of a game. */
export function lineMetrics(line: Totals, coefficients: Weights): LineMetrics {
  return { shooting: shootingOf(line, coefficients), gameScore: gameScore(line) };
}

/** The metrics of what a player did for some teams in a season. */
export function playerMetrics(byTeam: ByTeam, context: SeasonContext): PlayerMetrics {
  const tally = sumOfTallies(byTeam.values());
  const totals = knownTotals(tally);
  const { coefficients } = context;
  return {
    shooting: shootingOf(totals, coefficients),
    assistToTurnover: assistToTurnover(totals),
    turnoverPercentage: coefficients && turnoverPercentage(totals, coefficients),
    usagePercentage: usageOf(byTeam, context),
    gameScore: meanGameScore(tally),
    playerEfficiencyRating: ratingOf(byTeam, context),
    doubleDoubles: tally.doubleDoubles,
    tripleDoubles: tally.tripleDoubles,
    perGame: perGameOf(tally),
    per36: averages(COUNTING, (statistic) => per36(totals, statistic)),
  };
}

/** The mean of each statistic a game. */
export function perGameOf(tally: Tally): Averages {
  const totals = knownTotals(tally);
  return averages(STATISTICS, (statistic) => perGame(totals, tally.games, statistic));
}

/** The mean of the game scores, which are linear in what a line counts. */
export function meanGameScore(tally: Tally): number | undefined {
  const sum = gameScore(knownTotals(tally));
  return sum === undefined || tally.games === 0 ? undefined : sum / tally.games;
}

/** A player's usage, that of each team weighed by the time on court. */
export function usageOf(byTeam: ByTeam, context: SeasonContext): number | undefined {
  const { coefficients } = context;
  if (coefficients === undefined) return undefined;
  return weighedByTime(byTeam, (tally, teamId) => {
    const team = context.byTeam.get(teamId);
    return team && usagePercentage(knownTotals(tally), team.totals, coefficients);
  });
}

/** A player's efficiency rating, that of each team weighed by the time on court. */
export function ratingOf(byTeam: ByTeam, context: SeasonContext): number | undefined {
  const { coefficients, league } = context;
  if (coefficients === undefined || league === undefined) return undefined;
  return weighedByTime(byTeam, (tally, teamId) => {
    const team = ratedTeam(context, teamId);
    return team && playerEfficiencyRating(knownTotals(tally), team, league, coefficients);
  });
}

/** Undefined without time on court, and where the value of any team with some of it is. */
function weighedByTime(
  byTeam: ByTeam,
  worth: (tally: Tally, teamId: string) => number | undefined,
): number | undefined {
  let weighed = 0;
  let seconds = 0;
  for (const [teamId, tally] of byTeam) {
    const { secondsPlayed } = knownTotals(tally);
    if (secondsPlayed === 0) continue;
    const value = worth(tally, teamId);
    if (value === undefined || secondsPlayed === undefined) return undefined;
    weighed += value * secondsPlayed;
    seconds += secondsPlayed;
  }
  return seconds === 0 ? undefined : weighed / seconds;
}

function averages(
  statistics: readonly Statistic[],
  worth: (statistic: Statistic) => number | undefined,
): Averages {
  const found: Partial<Record<Statistic, number>> = {};
  for (const statistic of statistics) {
    const value = worth(statistic);
    if (value !== undefined) found[statistic] = value;
  }
  return found;
}
