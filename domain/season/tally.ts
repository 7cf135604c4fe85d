import { doubleFigures } from "#domain/metrics";
import {
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

/** The sums over no line. */
export const EMPTY_TALLY: Tally = {
  games: 0,
  doubleDoubles: 0,
  tripleDoubles: 0,
  totals: zeros(STATISTICS),
  unknown: {},
};

/** The side of a team of which nothing was counted. */
export const EMPTY_SIDE: Side = { players: EMPTY_TALLY, team: zeros(TEAM_STATISTICS) };

/** The tally of one line, which counts so many games: 1, or 0 where its game is counted otherwise. */
export function tallyOfLine(line: Totals, games: number): Tally {
  const figures = doubleFigures(line);
  return {
    games,
    doubleDoubles: figures >= 2 ? 1 : 0,
    tripleDoubles: figures >= 3 ? 1 : 0,
    totals: filled(STATISTICS, line),
    unknown: Object.fromEntries(
      STATISTICS.filter((name) => line[name] === undefined).map((name) => [name, 1]),
    ),
  };
}

/** What belongs to a team alone, with what is unknown as 0. */
export function teamOnlyOf(totals: TeamOnly): Side["team"] {
  return filled(TEAM_STATISTICS, totals);
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
  const sum = { ...one };
  for (const name of STATISTICS) {
    const count = other[name];
    if (count === undefined) continue;
    sum[name] = (sum[name] ?? 0) + sign * count;
    if (sum[name] === 0) delete sum[name];
  }
  return sum;
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

function filled<Name extends string>(
  names: readonly Name[],
  values: Readonly<Partial<Record<Name, number>>>,
): Record<Name, number> {
  const all = zeros(names);
  for (const name of names) all[name] = values[name] ?? 0;
  return all;
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
