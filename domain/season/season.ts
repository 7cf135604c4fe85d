import {
  type BoxScore,
  type BoxScores,
  type CountedLine,
  countedLine,
  EMPTY_BOX_SCORE,
} from "#domain/boxscore";
import { type BothSides, type PlayerGame, sidesOf } from "./game-log.ts";
import {
  EMPTY_SIDE,
  EMPTY_TALLY,
  isEmptySide,
  plus,
  plusSide,
  type Side,
  sumOfTallies,
  type Tally,
  tallyOfLine,
} from "./tally.ts";

/** A player's season: over all teams, and per team for which a line counts. */
export type PlayerSeason = {
  readonly all: Tally;
  /** By team id. A team without a game left is not in it. */
  readonly byTeam: ReadonlyMap<string, Tally>;
  /** The part of `all` that is of games going on now. */
  readonly live: Tally;
};

/** A team's season: its own side and that of its opponents, over the same games. */
export type TeamSeason = Side & {
  readonly opponents: Side;
  /** The part of `players` that is of games going on now. */
  readonly live: Tally;
};

/** The seasons of some players and teams, by id. */
export type SeasonTotals = {
  readonly players: ReadonlyMap<string, PlayerSeason>;
  readonly teams: ReadonlyMap<string, TeamSeason>;
};

/** The season of a player without a line. */
export const EMPTY_PLAYER_SEASON: PlayerSeason = {
  all: EMPTY_TALLY,
  byTeam: new Map(),
  live: EMPTY_TALLY,
};

/** The season of a team without a line. */
export const EMPTY_TEAM_SEASON: TeamSeason = {
  ...EMPTY_SIDE,
  opponents: EMPTY_SIDE,
  live: EMPTY_TALLY,
};

/** A player's season from its parts; what of it is live counts in its team already. */
export function playerSeason(byTeam: PlayerSeason["byTeam"], live = EMPTY_TALLY): PlayerSeason {
  return { all: sumOfTallies(byTeam.values()), byTeam, live };
}

/** A player's season, or a part of it, from a game log. */
export function playerSeasonOver(games: Iterable<PlayerGame>): PlayerSeason {
  let season = EMPTY_PLAYER_SEASON;
  for (const game of games) {
    const { teamId, totals } = game.line;
    season = moved(season, teamId, tallyOfLine(totals, 1), 1, isLive(game));
  }
  return season;
}

/** A team's season, or a part of it, from a game log. */
export function teamSeason(games: Iterable<BothSides & Pick<BoxScore, "facts">>): TeamSeason {
  let season = EMPTY_TEAM_SEASON;
  for (const game of games) season = withGame(season, game, 1, isLive(game));
  return season;
}

/** Whether anything is known of a team: a line of its players, or what belongs to it alone. */
export function isTeamKnown(season: TeamSeason): boolean {
  return !isEmptySide(season);
}

/** Whether a game is going on. */
export function isLive({ facts }: Pick<BoxScore, "facts">): boolean {
  return facts.status === "live";
}

/** The players and teams whose seasons a change of these games may touch. */
export function touchedBy(
  before: BoxScores,
  after: BoxScores,
): { players: Set<string>; teams: Set<string> } {
  const players = new Set<string>();
  const teams = new Set<string>();
  for (const [gameId, now] of after) {
    const was = before.get(gameId) ?? EMPTY_BOX_SCORE;
    for (const [playerId] of movedLines(was, now)) players.add(playerId);
    for (const box of [was, now]) {
      for (const lines of box.players.values()) {
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
    for (const [playerId, lines] of movedLines(was, now)) {
      const before = lines.was && countedLine(lines.was);
      const after = lines.now && countedLine(lines.now);
      const move = (counted: CountedLine, box: BoxScore, tally: Tally, sign: 1 | -1) =>
        players.set(playerId, moved(playerOf(playerId), counted.teamId, tally, sign, isLive(box)));
      if (before && after && before.teamId === after.teamId && isLive(was) === isLive(now)) {
        const difference = plus(tallyOfLine(after.totals, 1), tallyOfLine(before.totals, 1), -1);
        move(after, now, difference, 1);
        continue;
      }
      if (before) move(before, was, tallyOfLine(before.totals, 1), -1);
      if (after) move(after, now, tallyOfLine(after.totals, 1), 1);
    }
    for (const [box, sign] of [
      [was, -1],
      [now, 1],
    ] as const) {
      for (const [teamId, sides] of sidesOf(box)) {
        teams.set(teamId, withGame(teamOf(teamId), sides, sign, isLive(box)));
      }
    }
  }
  return { players, teams };
}

/** The lines that another one replaces, and all lines of a game that begins or ends. */
function* movedLines(was: BoxScore, now: BoxScore) {
  const isMoved = isLive(was) !== isLive(now);
  for (const playerId of now.players.keys()) {
    // Most of a game's lines are the very objects that they were: only moved ones matter.
    const lines = { was: was.players.get(playerId), now: now.players.get(playerId) };
    if (isMoved || lines.was !== lines.now) yield [playerId, lines] as const;
  }
  for (const [playerId, line] of was.players) {
    if (!now.players.has(playerId)) yield [playerId, { was: line, now: undefined }] as const;
  }
}

function moved(
  season: PlayerSeason,
  teamId: string,
  line: Tally,
  sign: 1 | -1,
  live: boolean,
): PlayerSeason {
  const byTeam = new Map(season.byTeam);
  const tally = plus(byTeam.get(teamId) ?? EMPTY_TALLY, line, sign);
  if (tally.games === 0) byTeam.delete(teamId);
  else byTeam.set(teamId, tally);
  return {
    all: plus(season.all, line, sign),
    byTeam,
    live: live ? plus(season.live, line, sign) : season.live,
  };
}

function withGame(
  season: TeamSeason,
  { own, opponents }: BothSides,
  sign: 1 | -1,
  live: boolean,
): TeamSeason {
  return {
    ...plusSide(season, own, sign),
    opponents: plusSide(season.opponents, opponents, sign),
    live: live ? plus(season.live, own.players, sign) : season.live,
  };
}
