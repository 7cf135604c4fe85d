/** What the formulas weigh differently from league to league. */
export type Coefficients = {
  /** The name of these weights: another number after the stroke when any of them changes. */
  readonly version: string;
  /** How many possessions a free throw ends on average, by the simple estimate of possessions. */
  readonly freeThrowWeight: number;
  /** The same in the estimate that averages a team and its opponent. */
  readonly freeThrowWeightAveraged: number;
  /** What a miss that its own team rebounds takes off, in the averaged estimate. */
  readonly offensiveReboundWeight: number;
  /** The length of a game without overtime. */
  readonly regulationMinutes: number;
};

/** The players whom a team has on court, in every league here. */
export const ON_COURT = 5;

/**
 * The weights by league, under the names that slots have. Sources:
 *
 * - `nba`, `wnba`: Basketball-Reference, glossary: 0.44 (TS%, USG%, TOV%), 0.4 and 1.07 (Poss), 48
 *   minutes, "40 minutes is used in the calculation for the WNBA" (Pace).
 * - `ncaa`: Ken Pomeroy, "Stats Explained" (2005): 0.475 for the college game.
 * - `euroleague`: Hack a Stat, "Learn a stat: possessions and pace": 0.44 as in the NBA. Whether that
 *   fits the European game is disputed; what fits better gets a version of its own.
 */
export const COEFFICIENTS: ReadonlyMap<string, Coefficients> = new Map(
  Object.entries({
    nba: weights("nba/1", 0.44, 48),
    wnba: weights("wnba/1", 0.44, 40),
    ncaa: weights("ncaa/1", 0.475, 40),
    euroleague: weights("euroleague/1", 0.44, 40),
  }),
);

/** The weights of a league; undefined for one without: a guess would look like a fact. */
export function coefficientsOf(league: string): Coefficients | undefined {
  return COEFFICIENTS.get(league);
}

function weights(version: string, freeThrowWeight: number, minutes: number): Coefficients {
  return {
    version,
    freeThrowWeight,
    freeThrowWeightAveraged: 0.4,
    offensiveReboundWeight: 1.07,
    regulationMinutes: minutes,
  };
}
