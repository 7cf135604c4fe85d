/** A statistic that officials count: a whole number from 0, only ever meaningful per game or summed. */
export type Counting = (typeof COUNTING)[number];

/** A statistic of a line: the counting ones, and time on court in whole seconds. */
export type Statistic = (typeof STATISTICS)[number];

/** The fifteen counting statistics, in the order of a box score (and of every CSV of ours). */
export const COUNTING = [
  "points",
  "fieldGoalsMade",
  "fieldGoalsAttempted",
  "threePointersMade",
  "threePointersAttempted",
  "freeThrowsMade",
  "freeThrowsAttempted",
  "offensiveRebounds",
  "defensiveRebounds",
  "rebounds",
  "assists",
  "steals",
  "blocks",
  "turnovers",
  "personalFouls",
] as const;

/** Every statistic of a line: seconds on court first, then the counting ones in their order. */
export const STATISTICS = ["secondsPlayed", ...COUNTING] as const;

/** Totals of whole numbers from 0. A statistic that is absent is unknown, and counts 0 in sums. */
export type Totals = Readonly<Partial<Record<Statistic, number>>>;

/** What is counted for a team and for none of its players, from 0; absent is unknown. */
export type TeamOnly = Readonly<Partial<Record<TeamStatistic, number>>>;

/** A statistic of {@link TeamOnly}. */
export type TeamStatistic = (typeof TEAM_STATISTICS)[number];

/** The statistics that belong to a team alone: no player's line and no sum of lines has them. */
export const TEAM_STATISTICS = [
  "teamOffensiveRebounds",
  "teamDefensiveRebounds",
  "teamTurnovers",
  "benchTechnicals",
] as const;

/** The headings that people and CSV files use for the statistics. */
export const ABBREVIATIONS: Readonly<Record<Statistic, string>> = {
  secondsPlayed: "seconds",
  points: "pts",
  fieldGoalsMade: "fgm",
  fieldGoalsAttempted: "fga",
  threePointersMade: "fg3m",
  threePointersAttempted: "fg3a",
  freeThrowsMade: "ftm",
  freeThrowsAttempted: "fta",
  offensiveRebounds: "oreb",
  defensiveRebounds: "dreb",
  rebounds: "reb",
  assists: "ast",
  steals: "stl",
  blocks: "blk",
  turnovers: "tov",
  personalFouls: "pf",
};

/** Nothing of each statistic. Its copies have one form, which is quick to make and to read. */
export const NO_TOTALS = Object.fromEntries(STATISTICS.map((name) => [name, 0])) as Readonly<
  Record<Statistic, number>
>;

/** The sum of some totals: what none of them knows stays unknown. */
export function sumOf(all: Iterable<Totals>): Totals {
  // By place, as adding to fields by name takes twice the time.
  const sums = STATISTICS.map((): number | undefined => undefined);
  for (const totals of all) {
    for (let at = 0; at < STATISTICS.length; at++) {
      const value = totals[STATISTICS[at] as Statistic];
      if (value !== undefined) sums[at] = (sums[at] ?? 0) + value;
    }
  }
  const sum: Partial<Record<Statistic, number>> = sums.includes(undefined) ? {} : { ...NO_TOTALS };
  for (const [at, statistic] of STATISTICS.entries()) {
    if (sums[at] !== undefined) sum[statistic] = sums[at];
  }
  return sum;
}
