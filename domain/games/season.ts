/** A part of a season whose games are counted together, by the name that people type. */
export type SeasonType = (typeof SEASON_TYPES)[number];

/** Every season type, in the order in which a season has them. */
export const SEASON_TYPES = ["preseason", "regular", "cup-final", "play-in", "playoffs"] as const;

const TYPE_BY_PREFIX: Readonly<Record<string, SeasonType>> = {
  "001": "preseason",
  "002": "regular",
  "004": "playoffs",
  "005": "play-in",
  "006": "cup-final",
};

const GAME_ID = /^(\d{3})(\d{2})\d{5}$/;

/**
 * The part of the season that the league's own game id names: its first three digits. Undefined for
 * an id of another form or prefix (003 is the all-star game, which counts nowhere).
 */
export function seasonTypeOf(gameId: string): SeasonType | undefined {
  const prefix = GAME_ID.exec(gameId)?.[1];
  return prefix === undefined ? undefined : TYPE_BY_PREFIX[prefix];
}

/**
 * The season that the league's own game id names by the year of its beginning, digits 4 and 5:
 * "0022300061" is of "2023-24". Undefined for an id of another form.
 */
export function seasonOf(gameId: string): string | undefined {
  const digits = GAME_ID.exec(gameId)?.[2];
  if (digits === undefined) return undefined;
  // The league began in 1946, so 46 to 99 are of the last century.
  const begins = Number(digits) + (Number(digits) < 46 ? 2000 : 1900);
  return seasonEndingIn(begins + 1);
}

/** The season by its two calendar years, from the year it ends in: 2024 is "2023-24". */
export function seasonEndingIn(year: number): string {
  return `${year - 1}-${String(year % 100).padStart(2, "0")}`;
}
