import { ratio } from "./known.ts";

/** A game that is over. */
export type FinalScore = {
  readonly gameId: string;
  /** Its day where it was played, as YYYY-MM-DD. */
  readonly date: string;
  readonly homeTeamId: string;
  readonly awayTeamId: string;
  readonly homeScore: number;
  readonly awayScore: number;
};

/** Games won and lost. */
export type WinLoss = { readonly wins: number; readonly losses: number };

/** The games that a team has won, or lost, in a row up to its last. */
export type Streak = { readonly result: "won" | "lost"; readonly games: number };

/** A team's row in the table of its league. */
export type TeamStanding = WinLoss & {
  readonly teamId: string;
  /** Games won of those played, from 0 to 1; undefined before the first. */
  readonly percentage: number | undefined;
  /** How far behind the first team; negative where that one has played far fewer games. */
  readonly gamesBehind: number;
  /** Undefined before the first game. */
  readonly streak: Streak | undefined;
  readonly home: WinLoss;
  readonly away: WinLoss;
  readonly pointsFor: number;
  readonly pointsAgainst: number;
};

const NO_GAMES: WinLoss = { wins: 0, losses: 0 };

/**
 * The table of some teams, best first. It has each team that plays in a game, and those of
 * `teamIds`.
 *
 * Teams are in the order of winning percentage; teams without a game come last. Tied teams are put
 * in order by the first of these that separates any of them, beginning anew with those still tied:
 * 1. winning percentage in the games among the tied teams, once each has played one of these;
 * 2. points scored less points allowed, in all games;
 * 3. team id, so that the order is always the same.
 * That is the league's procedure without what asks for divisions, conferences or playoff places.
 *
 * Each game is given once, in any order. One with equal scores is not over, and counts nowhere.
 * Version 1. Source: NBA, "Playoff Tie-Break Procedures", b(1), b(6) and c(2) of the playoff
 * picture.
 */
export function teamStandings(
  games: Iterable<FinalScore>,
  teamIds: Iterable<string> = [],
): TeamStanding[] {
  const decided = [...games].filter(({ homeScore, awayScore }) => homeScore !== awayScore);
  decided.sort(byDay);
  const tallies = new Map<string, Tally>([...teamIds].map((teamId) => [teamId, newTally(teamId)]));
  for (const game of decided) {
    for (const result of resultsOf(game)) {
      const tally = tallies.get(result.teamId) ?? newTally(result.teamId);
      tallies.set(result.teamId, withResult(tally, result));
    }
  }
  const inOrder = apart([...tallies.values()], winningPercentage).flatMap((tied) =>
    untied(tied, decided),
  );
  const [first] = inOrder;
  return inOrder.map((tally) => ({
    ...tally,
    percentage: winningPercentage(tally),
    gamesBehind: first === undefined ? 0 : gamesBehind(tally, first),
  }));
}

/**
 * How many games a team is behind another: ((other W − W) + (L − other L)) / 2.
 * Version 1. Source: Basketball-Reference, glossary, GB.
 */
export function gamesBehind(team: WinLoss, first: WinLoss): number {
  return (first.wins - team.wins + (team.losses - first.losses)) / 2;
}

/**
 * Games won of those played, from 0 to 1: W / (W + L); undefined before the first.
 * Version 1. Source: Basketball-Reference, glossary, W-L%.
 */
export function winningPercentage({ wins, losses }: WinLoss): number | undefined {
  return ratio(wins, wins + losses);
}

type Tally = Omit<TeamStanding, "percentage" | "gamesBehind">;

type Result = {
  readonly teamId: string;
  readonly at: "home" | "away";
  readonly scored: number;
  readonly allowed: number;
};

function newTally(teamId: string): Tally {
  const nothing = { ...NO_GAMES, home: NO_GAMES, away: NO_GAMES, streak: undefined };
  return { teamId, ...nothing, pointsFor: 0, pointsAgainst: 0 };
}

function resultsOf({ homeTeamId, awayTeamId, homeScore, awayScore }: FinalScore): Result[] {
  return [
    { teamId: homeTeamId, at: "home", scored: homeScore, allowed: awayScore },
    { teamId: awayTeamId, at: "away", scored: awayScore, allowed: homeScore },
  ];
}

function withResult(tally: Tally, { at, scored, allowed }: Result): Tally {
  const result = scored > allowed ? "won" : "lost";
  const longer = tally.streak?.result === result ? tally.streak.games + 1 : 1;
  return {
    ...tally,
    ...counted(tally, result),
    [at]: counted(tally[at], result),
    streak: { result, games: longer },
    pointsFor: tally.pointsFor + scored,
    pointsAgainst: tally.pointsAgainst + allowed,
  };
}

function counted({ wins, losses }: WinLoss, result: Streak["result"]): WinLoss {
  return result === "won" ? { wins: wins + 1, losses } : { wins, losses: losses + 1 };
}

// A team plays at most once a day; game ids only make the order of a day's games certain.
function byDay(one: FinalScore, other: FinalScore): number {
  return compare(one.date, other.date) || compare(one.gameId, other.gameId);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Teams tied so far, in their final order. */
function untied(teams: readonly Tally[], games: readonly FinalScore[]): Tally[] {
  if (teams.length === 1) return [...teams];
  const among = recordsAmong(teams, games);
  const met = teams.every(({ teamId }) => among.has(teamId));
  const byMeetings = met
    ? apart(teams, ({ teamId }) => winningPercentage(among.get(teamId) ?? NO_GAMES))
    : [];
  const parts =
    byMeetings.length > 1
      ? byMeetings
      : apart(teams, ({ pointsFor, pointsAgainst }) => pointsFor - pointsAgainst);
  if (parts.length > 1) return parts.flatMap((part) => untied(part, games));
  return teams.toSorted((one, other) => compare(one.teamId, other.teamId));
}

/** What the teams won and lost against each other, without those that met none of the others. */
function recordsAmong(
  teams: readonly Tally[],
  games: readonly FinalScore[],
): ReadonlyMap<string, WinLoss> {
  const tied = new Set(teams.map(({ teamId }) => teamId));
  const records = new Map<string, WinLoss>();
  for (const game of games) {
    if (!tied.has(game.homeTeamId) || !tied.has(game.awayTeamId)) continue;
    for (const { teamId, scored, allowed } of resultsOf(game)) {
      const result = scored > allowed ? "won" : "lost";
      records.set(teamId, counted(records.get(teamId) ?? NO_GAMES, result));
    }
  }
  return records;
}

/** Teams in groups of equal worth, the best group first; unknown worth comes last. */
function apart(teams: readonly Tally[], worth: (team: Tally) => number | undefined): Tally[][] {
  const groups = Map.groupBy(teams, (team) => worth(team) ?? Number.NEGATIVE_INFINITY);
  return [...groups].sort(([one], [other]) => other - one).map(([, group]) => group);
}
