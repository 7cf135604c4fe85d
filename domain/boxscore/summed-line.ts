import { STATISTICS, type Statistic } from "#domain/statistics";
import type { LiveLine } from "./entries.ts";

/**
 * A live line in the one form in which it is kept, whatever of it was left to be understood: its
 * periods ascend, a statistic that totals lack and a period knows is the sum of the periods, and one
 * that a period lacks and the line knows is 0 there. A line without periods is kept as it is.
 */
export function summedLine(line: LiveLine): LiveLine {
  if (line.periods === undefined) return line;
  const periods = line.periods.toSorted((a, b) => a.period - b.period);
  const totals: Partial<Record<Statistic, number>> = {};
  const rows = periods.map(({ period }) => ({ period, totals: {} as typeof totals }));
  for (const statistic of STATISTICS) {
    let whole = line.totals[statistic];
    if (whole === undefined) {
      for (const own of periods) {
        const value = own.totals[statistic];
        if (value !== undefined) whole = (whole ?? 0) + value;
      }
    }
    // Neither the line nor any period knows it.
    if (whole === undefined) continue;
    totals[statistic] = whole;
    rows.forEach((row, at) => {
      row.totals[statistic] = periods[at]?.totals[statistic] ?? 0;
    });
  }
  return { ...line, totals, periods: rows };
}
