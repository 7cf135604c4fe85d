import { NO_TOTALS, STATISTICS, type Statistic } from "#domain/statistics";
import type { LiveLine, PeriodTotals } from "./entries.ts";

/**
 * A live line in the one form in which it is kept, whatever of it was left to be understood: its
 * periods ascend, a statistic that totals lack and a period knows is the sum of the periods, and one
 * that a period lacks and the line knows is 0 there. A line without periods is kept as it is.
 */
export function summedLine(line: LiveLine): LiveLine {
  if (line.periods === undefined) return line;
  const periods = line.periods.toSorted((a, b) => a.period - b.period);
  const totals: Totals = { ...NO_TOTALS };
  const known: Statistic[] = [];
  for (const statistic of STATISTICS) {
    const whole = line.totals[statistic] ?? sumOver(periods, statistic);
    // Neither the line nor any period knows it.
    if (whole === undefined) continue;
    totals[statistic] = whole;
    known.push(statistic);
  }
  const isWhole = known.length === STATISTICS.length;
  const kept = (all: Totals) => (isWhole ? all : picked(all, known));
  const rows = periods.map(({ period, totals: own }) => {
    const row: Totals = { ...NO_TOTALS };
    for (const statistic of known) row[statistic] = own[statistic] ?? 0;
    return { period, totals: kept(row) };
  });
  return { ...line, totals: kept(totals), periods: rows };
}

type Totals = Partial<Record<Statistic, number>>;

function sumOver(periods: readonly PeriodTotals[], statistic: Statistic): number | undefined {
  let sum: number | undefined;
  for (const { totals } of periods) {
    const value = totals[statistic];
    if (value !== undefined) sum = (sum ?? 0) + value;
  }
  return sum;
}

function picked(totals: Totals, names: readonly Statistic[]): Totals {
  return Object.fromEntries(names.map((name) => [name, totals[name]]));
}
