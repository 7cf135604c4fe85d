import type { Statistic, TeamStatistic } from "#domain/statistics";

/** The column of a statistic: `fieldGoalsMade` stands in `field_goals_made`. */
export function columnOf(name: Statistic | TeamStatistic): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// Sums come as text, since a bigint may not fit a number; every one of ours does.

/** The statistics of a row, by name. */
export function numbersIn<Name extends Statistic | TeamStatistic>(
  names: readonly Name[],
  row: Readonly<Record<string, unknown>>,
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, Number(row[columnOf(name)])])) as Record<
    Name,
    number
  >;
}
