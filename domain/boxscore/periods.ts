import { STATISTICS, type Statistic, sumOf, type Totals } from "#domain/statistics";
import type { PeriodTotals } from "./entries.ts";
import { countedLine, type PlayerLines } from "./fold.ts";

/** Totals by period, and what the game has beyond them. */
export type Periods = {
  /** Ascending, each period once. A period that is not there has nothing in it. */
  readonly periods: readonly PeriodTotals[];
  /**
   * The game's totals minus the sum of the periods, of every statistic that either of them knows; any
   * of them may be negative. Undefined when nothing is left over.
   */
  readonly unassigned: Totals | undefined;
};

/**
 * The periods of one player in a game, or of several together: those of the newest live lines, as no
 * other lines have any. Periods and unassigned together are always the sum of the lines that count, be
 * those official ones, of lines without periods, or at odds with their own periods.
 */
export function periodsOf(players: readonly PlayerLines[]): Periods {
  const rows = players.flatMap(({ live }) => live?.periods ?? []);
  const byPeriod = Map.groupBy(rows, ({ period }) => period);
  const periods = [...byPeriod]
    .sort(([a], [b]) => a - b)
    .map(([period, own]) => ({ period, totals: sumOf(own.map(({ totals }) => totals)) }));
  const counted = sumOf(players.map((lines) => countedLine(lines)?.totals ?? {}));
  return { periods, unassigned: leftOver(counted, sumOf(periods.map(({ totals }) => totals))) };
}

function leftOver(totals: Totals, inPeriods: Totals): Totals | undefined {
  const left: Partial<Record<Statistic, number>> = {};
  for (const statistic of STATISTICS) {
    const total = totals[statistic];
    const sum = inPeriods[statistic];
    if (total !== undefined || sum !== undefined) left[statistic] = (total ?? 0) - (sum ?? 0);
  }
  return Object.values(left).some((value) => value !== 0) ? left : undefined;
}
