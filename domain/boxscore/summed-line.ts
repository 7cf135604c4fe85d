import { STATISTICS, sumOf } from "#domain/statistics";
import type { LiveLine, PeriodTotals } from "./entries.ts";

/**
 * A live line in the form in which it is kept: its periods ascend, and a statistic that its totals
 * lack and a period knows is the sum of the periods. A line without periods is kept as it is.
 */
export function summedLine(line: LiveLine): LiveLine {
  const { periods, totals } = line;
  if (periods === undefined) return line;
  // Nearly every line is in that form, and this is done for each that comes.
  const isWhole = STATISTICS.every((statistic) => totals[statistic] !== undefined);
  if (isWhole && periods.every(isAfterFormer)) return line;
  const sum = sumOf(periods.map((row) => row.totals));
  return {
    ...line,
    // Messages have their absent fields too, as undefined: sumOf leaves those out.
    totals: { ...sum, ...sumOf([totals]) },
    periods: periods.toSorted((a, b) => a.period - b.period),
  };
}

function isAfterFormer(
  { period }: PeriodTotals,
  at: number,
  periods: readonly PeriodTotals[],
): boolean {
  return period > (periods[at - 1]?.period ?? 0);
}
