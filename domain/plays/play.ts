/** A moment of a game: what is left of a period. */
export type GameClock = {
  /** From 1; 5 and above are overtimes. */
  readonly period: number;
  /** What is left of the period, in whole milliseconds. */
  readonly clockLeftMs: number;
};

/** One event of the league's play-by-play feed, with the fields that count. Ids are the league's. */
export type Play = GameClock & {
  /** The place in the order in which the scorers entered events; unique in a game, with gaps. */
  readonly actionNumber: number;
  /** The place in the order in which plays happened, where the feed says it. */
  readonly orderNumber?: number;
  /** When it happened by the wall clock, in milliseconds since the epoch, where the feed says it. */
  readonly happenedAt?: number;
  /** What it is: 2pt, 3pt, freethrow, rebound, steal, block, turnover, foul, substitution, … */
  readonly action: string;
  /** The feed's own words, which hold the running counters: "(Off:1 Def:3)", "(2 PF)". */
  readonly description: string;
  /** Empty for what no team does, such as the end of a period. */
  readonly teamId: string;
  /** Who acted; absent when the team or its bench did. A coach has an id too. */
  readonly playerId?: string;
  /** True for a shot or free throw that went in. */
  readonly made: boolean;
  /** Who passed to the maker of the shot. */
  readonly assisterId?: string;
  /** Who is on court, both teams together; after a substitution: as it was entered. */
  readonly onCourt: readonly string[];
  /** The score after the play, in game order. */
  readonly score: { readonly home: number; readonly away: number };
};

const PERIODS_REGULAR = 4;
const PERIOD_MS = 12 * 60_000;
const OVERTIME_MS = 5 * 60_000;

/** The moment at which a game begins. */
export const TIP_OFF: GameClock = { period: 1, clockLeftMs: PERIOD_MS };

/** How much of the game's own clock has run, in milliseconds: 4 periods of 12 minutes, overtimes of 5. */
export function elapsedMs({ period, clockLeftMs }: GameClock): number {
  const regular = Math.min(period, PERIODS_REGULAR) * PERIOD_MS;
  return regular + Math.max(0, period - PERIODS_REGULAR) * OVERTIME_MS - clockLeftMs;
}

/** The plays in the order in which they were entered: what a live reader sees. */
export function inEntryOrder(plays: readonly Play[]): Play[] {
  return plays.toSorted((a, b) => a.actionNumber - b.actionNumber);
}

/** The plays in the order in which they happened. About 1.4 % are entered later than that. */
export function inGameOrder<Placed extends Omit<Play, "onCourt">>(
  plays: readonly Placed[],
): Placed[] {
  return plays.toSorted(
    (a, b) =>
      (a.orderNumber ?? 0) - (b.orderNumber ?? 0) ||
      a.period - b.period ||
      b.clockLeftMs - a.clockLeftMs ||
      a.actionNumber - b.actionNumber,
  );
}
