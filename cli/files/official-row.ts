import type { Counting } from "#domain/statistics";

/** One player in one game as the league published it. */
export type OfficialRow = {
  readonly playerId: string;
  readonly teamId: string;
  /** As the file spells it; absent when the file has no such column. */
  readonly playerName?: string;
  /** Whole minutes, rounded half up; absent when the file has no such column. */
  readonly minutes?: number;
  /** The fifteen counting statistics. */
  readonly totals: Readonly<Record<Counting, number>>;
};
