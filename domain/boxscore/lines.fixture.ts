import type { Totals } from "#domain/statistics";
import type { Entry, GameFacts, PeriodTotals } from "./index.ts";

/** Where a line stands in its player's order, and what may differ from the usual. */
type Place = {
  readonly epoch?: number;
  readonly number?: number;
  readonly teamId?: string;
  readonly periods?: readonly PeriodTotals[];
};

/** A live line of a player in game "g1" for team "t1". */
export function liveOf(playerId: string, number: number, totals: Totals, place: Place = {}): Entry {
  const { epoch = 1, teamId = "t1", periods } = place;
  const line = { teamId, epoch, number, happenedAt: 1_000 * number, totals, periods };
  return { kind: "live", gameId: "g1", playerId, line };
}

/** An official line of a player in game "g1" for team "t1"; undefined totals withdraw it. */
export function officialOf(
  playerId: string,
  revision: number,
  totals: Totals | undefined,
  teamId = "t1",
): Entry {
  return { kind: "official", gameId: "g1", playerId, line: { teamId, revision, totals } };
}

/** A line of a team alone in game "g1". */
export function teamLineOf(teamId: string, number: number, teamTurnovers: number): Entry {
  const line = { epoch: 1, number, happenedAt: 1_000 * number, totals: { teamTurnovers } };
  return { kind: "team", gameId: "g1", teamId, line };
}

/** Facts of game "g1". */
export function factsOf(revision: number, facts: GameFacts): Entry {
  return { kind: "game", gameId: "g1", revision, facts };
}

/** Facts of game "g1" that say who does not play: players of team "t1", with a reason each. */
export function absentOf(revision: number, reasons: Readonly<Record<string, string>>): Entry {
  const didNotPlay = Object.entries(reasons).map(([playerId, reason]) => ({
    ...{ playerId, teamId: "t1", inactive: reason !== "", reason, description: "" },
  }));
  return { kind: "game", gameId: "g1", revision, facts: {}, didNotPlay };
}
