import { ABBREVIATIONS, STATISTICS, type Statistic } from "#domain/statistics";
import { Statistic as Ranked } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { Complaint } from "./shell.ts";

/** The statistic of each board. */
export const RANKED: Readonly<Record<Statistic, Ranked>> = {
  secondsPlayed: Ranked.SECONDS_PLAYED,
  points: Ranked.POINTS,
  fieldGoalsMade: Ranked.FIELD_GOALS_MADE,
  fieldGoalsAttempted: Ranked.FIELD_GOALS_ATTEMPTED,
  threePointersMade: Ranked.THREE_POINTERS_MADE,
  threePointersAttempted: Ranked.THREE_POINTERS_ATTEMPTED,
  freeThrowsMade: Ranked.FREE_THROWS_MADE,
  freeThrowsAttempted: Ranked.FREE_THROWS_ATTEMPTED,
  offensiveRebounds: Ranked.OFFENSIVE_REBOUNDS,
  defensiveRebounds: Ranked.DEFENSIVE_REBOUNDS,
  rebounds: Ranked.REBOUNDS,
  assists: Ranked.ASSISTS,
  steals: Ranked.STEALS,
  blocks: Ranked.BLOCKS,
  turnovers: Ranked.TURNOVERS,
  personalFouls: Ranked.PERSONAL_FOULS,
};

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
