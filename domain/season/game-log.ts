import { type BoxScore, type CountedLine, countedLine, type GameFacts } from "#domain/boxscore";
import type { Totals } from "#domain/statistics";
import { EMPTY_SIDE, plusSide, type Side, tallyOfLines, teamOnlyOf } from "./tally.ts";

/** What a row of a game log tells of its game. */
export type LoggedGame = {
  readonly gameId: string;
  readonly facts: GameFacts;
  /** The points of each team's players so far, by team id. */
  readonly points: ReadonlyMap<string, number>;
};

/** A row of a player's game log: a game in which a line of the player counts. */
export type PlayerGame = LoggedGame & { readonly line: CountedLine };

/** A row of a team's game log: a game of which something was counted for the team. */
export type TeamGame = LoggedGame & BothSides;

/** A game as one of its teams sees it. */
export type BothSides = {
  readonly own: Side;
  /** The other teams of the game, summed: one in a real game. */
  readonly opponents: Side;
};

/** What a game was for one of its teams. */
export type SeenGame = {
  /** The other team, where that is known. */
  readonly opponentId: string | undefined;
  /** Whether it was at home; undefined where that is not known. */
  readonly atHome: boolean | undefined;
  /** The points of its players so far, and of the opponent's. */
  readonly points: number;
  readonly opponentPoints: number;
  /** Undefined before the end, and where the opponent is not known. */
  readonly result: "won" | "lost" | undefined;
};

/**
 * What a game was for a team. Where the facts do not name both sides, the opponent is the only other
 * team that has points. A final game whose points are equal, as one that was broken off, has no result.
 */
export function asSeenBy(teamId: string, { facts, points }: Omit<LoggedGame, "gameId">): SeenGame {
  const { homeTeamId, awayTeamId, status } = facts;
  const others = [...points.keys()].filter((other) => other !== teamId);
  const named = teamId === homeTeamId ? awayTeamId : homeTeamId;
  const atHome = teamId === homeTeamId ? true : teamId === awayTeamId ? false : undefined;
  const opponentId =
    (atHome === undefined ? undefined : named) ?? (others.length === 1 ? others[0] : undefined);
  const own = points.get(teamId) ?? 0;
  const theirs = points.get(opponentId ?? "") ?? 0;
  const isDecided = status === "final" && opponentId !== undefined && own !== theirs;
  const result = isDecided ? (own > theirs ? "won" : "lost") : undefined;
  return { opponentId, atHome, points: own, opponentPoints: theirs, result };
}

/** What {@link sidesOf} has answered: a box score never changes, and is asked of more than once. */
const ANSWERED = new WeakMap<BoxScore, ReadonlyMap<string, BothSides>>();

/** A game as each of its teams sees it, by team id. */
export function sidesOf(box: BoxScore): ReadonlyMap<string, BothSides> {
  const known = ANSWERED.get(box);
  if (known !== undefined) return known;
  const sides = bothSides(ownSidesOf(box));
  ANSWERED.set(box, sides);
  return sides;
}

function ownSidesOf(box: BoxScore): Map<string, Side> {
  const lines = new Map<string, Totals[]>();
  for (const counted of box.players.values().map(countedLine)) {
    if (counted === undefined) continue;
    const ofTeam = lines.get(counted.teamId);
    if (ofTeam === undefined) lines.set(counted.teamId, [counted.totals]);
    else ofTeam.push(counted.totals);
  }
  const own = new Map<string, Side>();
  // A team has played a game once any of its players has a line in it.
  for (const [teamId, totals] of lines) {
    own.set(teamId, { ...EMPTY_SIDE, players: tallyOfLines(totals, 1) });
  }
  for (const [teamId, { totals }] of box.teams) {
    own.set(teamId, { ...(own.get(teamId) ?? EMPTY_SIDE), team: teamOnlyOf(totals) });
  }
  return own;
}

/** The sides of a game, each with those that it played against. */
export function bothSides(own: ReadonlyMap<string, Side>): Map<string, BothSides> {
  const sides = new Map<string, BothSides>();
  for (const [teamId, side] of own) {
    let opponents = EMPTY_SIDE;
    for (const [other, theirs] of own)
      if (other !== teamId) opponents = plusSide(opponents, theirs);
    sides.set(teamId, { own: side, opponents });
  }
  return sides;
}
