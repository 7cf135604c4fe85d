import {
  STATISTICS,
  type Statistic,
  TEAM_STATISTICS,
  type TeamStatistic,
} from "#domain/statistics";
import type { Cell, Column } from "./tables.ts";

/** Totals as an answer has them; a field that is absent is unknown. */
export type AnsweredTotals = Readonly<Partial<Record<Statistic, number>>> | undefined;

/** What belongs to a team alone, as an answer has it. */
export type AnsweredTeamTotals = Readonly<Partial<Record<TeamStatistic, number>>> | undefined;

/** Totals per period as an answer has them, and what they leave over. */
export type AnsweredPeriods = {
  readonly periods: readonly { readonly period: number; readonly totals?: AnsweredTotals }[];
  readonly unassigned?: AnsweredTotals;
};

/** The columns of a box score that totals fill, in its order. */
export const TOTALS_COLUMNS: readonly Column[] = [
  ...["MIN", "PTS", "FG", "3P", "FT", "OREB", "DREB", "REB", "AST", "STL", "BLK", "TOV", "PF"],
].map((head) => ({ head, align: "right" }));

/** The cells of those columns. */
export function totalsCells(totals: AnsweredTotals): Cell[] {
  const of = totals ?? {};
  return [
    clockText(of.secondsPlayed),
    of.points,
    pair(of.fieldGoalsMade, of.fieldGoalsAttempted),
    pair(of.threePointersMade, of.threePointersAttempted),
    pair(of.freeThrowsMade, of.freeThrowsAttempted),
    of.offensiveRebounds,
    of.defensiveRebounds,
    of.rebounds,
    of.assists,
    of.steals,
    of.blocks,
    of.turnovers,
    of.personalFouls,
  ];
}

/** The same cells for the mean of so many games, to one decimal. */
export function meanCells(totals: AnsweredTotals, games: number): Cell[] {
  if (games === 0) return averageCells({});
  const means = STATISTICS.flatMap((statistic) => {
    const total = totals?.[statistic];
    return total === undefined ? [] : [[statistic, total / games] as const];
  });
  return averageCells(Object.fromEntries(means));
}

/** The same cells for means, to one decimal. */
export function averageCells(averages: AnsweredTotals): Cell[] {
  const of = averages ?? {};
  const mean = (value: number | undefined) => value?.toFixed(1);
  return [
    of.secondsPlayed === undefined ? undefined : clockText(Math.round(of.secondsPlayed)),
    mean(of.points),
    pair(mean(of.fieldGoalsMade), mean(of.fieldGoalsAttempted)),
    pair(mean(of.threePointersMade), mean(of.threePointersAttempted)),
    pair(mean(of.freeThrowsMade), mean(of.freeThrowsAttempted)),
    mean(of.offensiveRebounds),
    mean(of.defensiveRebounds),
    mean(of.rebounds),
    mean(of.assists),
    mean(of.steals),
    mean(of.blocks),
    mean(of.turnovers),
    mean(of.personalFouls),
  ];
}

/** All sixteen statistics for a program; null is unknown. */
export function totalsJson(totals: AnsweredTotals): Record<Statistic, number | null> {
  const entries = STATISTICS.map((statistic) => [statistic, totals?.[statistic] ?? null]);
  return Object.fromEntries(entries);
}

/** Totals per period and what is in none of them, for a program. */
export function periodsJson({ periods, unassigned }: AnsweredPeriods) {
  return {
    periods: periods.map(({ period, totals }) => ({ period, totals: totalsJson(totals) })),
    unassigned: unassigned === undefined ? null : totalsJson(unassigned),
  };
}

/** What belongs to the team alone, for a program; null is unknown. */
export function teamTotalsJson(totals: AnsweredTeamTotals): Record<TeamStatistic, number | null> {
  const entries = TEAM_STATISTICS.map((statistic) => [statistic, totals?.[statistic] ?? null]);
  return Object.fromEntries(entries);
}

/** What belongs to the team alone, as a sentence; undefined when nothing of it is known. */
export function teamTotalsText(totals: AnsweredTeamTotals): string | undefined {
  if (totals === undefined) return undefined;
  const parts = [
    [totals.teamOffensiveRebounds, "offensive rebounds"],
    [totals.teamDefensiveRebounds, "defensive rebounds"],
    [totals.teamTurnovers, "turnovers"],
    [totals.benchTechnicals, "bench technicals"],
  ] as const;
  const known = parts.filter(([count]) => count !== undefined);
  if (known.length === 0) return undefined;
  return `Team only, not in the totals: ${known.map(([count, what]) => `${what} ${count}`).join(", ")}.`;
}

/** Seconds as minutes and seconds: 1753 is "29:13", -5 is "-0:05". */
export function clockText(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const ahead = Math.abs(seconds);
  const sign = seconds < 0 ? "-" : "";
  return `${sign}${Math.floor(ahead / 60)}:${String(ahead % 60).padStart(2, "0")}`;
}

function pair(made: Cell, attempted: Cell): Cell {
  if (made === undefined && attempted === undefined) return undefined;
  return `${made ?? "-"}-${attempted ?? "-"}`;
}
