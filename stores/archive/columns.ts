import {
  STATISTICS,
  type Statistic,
  TEAM_STATISTICS,
  type TeamStatistic,
} from "#domain/statistics";

type Name = Statistic | TeamStatistic;

// Looked up, since a season has tens of thousands of cells.
const COLUMNS = Object.fromEntries(
  [...STATISTICS, ...TEAM_STATISTICS].map((name) => [
    name,
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
) as Readonly<Record<Name, string>>;

/** The column of a statistic: `fieldGoalsMade` stands in `field_goals_made`. */
export function columnOf(name: Name): string {
  return COLUMNS[name];
}

// Sums come as text, since a bigint may not fit a number; every one of ours does.

/** The statistics of a row, by name. */
export function numbersIn<Own extends Name>(
  names: readonly Own[],
  row: Readonly<Record<string, unknown>>,
): Record<Own, number> {
  const numbers: Partial<Record<Own, number>> = {};
  for (const name of names) numbers[name] = Number(row[COLUMNS[name]]);
  return numbers as Record<Own, number>;
}
