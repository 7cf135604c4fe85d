import { COUNTING, type TeamOnly, type Totals } from "#domain/statistics";
import {
  type Counts,
  creditsOf,
  NO_COUNTS,
  NO_TEAM_COUNTS,
  type TeamCounts,
  teamStatisticOf,
} from "./counts.ts";
import { courtTimeOf } from "./court-time.ts";
import { elapsedMs, type GameClock, inEntryOrder, type Play, TIP_OFF } from "./play.ts";
import { teamsOfPlayers } from "./players.ts";
import { reboundsOf } from "./rebounds.ts";
import { type Sides, sidesOf } from "./sides.ts";

/** When a line was true: by the calendar and by the game's clock. Neither ever goes back. */
type Moment = GameClock & {
  /** Milliseconds since the epoch. */
  readonly happenedAt: number;
};

/** The whole line of one player at one moment. */
export type PlayerLine = Moment & {
  readonly kind: "player";
  readonly playerId: string;
  readonly teamId: string;
  /**
   * Why there is a line: the player was first seen, a counting statistic changed (also when the
   * player was first seen by that), or a period ended and time on court had changed.
   */
  readonly reason: "appeared" | "counted" | "period-ended";
  /** All sixteen statistics. */
  readonly totals: Required<Totals>;
  /**
   * The periods in which the player has anything so far, ascending, all sixteen statistics each. They
   * sum up to `totals`. A play that was entered late is in the period that it belongs to.
   */
  readonly periods: readonly { readonly period: number; readonly totals: Required<Totals> }[];
};

/** What is counted for one team and none of its players, whole, at one moment. */
export type TeamLine = Moment & {
  readonly kind: "team";
  readonly teamId: string;
  /** All four statistics. */
  readonly totals: Required<TeamOnly>;
};

/** A line of a player or of a team. */
export type PlayedLine = PlayerLine | TeamLine;

/** One game as the lines that a scorer's table would have sent. */
export type PlayedGame = Sides & {
  /** In the order to send them: the n-th is number n, from 1. */
  readonly lines: readonly PlayedLine[];
  /** How many periods were played; 5 is one overtime. */
  readonly periods: number;
  /** The final score as the feed says it, which the lines' points add up to. */
  readonly score: { readonly home: number; readonly away: number };
};

/**
 * Where nothing says when a play was, time runs so many times slower than the game's clock, which
 * stands still in between.
 */
const TIME_PER_CLOCK = 3;

/**
 * Turns the plays of one game, in any order, into lines: after each play in the order of entry the
 * new line of every player first seen and of every one whose counting statistics changed, and at the
 * end of each period that of every player whose time on court changed since.
 *
 * A line's content depends on the plays alone. Its time is that of the latest play that was entered by
 * then, where plays say when they happened; else `tipOff` (milliseconds since the epoch) moves it. Time
 * on court is that of the whole game's substitutions up to the line's game clock. `isOver` is false
 * while the game goes on: its last period has not ended then.
 */
export function playedGame(plays: readonly Play[], tipOff: number, isOver = true): PlayedGame {
  const entered = inEntryOrder(plays);
  const table = scorersTable(entered, tipOff);
  for (const play of entered) table.enter(play);
  if (isOver) table.endPeriod();

  // The feed's last plays may name an older score, so the highest one counts.
  const highest = (of: (play: Play) => number) => Math.max(0, ...entered.map(of));
  return {
    lines: table.lines,
    periods: highest(({ period }) => period),
    score: { home: highest(({ score }) => score.home), away: highest(({ score }) => score.away) },
    ...sidesOf(entered),
  };
}

/** What is known of one player while the plays are entered. */
type Player = {
  readonly playerId: string;
  readonly teamId: string;
  readonly counts: Counts;
  /** The same by period; one in which nothing was counted is not there. */
  readonly countsByPeriod: Map<number, Counts>;
  /** As on the newest line. */
  secondsPlayed: number;
};

