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

/** The statistic in whole words: "three pointers made". */
export function wordsOf(statistic: Statistic): string {
  return statistic.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
