import { STATISTICS, type Statistic, type Totals } from "#domain/statistics";

/** A rule that some totals break. */
export type BrokenRule = {
  /** The statistic at fault, or the first one of those that contradict each other. */
  readonly statistic: Statistic;
  /** What is wrong, as a sentence. */
  readonly description: string;
};

/** The most that a league takes for possible of a statistic in one game. What is absent has no limit. */
export type LineLimits = Readonly<Partial<Record<Statistic, number>>>;

/** Of each pair the first is a part of the second. */
const PARTS: readonly (readonly [part: Statistic, whole: Statistic])[] = [
  ["fieldGoalsMade", "fieldGoalsAttempted"],
  ["threePointersMade", "threePointersAttempted"],
  ["freeThrowsMade", "freeThrowsAttempted"],
  ["threePointersMade", "fieldGoalsMade"],
  ["threePointersAttempted", "fieldGoalsAttempted"],
];

/**
 * The rules of a box score that the totals of one player in one game break; none where a statistic
 * that a rule speaks of is unknown.
 *
 * Points are 2 × two-pointers + 3 × three-pointers + free throws made; none is made that was not
 * attempted; three-pointers are field goals; rebounds are the offensive and the defensive ones.
 * Source: NBA Official Rules, Statisticians' Manual; the same in FIBA's.
 */
export function brokenRules(totals: Totals, limits: LineLimits = {}): BrokenRule[] {
  const broken: BrokenRule[] = [];
  const { points, fieldGoalsMade, threePointersMade, freeThrowsMade } = totals;
  if (
    points !== undefined &&
    fieldGoalsMade !== undefined &&
    threePointersMade !== undefined &&
    freeThrowsMade !== undefined
  ) {
    const scored =
      2 * (fieldGoalsMade - threePointersMade) + 3 * threePointersMade + freeThrowsMade;
    if (points !== scored) {
      const description = `must be ${scored} by the field goals, three-pointers and free throws made`;
      broken.push({ statistic: "points", description });
    }
  }
  for (const [part, whole] of PARTS) {
    const some = totals[part];
    const all = totals[whole];
    if (some !== undefined && all !== undefined && some > all) {
      broken.push({
        statistic: part,
        description: `must not be more than ${all}, ${named(whole)}`,
      });
    }
  }
  const { rebounds, offensiveRebounds, defensiveRebounds } = totals;
  if (
    rebounds !== undefined &&
    offensiveRebounds !== undefined &&
    defensiveRebounds !== undefined &&
    rebounds !== offensiveRebounds + defensiveRebounds
  ) {
    const sum = offensiveRebounds + defensiveRebounds;
    const description = `must be ${sum}, offensive and defensive ones together`;
    broken.push({ statistic: "rebounds", description });
  }
  for (const statistic of STATISTICS) {
    const value = totals[statistic];
    const limit = limits[statistic];
    if (value !== undefined && limit !== undefined && value > limit) {
      const description = `must not be more than ${limit}, the limit of the league`;
      broken.push({ statistic, description });
    }
  }
  return broken;
}

/** `fieldGoalsAttempted` as people say it. */
function named(statistic: Statistic): string {
  return statistic.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
