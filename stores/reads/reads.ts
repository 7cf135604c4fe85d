import type { BoxScore } from "#domain/boxscore";
import type { Moment } from "#domain/history";
import type { Standing } from "#domain/ranking";
import type {
  LoggedGame,
  PlayerGame,
  PlayerSeason,
  SeasonTotals,
  TeamGame,
  TeamSeason,
  Window,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import type { Progress } from "#runtime/positions";

/** What was found in a slot at one moment, and how far the store had come in it then. */
export type Found<Value, Reached extends StoreProgress = StoreProgress> = {
  /** How far the store itself had come, where the answer reflects less: that of an earlier moment. */
  readonly reached?: Reached;
  /** What the answer reflects. Undefined when the store has nothing of the slot. */
  readonly cursor: Reached | undefined;
  readonly value: Value;
};

/** How far a store has come in a slot. */
export type StoreProgress = Progress & {
  /** When the last entry that it reflects was recorded, in ms since 1970. */
  readonly recordedAt: number;
};

/** A game in a list: its facts, and the points of each team's players so far. */
export type GameInList = Omit<LoggedGame, "gameId">;

/** The past of every season. */
export type History<Reached extends StoreProgress = StoreProgress> = {
  /** A season as it was at a moment; nothing that was recorded later is in it. */
  at(moment: Moment): PastReads<Reached>;
};

/** A season as it was at a moment, and its boards by window. */
export type PastReads<Reached extends StoreProgress = StoreProgress> = SeasonReads<Reached> & {
  /** The whole board of a window: the players with a game in it, best first, then by id. */
  windowBoard(
    slot: Slot,
    statistic: Statistic,
    window: Window,
  ): Promise<Found<Standing[], Reached>>;
};

/** A season as readers see it, whichever store answers. Each call reads at one moment. */
export type SeasonReads<Reached extends StoreProgress = StoreProgress> = {
  /** How far the store has come, and nothing else. */
  progress(slot: Slot): Promise<Found<undefined, Reached>>;
  game(slot: Slot, gameId: string): Promise<Found<BoxScore | undefined, Reached>>;
  /** All games of the slot by id. */
  games(slot: Slot): Promise<Found<ReadonlyMap<string, GameInList>, Reached>>;
  /** In the order asked for; undefined for a player without a line that counts. */
  players(
    slot: Slot,
    playerIds: readonly string[],
  ): Promise<Found<(PlayerSeason | undefined)[], Reached>>;
  team(slot: Slot, teamId: string): Promise<Found<TeamSeason | undefined, Reached>>;
  /** Every player of whom a line counts, and every team. */
  totals(slot: Slot): Promise<Found<SeasonTotals, Reached>>;
  /** Players' game logs, in the order asked for; each in no order, and empty where no line counts. */
  playerGames(slot: Slot, playerIds: readonly string[]): Promise<Found<PlayerGame[][], Reached>>;
  /** A team's game log, in no order. */
  teamGames(slot: Slot, teamId: string): Promise<Found<TeamGame[], Reached>>;
  /** A stretch of a board, best first; `from` is the 0-based place of its first row. */
  standings(
    slot: Slot,
    statistic: Statistic,
    from: number,
    count: number,
  ): Promise<Found<{ readonly total: number; readonly rows: Standing[] }, Reached>>;
  /** In the order asked for; undefined for a member who is not on the board. */
  standingsOf(
    slot: Slot,
    statistic: Statistic,
    members: readonly string[],
  ): Promise<Found<(Standing | undefined)[], Reached>>;
  /** The rows around a member, up to `eachSide` on each side; none when the member is not there. */
  standingsAround(
    slot: Slot,
    statistic: Statistic,
    member: string,
    eachSide: number,
  ): Promise<Found<Standing[], Reached>>;
};
