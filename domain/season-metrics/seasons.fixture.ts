import { type Entry, foldBoxScores } from "#domain/boxscore";
import { EMPTY_TALLY, foldSeason, type SeasonTotals, type Tally } from "#domain/season";
import { STATISTICS, type Totals } from "#domain/statistics";

/** What a player did in a game. */
export type Played = {
  readonly gameId: string;
  readonly teamId: string;
  readonly playerId: string;
  readonly totals: Totals;
};

/** The season of some lines. */
export function seasonOf(lines: readonly Played[]): SeasonTotals {
  const entries = lines.map(({ gameId, teamId, playerId, totals }, at): Entry => {
    const line = { teamId, epoch: 1, number: at + 1, happenedAt: at, totals };
    return { kind: "live", gameId, playerId, line };
  });
  const nothing = { players: new Map(), teams: new Map() };
  return foldSeason(nothing, new Map(), foldBoxScores(new Map(), entries));
}

/** Totals of so many games, of which what is left out is unknown. */
export function tallyOf(totals: Totals, games: number): Tally {
  const missing = STATISTICS.filter((name) => totals[name] === undefined);
  return {
    ...EMPTY_TALLY,
    games,
    totals: { ...EMPTY_TALLY.totals, ...totals },
    unknown: Object.fromEntries(missing.map((name) => [name, games])),
  };
}
