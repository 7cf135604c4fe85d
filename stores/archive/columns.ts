import type { Statistic, TeamStatistic } from "#domain/statistics";

/** The column of a statistic: `fieldGoalsMade` stands in `field_goals_made`. */
export function columnOf(name: Statistic | TeamStatistic): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
