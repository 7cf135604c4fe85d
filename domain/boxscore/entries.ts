import type { TeamOnly, Totals } from "#domain/statistics";

/** What the owner of a game says of a player: the totals so far, and the line's place in order. */
export type LiveLine = {
  readonly teamId: string;
  /** Which owner of the game sent it, from 1. A line of a higher epoch is newer. */
  readonly epoch: number;
  /** The owner's number of the line, from 1. Within an epoch a higher one is newer. */
  readonly number: number;
  /**
   * When its last play happened, in ms since 1970: by the arena's clock, corrected where that is known to
   * be wrong. It decides no order.
   */
  readonly happenedAt: number;
  readonly totals: Totals;
  /** The totals per period, each period once; absent when nothing is known of periods. */
  readonly periods?: readonly PeriodTotals[];
};

/** One period of a game, and the totals in it alone. */
export type PeriodTotals = {
  /** From 1; 5 and above are overtimes. */
  readonly period: number;
  readonly totals: Totals;
};

/** What the owner of a game says of a team alone. */
export type LiveTeamLine = Omit<LiveLine, "teamId" | "totals" | "periods"> & {
  readonly totals: TeamOnly;
};

/** What the league publishes of a player once the game is over, or that it took that back. */
export type OfficialLine = {
  readonly teamId: string;
  /** A higher one is newer, whatever order they come in. */
  readonly revision: number;
  /** The counting statistics, without seconds; absent when withdrawn. */
  readonly totals: Totals | undefined;
};

/** How far a game has come. */
export type GameStatus = (typeof GAME_STATUSES)[number];

/** Every status, in the order in which a game has them. */
export const GAME_STATUSES = ["scheduled", "live", "final", "postponed"] as const;

/** What is known of a game beside its lines. A field that is absent is unknown. */
export type GameFacts = {
  /** Its day where it is played, as YYYY-MM-DD. */
  readonly date?: string;
  /** When it is planned to begin or began, in ms since 1970. */
  readonly tipOff?: number;
  readonly homeTeamId?: string;
  readonly awayTeamId?: string;
  readonly status?: GameStatus;
  /** From 1; 5 and above are overtimes. */
  readonly period?: number;
  /** What is left of the period, in ms. */
  readonly clockLeftMs?: number;
  /** The points of the team at home by the arena's scoreboard. */
  readonly homeScore?: number;
  /** The points of the visitors by the arena's scoreboard. */
  readonly awayScore?: number;
};

/** That a player of a team does not play in a game, and why. */
export type Absence = {
  readonly playerId: string;
  readonly teamId: string;
  /** Whether the player is not on the active list for the game. */
  readonly inactive: boolean;
  /** The league's own word for why, such as "INACTIVE_INJURY"; empty when it gives none. */
  readonly reason: string;
  /** More about it; empty when there is no more. */
  readonly description: string;
};

/** One entry of the journal, as far as the folds care. A quarantined line counts nowhere. */
export type Entry = { readonly gameId: string } & (
  | ({ readonly kind: "live"; readonly playerId: string; readonly line: LiveLine } & Held)
  | ({ readonly kind: "team"; readonly teamId: string; readonly line: LiveTeamLine } & Held)
  | { readonly kind: "quarantined"; readonly epoch: number; readonly number: number }
  | { readonly kind: "official"; readonly playerId: string; readonly line: OfficialLine }
  | {
      readonly kind: "game";
      readonly revision: number;
      readonly facts: GameFacts;
      /** Who does not play, as a whole; absent leaves what was known. */
      readonly didNotPlay?: readonly Absence[];
    }
);

/** Whether a line was held back once: it stands behind lines that are newer by its number. */
type Held = { readonly released?: true };
