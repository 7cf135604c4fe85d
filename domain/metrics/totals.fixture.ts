import fc from "fast-check";
import type { Statistic, Totals } from "#domain/statistics";

const count = (max: number) => fc.nat({ max });

/** Totals that a game could have: points and rebounds add up, no more is made than attempted. */
export const totals: fc.Arbitrary<Readonly<Record<Statistic, number>>> = fc
  .record({
    secondsPlayed: count(14_400),
    twos: count(60),
    threes: count(30),
    missedTwos: count(60),
    missedThrees: count(40),
    free: count(40),
    missedFree: count(20),
    offensiveRebounds: count(30),
    defensiveRebounds: count(60),
    assists: count(50),
    steals: count(20),
    blocks: count(20),
    turnovers: count(40),
    personalFouls: count(40),
  })
  .map(({ twos, threes, missedTwos, missedThrees, free, missedFree, ...others }) => ({
    ...others,
    points: 2 * twos + 3 * threes + free,
    fieldGoalsMade: twos + threes,
    fieldGoalsAttempted: twos + threes + missedTwos + missedThrees,
    threePointersMade: threes,
    threePointersAttempted: threes + missedThrees,
    freeThrowsMade: free,
    freeThrowsAttempted: free + missedFree,
    rebounds: others.offensiveRebounds + others.defensiveRebounds,
  }));

/** The same with any of the statistics unknown. */
export const partlyKnown: fc.Arbitrary<Totals> = fc
  .tuple(totals, fc.infiniteStream(fc.boolean()))
  .map(([all, kept]) =>
    Object.fromEntries(Object.entries(all).filter(() => kept.next().value === true)),
  );
