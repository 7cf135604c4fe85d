import type { Totals } from "#domain/statistics";
import type { Coefficients } from "./coefficients.ts";
import { ratio } from "./known.ts";
import { defensiveReboundPercentage, offensiveReboundPercentage } from "./possessions.ts";
import { turnoverPercentage } from "./rates.ts";
import { effectiveFieldGoalPercentage } from "./shooting.ts";

/** One end of the court in Dean Oliver's four factors. Each is a fraction; absent is undefined. */
export type Factors = {
  /** Effective field goal percentage of the side that attacks. */
  readonly shooting: number | undefined;
  /** Turnover percentage of the side that attacks. */
  readonly turnovers: number | undefined;
  /** What this team took of the rebounds at this end: offensive in attack, else defensive. */
  readonly rebounding: number | undefined;
  /** Free throws made a field goal attempt of the side that attacks. */
  readonly freeThrows: number | undefined;
};

/** The four factors of a team at both ends. */
export type FourFactors = { readonly offence: Factors; readonly defence: Factors };

/**
 * What the factors weigh in winning, together 1.
 * Source: Dean Oliver, "Basketball on Paper"; Basketball-Reference, "Four Factors".
 */
export const FOUR_FACTOR_WEIGHTS: Readonly<Record<keyof Factors, number>> = {
  shooting: 0.4,
  turnovers: 0.25,
  rebounding: 0.2,
  freeThrows: 0.15,
};

/**
 * Dean Oliver's four factors: eFG%, TOV%, OREB% and FTM / FGA in attack; what the opponent has of
 * eFG%, TOV% and FTM / FGA, and DREB%, in defence.
 *
 * The league's own page differs: it has FTA / FGA, turnovers a possession, and counts team
 * rebounds.
 * Version 1. Source: Basketball-Reference, "Four Factors"; Dean Oliver, "Basketball on Paper".
 */
export function fourFactors(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): FourFactors {
  return {
    offence: {
      shooting: effectiveFieldGoalPercentage(team),
      turnovers: turnoverPercentage(team, coefficients),
      rebounding: offensiveReboundPercentage(team, opponent),
      freeThrows: freeThrowRate(team),
    },
    defence: {
      shooting: effectiveFieldGoalPercentage(opponent),
      turnovers: turnoverPercentage(opponent, coefficients),
      rebounding: defensiveReboundPercentage(team, opponent),
      freeThrows: freeThrowRate(opponent),
    },
  };
}

/**
 * Free throws made a field goal attempt: FTM / FGA.
 * Version 1. Source: Basketball-Reference, "Four Factors" (FT/FGA).
 */
export function freeThrowRate(totals: Totals): number | undefined {
  return ratio(totals.freeThrowsMade, totals.fieldGoalsAttempted);
}
