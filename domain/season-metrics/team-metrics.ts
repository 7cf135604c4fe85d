import {
  assistToTurnover,
  averagedPossessions,
  type Coefficients,
  defensiveRating,
  type FourFactors,
  fourFactors,
  netRating,
  offensiveRating,
  pace,
} from "#domain/metrics";
import type { BothSides } from "#domain/season";
import { knownTeamTotals, knownTotals } from "./context.ts";
import { type Averages, perGameOf, type Shooting, shootingOf } from "./player-metrics.ts";

/** What is derived from a team's games: of its own side and its opponents'. Unknown is undefined. */
export type TeamMetrics = {
  readonly shooting: Shooting;
  readonly opponentShooting: Shooting;
  readonly perGame: Averages;
  readonly opponentPerGame: Averages;
  readonly assistToTurnover: number | undefined;
  /** Of all the games together, estimated from both sides. */
  readonly possessions: number | undefined;
  readonly pace: number | undefined;
  readonly offensiveRating: number | undefined;
  readonly defensiveRating: number | undefined;
  readonly netRating: number | undefined;
  /** Undefined for a league without coefficients. */
  readonly fourFactors: FourFactors | undefined;
};

/**
 * The metrics of a team over one game or several. Turnovers that belong to no player are the team's:
 * they count in possessions, ratings and factors, and not in averages. Where nobody recorded any, they
 * count 0.
 */
export function teamMetrics(
  { own, opponents }: BothSides,
  coefficients: Coefficients | undefined,
): TeamMetrics {
  const players = knownTotals(own.players);
  const theirs = knownTeamTotals(opponents);
  const both = [knownTeamTotals(own), theirs] as const;
  return {
    shooting: shootingOf(players, coefficients),
    opponentShooting: shootingOf(theirs, coefficients),
    perGame: perGameOf(own.players),
    opponentPerGame: perGameOf(opponents.players),
    assistToTurnover: assistToTurnover(players),
    possessions: coefficients && averagedPossessions(...both, coefficients),
    pace: coefficients && pace(...both, coefficients),
    offensiveRating: coefficients && offensiveRating(...both, coefficients),
    defensiveRating: coefficients && defensiveRating(...both, coefficients),
    netRating: coefficients && netRating(...both, coefficients),
    fourFactors: coefficients && fourFactors(...both, coefficients),
  };
}
