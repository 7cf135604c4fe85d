import type { Totals } from "#domain/statistics";
import type { Coefficients } from "./coefficients.ts";
import { knows, ratio } from "./known.ts";

/**
 * Field goals made of those attempted, from 0 to 1: FGM / FGA.
 * Version 1. Source: NBA stats glossary, FG%.
 */
export function fieldGoalPercentage(totals: Totals): number | undefined {
  return ratio(totals.fieldGoalsMade, totals.fieldGoalsAttempted);
}

/**
 * Three-pointers made of those attempted, from 0 to 1: 3PM / 3PA.
 * Version 1. Source: NBA stats glossary, 3P%.
 */
export function threePointPercentage(totals: Totals): number | undefined {
  return ratio(totals.threePointersMade, totals.threePointersAttempted);
}

/**
 * Free throws made of those attempted, from 0 to 1: FTM / FTA.
 * Version 1. Source: NBA stats glossary, FT%.
 */
export function freeThrowPercentage(totals: Totals): number | undefined {
  return ratio(totals.freeThrowsMade, totals.freeThrowsAttempted);
}

/**
 * Field goal percentage with a three-pointer as one and a half, from 0 to 1.5: (FGM + 0.5 × 3PM) /
 * FGA.
 * Version 1. Source: NBA stats glossary, eFG%; Dean Oliver, "Basketball on Paper".
 */
export function effectiveFieldGoalPercentage(totals: Totals): number | undefined {
  if (!knows(totals, "fieldGoalsMade", "threePointersMade")) return undefined;
  const made = totals.fieldGoalsMade + 0.5 * totals.threePointersMade;
  return ratio(made, totals.fieldGoalsAttempted);
}

/**
 * Half the points a shooting attempt of any kind, mostly from 0 to 1: PTS / (2 × (FGA + w × FTA)),
 * where w is the league's weight of a free throw (0.44 in the NBA).
 * Version 1. Source: NBA stats glossary, TS%; Basketball-Reference, glossary.
 */
export function trueShootingPercentage(
  totals: Totals,
  { freeThrowWeight }: Coefficients,
): number | undefined {
  if (!knows(totals, "fieldGoalsAttempted", "freeThrowsAttempted")) return undefined;
  const attempts = totals.fieldGoalsAttempted + freeThrowWeight * totals.freeThrowsAttempted;
  return ratio(totals.points, 2 * attempts);
}

/**
 * Assists a turnover: AST / TOV. Undefined without a turnover, where the league prints 0.
 * Version 1. Source: NBA stats glossary, AST/TO.
 */
export function assistToTurnover(totals: Totals): number | undefined {
  return ratio(totals.assists, totals.turnovers);
}

/**
 * Steals a turnover: STL / TOV. Undefined without a turnover.
 * Version 1. Source: NBA stats glossary, STL/TO.
 */
export function stealToTurnover(totals: Totals): number | undefined {
  return ratio(totals.steals, totals.turnovers);
}
