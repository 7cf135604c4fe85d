import { STATISTICS, type Statistic, sumOf, type Totals } from "#domain/statistics";
import type { LiveLine } from "./entries.ts";

/**
 * A live line in the one form in which it is kept, whatever of it was left to be understood: its
 * periods ascend, a statistic that totals lack and a period knows is the sum of the periods, and one
 * that a period lacks and the line knows is 0 there. A line without periods is kept as it is.
 */
export function summedLine(line: LiveLine): LiveLine {
  const { periods, totals } = line;
  if (periods === undefined) return line;
  const inPeriods = sumOf(periods.map((row) => row.totals));
  // Messages have their absent fields too, as undefined: sumOf leaves those out.
  const whole = { ...inPeriods, ...sumOf([totals]) };
  const statistics = STATISTICS.filter((statistic) => whole[statistic] !== undefined);
  return {
    ...line,
    totals: whole,
    periods: periods
      .map((row) => ({ period: row.period, totals: filled(statistics, row.totals) }))
      .sort((a, b) => a.period - b.period),
  };
}

function filled(statistics: readonly Statistic[], totals: Totals): Totals {
  const all: Partial<Record<Statistic, number>> = {};
  for (const statistic of statistics) all[statistic] = totals[statistic] ?? 0;
  return all;
}
