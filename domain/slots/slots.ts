/** A part of a season whose games are counted together. */
export type SeasonType = "preseason" | "regular" | "playoffs" | "play-in" | "cup-final";

/** One season of one league. Only like counts with like. */
export type Season = {
  /** The league, e.g. "nba". */
  readonly league: string;
  /** Its two calendar years, e.g. "2023-24". */
  readonly season: string;
  readonly type: SeasonType;
};

/** The name of one ordered log and of all that is folded from it, e.g. "nba:2023-24:regular". */
export type Slot = string;

/** The slot of a season. */
export function slotOf({ league, season, type }: Season): Slot {
  return `${league}:${season}:${type}`;
}
