import { type BoxScore, type BoxScores, countedLine, EMPTY_BOX_SCORE } from "#domain/boxscore";
import {
  STATISTICS,
  type Statistic,
  TEAM_STATISTICS,
  type TeamStatistic,
  type Totals,
} from "#domain/statistics";

/** Sums over games. Every statistic is there; one that a line does not know counted 0. */
export type Tally = {
  /** Games with a line that counts. */
  readonly games: number;
  readonly totals: Readonly<Record<Statistic, number>>;
};

/** A player's season: over all teams, and per team for which a line counts. */
export type PlayerSeason = {
  readonly all: Tally;
  /** By team id. A team without a game left is not in it. */
  readonly byTeam: ReadonlyMap<string, Tally>;
};

/** A team's season: the sum of its players' lines, and what belongs to the team alone. */
export type TeamSeason = {
  readonly players: Tally;
  readonly team: Readonly<Record<TeamStatistic, number>>;
};

/** The seasons of some players and teams, by id. */
export type SeasonTotals = {
  readonly players: ReadonlyMap<string, PlayerSeason>;
  readonly teams: ReadonlyMap<string, TeamSeason>;
};

/** The sums over no game. */
export const EMPTY_TALLY: Tally = { games: 0, totals: zeros(STATISTICS) };

/** The season of a player without a line. */
export const EMPTY_PLAYER_SEASON: PlayerSeason = { all: EMPTY_TALLY, byTeam: new Map() };

/** The season of a team without a line. */
export const EMPTY_TEAM_SEASON: TeamSeason = {
  players: EMPTY_TALLY,
  team: zeros(TEAM_STATISTICS),
};

/** The players and teams whose seasons a change of these games may touch. */
export function touchedBy(
  before: BoxScores,
  after: BoxScores,
): { players: Set<string>; teams: Set<string> } {
  const players = new Set<string>();
  const teams = new Set<string>();
  for (const boxes of [before, after]) {
    for (const gameId of after.keys()) {
      const box = boxes.get(gameId);
      if (box === undefined) continue;
      for (const [playerId, lines] of box.players) {
        // Most of a game's lines are the very objects that they were: only moved ones matter.
        const other = (boxes === before ? after : before).get(gameId)?.players.get(playerId);
        if (other === lines) continue;
        players.add(playerId);
        const counted = countedLine(lines);
        if (counted) teams.add(counted.teamId);
      }
      for (const teamId of box.teams.keys()) teams.add(teamId);
    }
  }
  return { players, teams };
}

/**
 * The seasons that change when the games in `after` replace those in `before`: the difference of
 * each line is taken from the team that it named and given to the one that it names. `totals` holds
 * what {@link touchedBy} names, as it was with `before`; what is not in it counted nothing yet.
 */
export function foldSeason(
  totals: SeasonTotals,
  before: BoxScores,
  after: BoxScores,
): SeasonTotals {
  const players = new Map<string, PlayerSeason>();
  const teams = new Map<string, TeamSeason>();
  const playerOf = (id: string) => players.get(id) ?? totals.players.get(id) ?? EMPTY_PLAYER_SEASON;
  const teamOf = (id: string) => teams.get(id) ?? totals.teams.get(id) ?? EMPTY_TEAM_SEASON;

  for (const [gameId, now] of after) {
    const was = before.get(gameId) ?? EMPTY_BOX_SCORE;
    for (const playerId of new Set([...was.players.keys(), ...now.players.keys()])) {
      const old = was.players.get(playerId);
      const fresh = now.players.get(playerId);
      if (old === fresh) continue;
      for (const [lines, sign] of [
        [old, -1],
        [fresh, 1],
      ] as const) {
        const counted = lines && countedLine(lines);
        if (!counted) continue;
        const { teamId, totals: line } = counted;
        players.set(playerId, moved(playerOf(playerId), teamId, line, sign));
        const team = teamOf(teamId);
        teams.set(teamId, { ...team, players: added(team.players, line, sign, 0) });
      }
    }
    for (const [teamId, change] of gamesPlayedChange(was, now)) {
      const team = teamOf(teamId);
      teams.set(teamId, { ...team, players: added(team.players, {}, 1, change) });
    }
    for (const teamId of new Set([...was.teams.keys(), ...now.teams.keys()])) {
      const old = was.teams.get(teamId);
      const fresh = now.teams.get(teamId);
      if (old === fresh) continue;
      const season = teamOf(teamId);
      const team = { ...season.team };
      for (const statistic of TEAM_STATISTICS) {
        team[statistic] += (fresh?.totals[statistic] ?? 0) - (old?.totals[statistic] ?? 0);
      }
      teams.set(teamId, { ...season, team });
    }
  }
  return { players, teams };
}

function moved(season: PlayerSeason, teamId: string, line: Totals, sign: 1 | -1): PlayerSeason {
  const byTeam = new Map(season.byTeam);
  const tally = added(byTeam.get(teamId) ?? EMPTY_TALLY, line, sign, sign);
  if (tally.games === 0) byTeam.delete(teamId);
  else byTeam.set(teamId, tally);
  return { all: added(season.all, line, sign, sign), byTeam };
}

/** A tally with a line added or taken away, and so many games. */
export function added(tally: Tally, line: Totals, sign: 1 | -1, games: number): Tally {
  const totals = { ...tally.totals };
  for (const statistic of STATISTICS) totals[statistic] += sign * (line[statistic] ?? 0);
  return { games: tally.games + games, totals };
}

// A team has played a game once any of its players has a line in it.
function gamesPlayedChange(was: BoxScore, now: BoxScore): Map<string, 1 | -1> {
  const before = teamsWithLines(was);
  const after = teamsWithLines(now);
  const change = new Map<string, 1 | -1>();
  for (const teamId of after) if (!before.has(teamId)) change.set(teamId, 1);
  for (const teamId of before) if (!after.has(teamId)) change.set(teamId, -1);
  return change;
}

function teamsWithLines({ players }: BoxScore): Set<string> {
  const teams = new Set<string>();
  for (const lines of players.values()) {
    const counted = countedLine(lines);
    if (counted) teams.add(counted.teamId);
  }
  return teams;
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
