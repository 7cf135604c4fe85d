import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATISTICS, type Statistic, sumOf, type Totals } from "#domain/statistics";
import { countedLine, foldBoxScores, type PeriodTotals, periodsOf } from "./index.ts";
import { liveOf, officialOf } from "./lines.fixture.ts";

type Rows = readonly PeriodTotals[];

/** What is kept of a player after one live line with these periods and, perhaps, an official one. */
function linesOf(totals: Totals, periods?: Rows, official?: Totals) {
  const entries = [liveOf("curry", 1, totals, { periods })];
  if (official) entries.push(officialOf("curry", 1, official));
  return foldBoxScores(new Map(), entries).get("g1")?.players.get("curry") ?? {};
}

const row = (period: number, totals: Totals) => ({ period, totals });
const small = fc.integer({ min: 0, max: 30 });
const totalsAtRandom: fc.Arbitrary<Totals> = fc.dictionary(fc.constantFrom(...STATISTICS), small);
const rowsAtRandom = fc.uniqueArray(
  fc.record({ period: fc.integer({ min: 1, max: 8 }), totals: totalsAtRandom }),
  { selector: ({ period }) => period, maxLength: 6 },
);

describe("periodsOf", () => {
  it("leaves nothing over where the periods add up, and gives them in order", () => {
    const rows = [row(2, { points: 4, assists: 1 }), row(1, { points: 3, assists: 0 })];

    const lines = linesOf({ points: 7, assists: 1 }, rows);

    expect(lines.live?.periods).toEqual([rows[1], rows[0]]);
    expect(periodsOf([lines])).toEqual({ periods: [rows[1], rows[0]], unassigned: undefined });
  });

  it("P7: keeps what totals and periods differ by as unassigned", () => {
    const lines = linesOf({ points: 9, steals: 1 }, [row(1, { points: 3, steals: 2 })]);

    expect(countedLine(lines)?.totals).toEqual({ points: 9, steals: 1 });
    expect(periodsOf([lines]).unassigned).toEqual({ points: 6, steals: -1 });
  });

  it("leaves the whole line over where it has no periods", () => {
    expect(periodsOf([linesOf({ points: 9 })])).toEqual({
      periods: [],
      unassigned: { points: 9 },
    });
  });

  it("counts the sum of the periods for a statistic that totals do not know", () => {
    const lines = linesOf({ points: 7 }, [row(1, { points: 3, blocks: 1 }), row(4, { blocks: 2 })]);

    expect(countedLine(lines)?.totals).toEqual({ points: 7, blocks: 3 });
    expect(periodsOf([lines]).unassigned).toEqual({ points: 4, blocks: 0 });
  });

  it("takes what a period does not say as 0, if the line knows it at all", () => {
    const lines = linesOf({ points: 3, assists: 0 }, [
      row(1, { points: 3 }),
      row(2, { steals: 1 }),
    ]);

    expect(periodsOf([lines]).periods).toEqual([
      row(1, { points: 3, assists: 0, steals: 0 }),
      row(2, { points: 0, assists: 0, steals: 1 }),
    ]);
  });

  it("P3: keeps an official line's difference as unassigned, below zero too", () => {
    const rows = [
      row(1, { secondsPlayed: 300, points: 3, steals: 0 }),
      row(2, { secondsPlayed: 0, points: 2, steals: 1 }),
    ];
    const lines = linesOf({ secondsPlayed: 300, points: 5, steals: 1 }, rows, {
      points: 4,
      steals: 2,
    });

    expect(periodsOf([lines])).toEqual({
      periods: rows,
      unassigned: { secondsPlayed: 0, points: -1, steals: 1 },
    });
  });

  it("P7: always adds up to the lines that count, for one player and for several", () => {
    const player = fc.tuple(
      totalsAtRandom,
      fc.option(rowsAtRandom, { nil: undefined }),
      fc.option(totalsAtRandom, { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.array(player, { minLength: 1, maxLength: 4 }), (players) => {
        const all = players.map(([totals, rows, official]) => linesOf(totals, rows, official));
        for (const some of [all, ...all.map((lines) => [lines])]) {
          const { periods, unassigned = {} } = periodsOf(some);
          const inPeriods = sumOf(periods.map(({ totals }) => totals));
          const counted = sumOf(some.map((lines) => countedLine(lines)?.totals ?? {}));
          for (const statistic of STATISTICS) {
            const at = (totals: Totals) => totals[statistic as Statistic] ?? 0;
            expect(at(inPeriods) + at(unassigned)).toBe(at(counted));
          }
          const numbers = periods.map(({ period }) => period);
          expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        }
      }),
    );
  });
});
