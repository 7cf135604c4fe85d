import { doubleFigures } from "#domain/metrics";
import {
  NO_TOTALS,
  STATISTICS,
  type Statistic,
  TEAM_STATISTICS,
  type TeamOnly,
  type TeamStatistic,
  type Totals,
} from "#domain/statistics";

/** Sums over lines. Every statistic is there; one that a line does not know counted 0. */
export type Tally = {
  /** Games with a line that counts. */
  readonly games: number;
  /** Lines with ten or more in two of the categories that make a double-double. */
  readonly doubleDoubles: number;
  /** Lines with ten or more in three of them; each is a double-double as well. */
  readonly tripleDoubles: number;
  readonly totals: Readonly<Record<Statistic, number>>;
  /** In how many of the lines a statistic is unknown; without those that every line knows. */
  readonly unknown: Readonly<Partial<Record<Statistic, number>>>;
};

/** One team's side of a game or of several: its players' lines, and what belongs to the team alone. */
export type Side = {
  readonly players: Tally;
  readonly team: Readonly<Record<TeamStatistic, number>>;
};

const NO_TEAM_TOTALS = Object.fromEntries(TEAM_STATISTICS.map((name) => [name, 0])) as Record<
  TeamStatistic,
  number
>;
const NONE_UNKNOWN: Tally["unknown"] = {};

/** The sums over no line. */
export const EMPTY_TALLY: Tally = {
  games: 0,
  doubleDoubles: 0,
  tripleDoubles: 0,
  totals: NO_TOTALS,
  unknown: NONE_UNKNOWN,
};

/** The side of a team of which nothing was counted. */
export const EMPTY_SIDE: Side = { players: EMPTY_TALLY, team: NO_TEAM_TOTALS };

/** The tally of one line, which counts so many games: 1, or 0 where its game is counted otherwise. */
export function tallyOfLine(line: Totals, games: number): Tally {
  return tallyOfLines([line], games);
}

/** The tally of some lines, which count so many games together. */
export function tallyOfLines(lines: readonly Totals[], games: number): Tally {
  const totals = { ...NO_TOTALS };
  let unknown = NONE_UNKNOWN;
  let doubleDoubles = 0;
  let tripleDoubles = 0;
  for (const line of lines) {
    const figures = doubleFigures(line);
    if (figures >= 2) doubleDoubles += 1;
    if (figures >= 3) tripleDoubles += 1;
    for (const name of STATISTICS) {
      const value = line[name];
      if (value === undefined) unknown = { ...unknown, [name]: (unknown[name] ?? 0) + 1 };
      else totals[name] += value;
    }
  }
  return { games, doubleDoubles, tripleDoubles, totals, unknown };
}

/** What belongs to a team alone, with what is unknown as 0. */
export function teamOnlyOf(totals: TeamOnly): Side["team"] {
  const all = { ...NO_TEAM_TOTALS };
  for (const name of TEAM_STATISTICS) all[name] = totals[name] ?? 0;
  return all;
}

/** A tally with another one added, or with sign −1 taken away. */
export function plus(tally: Tally, other: Tally, sign: 1 | -1 = 1): Tally {
  return {
    games: tally.games + sign * other.games,
    doubleDoubles: tally.doubleDoubles + sign * other.doubleDoubles,
    tripleDoubles: tally.tripleDoubles + sign * other.tripleDoubles,
    totals: summed(STATISTICS, tally.totals, other.totals, sign),
    unknown: summedUnknown(tally.unknown, other.unknown, sign),
  };
}

/** A side with another one added, or with sign −1 taken away. */
export function plusSide(side: Side, other: Side, sign: 1 | -1 = 1): Side {
  return {
    players: plus(side.players, other.players, sign),
    team: summed(TEAM_STATISTICS, side.team, other.team, sign),
  };
}

/** The sum of some tallies. */
export function sumOfTallies(tallies: Iterable<Tally>): Tally {
  let sum = EMPTY_TALLY;
  for (const tally of tallies) sum = plus(sum, tally);
  return sum;
}

/** Whether nothing was counted on a side. */
export function isEmptySide({ players, team }: Side): boolean {
  return players.games === 0 && TEAM_STATISTICS.every((name) => team[name] === 0);
}

function summedUnknown(
  one: Tally["unknown"],
  other: Tally["unknown"],
  sign: 1 | -1,
): Tally["unknown"] {
  if (isNone(other)) return one;
  const sum = { ...one };
  for (const name of STATISTICS) {
    const count = other[name];
    if (count === undefined) continue;
    sum[name] = (sum[name] ?? 0) + sign * count;
    if (sum[name] === 0) delete sum[name];
  }
  return sum;
}

function isNone(unknown: Tally["unknown"]): boolean {
  for (const _ in unknown) return false;
  return true;
}

function summed<Name extends string>(
  names: readonly Name[],
  one: Readonly<Record<Name, number>>,
  other: Readonly<Record<Name, number>>,
  sign: 1 | -1,
): Record<Name, number> {
  const sum: Record<Name, number> = { ...one };
  for (const name of names) sum[name] += sign * other[name];
  return sum;
}
