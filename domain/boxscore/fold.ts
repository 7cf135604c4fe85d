import { COUNTING, type Totals } from "#domain/statistics";
import { isNewer } from "./deciding.ts";
import type { Absence, Entry, GameFacts, LiveLine, LiveTeamLine, OfficialLine } from "./entries.ts";
import { summedLine } from "./summed-line.ts";

/** All that is known of one player in one game: the newest live line and the newest official one. */
export type PlayerLines = {
  readonly live?: LiveLine;
  readonly official?: OfficialLine;
};

/** All that is known of one game. */
export type BoxScore = {
  /** The order of the facts: newer facts have a higher revision. 0 when none came. */
  readonly factsRevision: number;
  readonly facts: GameFacts;
  /** Who does not play, as was said last; absent when nothing was. {@link absencesOf} tells who did not. */
  readonly didNotPlay?: readonly Absence[];
  /** By player id. */
  readonly players: ReadonlyMap<string, PlayerLines>;
  /** What belongs to a team alone, by team id. */
  readonly teams: ReadonlyMap<string, LiveTeamLine>;
};

/** Box scores by game id. */
export type BoxScores = ReadonlyMap<string, BoxScore>;

/** The line of a player that counts in sums and boards. */
export type CountedLine = {
  readonly teamId: string;
  readonly totals: Totals;
  /** Whether an official line decides the counting statistics. */
  readonly official: boolean;
};

/** A game of which nothing is known. */
export const EMPTY_BOX_SCORE: BoxScore = {
  factsRevision: 0,
  facts: {},
  players: new Map(),
  teams: new Map(),
};

/**
 * The box scores of the games that the entries touch, as they are after them; other games are left
 * out. The order of the entries does not matter, nor does how often each comes: what counts is
 * decided by epoch, number and revision alone.
 */
export function foldBoxScores(before: BoxScores, entries: Iterable<Entry>): BoxScores {
  const after = new Map<string, Draft>();
  const sent = new Map<string, Set<string>>();
  for (const entry of entries) {
    if (entry.kind === "quarantined") continue;
    const { gameId } = entry;
    let draft = after.get(gameId);
    if (draft === undefined) {
      draft = draftOf(before.get(gameId) ?? EMPTY_BOX_SCORE);
      after.set(gameId, draft);
      sent.set(gameId, new Set());
    }
    apply(draft, entry);
    if (entry.kind === "live") sent.get(gameId)?.add(entry.playerId);
  }
  // Only the newest line of a player is brought into form: most of a batch is older ones.
  for (const [gameId, playerIds] of sent) {
    const players = after.get(gameId)?.players;
    const known = before.get(gameId)?.players;
    for (const playerId of playerIds) {
      const lines = players?.get(playerId);
      if (lines?.live === undefined || lines.live === known?.get(playerId)?.live) continue;
      players?.set(playerId, { ...lines, live: summedLine(lines.live) });
    }
  }
  return after;
}

/**
 * The line that counts for a player: the official counting statistics where there are any, with the
 * seconds of the newest live line; else that live line. Undefined if neither is there.
 */
export function countedLine({ live, official }: PlayerLines): CountedLine | undefined {
  if (official?.totals === undefined) {
    return live && { teamId: live.teamId, totals: live.totals, official: false };
  }
  const totals: Record<string, number> = {};
  const secondsPlayed = live?.totals.secondsPlayed;
  if (secondsPlayed !== undefined) totals.secondsPlayed = secondsPlayed;
  for (const statistic of COUNTING) {
    const value = official.totals[statistic];
    if (value !== undefined) totals[statistic] = value;
  }
  return { teamId: official.teamId, totals, official: true };
}

/** Who did not play, as far as that was said: nobody of whom a line counts. */
export function absencesOf({ didNotPlay = [], players }: BoxScore): Absence[] {
  return didNotPlay.filter(({ playerId }) => !countedLine(players.get(playerId) ?? {}));
}

/** The points of each team's players so far, by team id. */
export function pointsByTeam({ players }: BoxScore): Map<string, number> {
  const points = new Map<string, number>();
  for (const lines of players.values()) {
    const counted = countedLine(lines);
    if (counted === undefined) continue;
    const { teamId, totals } = counted;
    points.set(teamId, (points.get(teamId) ?? 0) + (totals.points ?? 0));
  }
  return points;
}

// A copy of one game that this room may still change; nobody outside has seen it.
type Draft = {
  factsRevision: number;
  facts: GameFacts;
  didNotPlay?: readonly Absence[];
  players: Map<string, PlayerLines>;
  teams: Map<string, LiveTeamLine>;
};

function draftOf({ players, teams, ...known }: BoxScore): Draft {
  return { ...known, players: new Map(players), teams: new Map(teams) };
}

function apply(draft: Draft, entry: Exclude<Entry, { kind: "quarantined" }>): void {
  switch (entry.kind) {
    case "live": {
      const known = draft.players.get(entry.playerId);
      if (known?.live && !isNewer(entry.line, known.live)) return;
      draft.players.set(entry.playerId, { ...known, live: entry.line });
      return;
    }
    case "team": {
      const known = draft.teams.get(entry.teamId);
      if (known && !isNewer(entry.line, known)) return;
      draft.teams.set(entry.teamId, entry.line);
      return;
    }
    case "official": {
      const known = draft.players.get(entry.playerId);
      if (known?.official && entry.line.revision <= known.official.revision) return;
      draft.players.set(entry.playerId, { ...known, official: entry.line });
      return;
    }
    case "game": {
      if (entry.revision <= draft.factsRevision) return;
      draft.factsRevision = entry.revision;
      draft.facts = { ...draft.facts, ...entry.facts };
      if (entry.didNotPlay !== undefined) draft.didNotPlay = entry.didNotPlay;
      return;
    }
  }
}
