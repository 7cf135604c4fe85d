import { LEADER_CATEGORIES, type LeaderCategory } from "#domain/metrics";
import { ABBREVIATIONS, STATISTICS, type Statistic } from "#domain/statistics";
import { Complaint } from "./shell.ts";

// Beside the abbreviations of the CSV files and the whole words.
const OTHER_NAMES: Readonly<Record<string, Statistic>> = {
  min: "secondsPlayed",
  minutes: "secondsPlayed",
  sec: "secondsPlayed",
  point: "points",
  fieldgoals: "fieldGoalsMade",
  "3pm": "threePointersMade",
  "3pa": "threePointersAttempted",
  tpm: "threePointersMade",
  tpa: "threePointersAttempted",
  threes: "threePointersMade",
  threepointers: "threePointersMade",
  threesmade: "threePointersMade",
  threesattempted: "threePointersAttempted",
  freethrows: "freeThrowsMade",
  orb: "offensiveRebounds",
  drb: "defensiveRebounds",
  rebound: "rebounds",
  trb: "rebounds",
  totalrebounds: "rebounds",
  assist: "assists",
  steal: "steals",
  block: "blocks",
  blockedshots: "blocks",
  turnover: "turnovers",
  to: "turnovers",
  fouls: "personalFouls",
};

const BY_NAME: ReadonlyMap<string, Statistic> = new Map([
  ...Object.entries(OTHER_NAMES),
  ...STATISTICS.map((statistic) => [normal(statistic), statistic] as const),
  ...STATISTICS.map((statistic) => [ABBREVIATIONS[statistic], statistic] as const),
]);

/** The headings that people know the categories by. */
export const CATEGORY_HEADINGS: Readonly<Record<LeaderCategory, string>> = {
  pointsPerGame: "PPG",
  reboundsPerGame: "RPG",
  offensiveReboundsPerGame: "ORPG",
  defensiveReboundsPerGame: "DRPG",
  assistsPerGame: "APG",
  stealsPerGame: "SPG",
  blocksPerGame: "BPG",
  threePointersMadePerGame: "3PMPG",
  minutesPerGame: "MPG",
  fieldGoalPercentage: "FG%",
  threePointPercentage: "3P%",
  freeThrowPercentage: "FT%",
  effectiveFieldGoalPercentage: "eFG%",
  trueShootingPercentage: "TS%",
  assistToTurnover: "AST/TO",
  stealToTurnover: "STL/TO",
  turnoverPercentage: "TOV%",
  usagePercentage: "USG%",
  gameScore: "GmSc",
  playerEfficiencyRating: "PER",
  pointsPer36: "PTS/36",
  reboundsPer36: "REB/36",
  assistsPer36: "AST/36",
  stealsPer36: "STL/36",
  blocksPer36: "BLK/36",
  doubleDoubles: "DD2",
  tripleDoubles: "TD3",
};

// A stroke or a percent sign tells FG% from FG, so that they are kept here.
const CATEGORY_BY_NAME: ReadonlyMap<string, LeaderCategory> = new Map(
  LEADER_CATEGORIES.flatMap((category) => {
    const heading = CATEGORY_HEADINGS[category].toLowerCase();
    const names = [heading, heading.replace("%", "pct"), normal(category)];
    return names.map((name) => [name, category] as const);
  }),
);

/** What players are ranked by: a statistic's total, or what is derived of totals. */
export type Ranking = { readonly statistic: Statistic } | { readonly category: LeaderCategory };

/**
 * What a person wants players to be ranked by: "FG%", "ppg", "true shooting percentage", or a statistic
 * as {@link statisticNamed} knows it. A complaint lists what there is.
 */
export function rankingNamed(name: string): Ranking {
  const category = CATEGORY_BY_NAME.get(name.toLowerCase().replaceAll(/[^a-z0-9%/]/g, ""));
  if (category !== undefined) return { category };
  const statistic = BY_NAME.get(normal(name));
  if (statistic !== undefined) return { statistic };
  const names = STATISTICS.map((one) => ABBREVIATIONS[one]);
  const categories = Object.values(CATEGORY_HEADINGS);
  throw new Complaint(
    `"${name}" is nothing that players are ranked by; there are the totals ${names.join(", ")} ` +
      `and, derived of them, ${categories.join(", ")}.`,
  );
}

/**
 * The statistic that a person names: "pts", "points", "three pointers made", "field-goals-made". Case
 * and what stands between the words do not matter. A complaint lists those that exist.
 */
export function statisticNamed(name: string): Statistic {
  const statistic = BY_NAME.get(normal(name));
  if (statistic !== undefined) return statistic;
  const names = STATISTICS.map((one) => `${ABBREVIATIONS[one]} (${wordsOf(one)})`);
  throw new Complaint(`"${name}" is not a statistic; there are ${names.join(", ")}.`);
}

/** A statistic or category in whole words: "three pointers made", "points per 36". */
export function wordsOf(name: Statistic | LeaderCategory): string {
  return name.replaceAll(/[A-Z]|\d+/g, (part) => ` ${part.toLowerCase()}`);
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
