import type { Statistic, Totals } from "#domain/statistics";

/** Whether these totals know all of the statistics. */
export function knows<S extends Statistic>(
  totals: Totals,
  ...statistics: readonly S[]
): totals is Totals & Readonly<Record<S, number>> {
  return statistics.every((statistic) => totals[statistic] !== undefined);
}

/** The quotient; undefined when a side is unknown or the denominator is 0. */
export function ratio(
  numerator: number | undefined,
  denominator: number | undefined,
): number | undefined {
  if (numerator === undefined || denominator === undefined || denominator === 0) return undefined;
  return numerator / denominator;
}
