import { SEASON_TYPES, type SeasonType, seasonOf, seasonTypeOf } from "#domain/games";

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

/** The season of a slot's name; undefined for a name of another form. */
export function seasonOfSlot(slot: Slot): Season | undefined {
  const [league, season, type] = slot.split(":");
  const known = SEASON_TYPES.find((one) => one === type);
  if (!league || !season || known === undefined) return undefined;
  return { league, season, type: known };
}

/** The season that a game's own id names; undefined where the league's rule does not tell. */
export function seasonOfGame(league: string, gameId: string): Season | undefined {
  if (league !== "nba") return undefined;
  const season = seasonOf(gameId);
  const type = seasonTypeOf(gameId);
  return season === undefined || type === undefined ? undefined : { league, season, type };
}