/** Takes plays in the order of entry and grows `lines`. */
function scorersTable(plays: readonly Play[], tipOff: number) {
  const courtTime = courtTimeOf(plays);
  const rebounds = reboundsOf(plays);
  const teamIds = teamsOfPlayers(plays);
  const players = new Map<string, Player>();
  const teams = new Map<string, TeamCounts>();
  const lines: PlayedLine[] = [];
  let clock: GameClock = TIP_OFF;
  let { period } = TIP_OFF;
  let wallClock: number | undefined;

  return { lines, enter, endPeriod };

  function enter(play: Play) {
    while (period < play.period) endPeriod();
    const { happenedAt } = play;
    if (happenedAt !== undefined) wallClock = Math.max(wallClock ?? happenedAt, happenedAt);

    const credits = creditsOf(play, rebounds.get(play.actionNumber));
    const counted = new Set(credits.map(({ playerId }) => playerId));
    for (const playerId of seenIn(play)) {
      if (!players.has(playerId) && !counted.has(playerId)) put(playerId, "appeared", play);
    }
    for (const { playerId, adds } of credits) {
      const { counts, countsByPeriod } = playerOf(playerId);
      const inPeriod = countsByPeriod.get(play.period) ?? { ...NO_COUNTS };
      countsByPeriod.set(play.period, inPeriod);
      for (const statistic of COUNTING) {
        counts[statistic] += adds[statistic] ?? 0;
        inPeriod[statistic] += adds[statistic] ?? 0;
      }
    }
    for (const playerId of counted) put(playerId, "counted", play);

    const statistic = teamStatisticOf(play);
    if (statistic !== undefined) putTeam(play, statistic);
  }

  /** Brings time on court up to the end of the period being played, and goes to the next. */
  function endPeriod() {
    const end = { period, clockLeftMs: 0 };
    for (const { playerId, secondsPlayed } of players.values()) {
      if (courtTime(playerId, elapsedMs(end)) !== secondsPlayed) put(playerId, "period-ended", end);
    }
    period += 1;
  }

  function put(playerId: string, reason: PlayerLine["reason"], at: GameClock) {
    const player = playerOf(playerId);
    const moment = momentOf(at);
    player.secondsPlayed = courtTime(playerId, elapsedMs(clock));
    const totals = { secondsPlayed: player.secondsPlayed, ...player.counts };
    const periods = periodsOf(player);
    const { teamId } = player;
    lines.push({ kind: "player", playerId, teamId, reason, ...moment, totals, periods });
  }

  function periodsOf({ playerId, countsByPeriod }: Player): PlayerLine["periods"] {
    const periods: { period: number; totals: Required<Totals> }[] = [];
    let secondsBefore = 0;
    for (let period = 1; period <= clock.period; period++) {
      const endMs = elapsedMs({ period, clockLeftMs: 0 });
      // Differences of whole seconds, so that the periods sum up to the game's seconds.
      const seconds = courtTime(playerId, Math.min(endMs, elapsedMs(clock)));
      const secondsPlayed = seconds - secondsBefore;
      secondsBefore = seconds;
      const counts = countsByPeriod.get(period);
      if (counts === undefined && secondsPlayed === 0) continue;
      periods.push({ period, totals: { secondsPlayed, ...(counts ?? NO_COUNTS) } });
    }
    return periods;
  }

  function putTeam(play: Play, statistic: keyof TeamCounts) {
    const { teamId } = play;
    const totals = { ...(teams.get(teamId) ?? NO_TEAM_COUNTS) };
    totals[statistic] += 1;
    teams.set(teamId, totals);
    lines.push({ kind: "team", teamId, ...momentOf(play), totals });
  }

  function playerOf(playerId: string): Player {
    const known = players.get(playerId);
    if (known !== undefined) return known;
    const teamId = teamIds.get(playerId) ?? "";
    const player = {
      playerId,
      teamId,
      counts: { ...NO_COUNTS },
      countsByPeriod: new Map(),
      secondsPlayed: 0,
    };
    players.set(playerId, player);
    return player;
  }

  /** The moment of a line, which is never before the previous line's. */
  function momentOf(at: GameClock): Moment {
    const ahead = elapsedMs(at) - elapsedMs(clock);
    if (ahead > 0 || (ahead === 0 && at.period > clock.period)) {
      clock = { period: at.period, clockLeftMs: at.clockLeftMs };
    }
    return { ...clock, happenedAt: wallClock ?? tipOff + TIME_PER_CLOCK * elapsedMs(clock) };
  }
}

/**
 * Who is seen in a play: those on court, and who is substituted. Not whoever is merely charged: a
 * technical foul may fall on the bench or a coach.
 */
function seenIn({ action, playerId, onCourt }: Play): Iterable<string> {
  if (action !== "substitution" || playerId === undefined) return onCourt;
  return new Set(onCourt).add(playerId);
}
