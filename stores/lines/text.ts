import type { Absence, LiveLine, LiveTeamLine, OfficialLine } from "#domain/boxscore";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";

// Lines as JSON arrays in a fixed order: short, quick, readable by hand, and equal whenever the lines
// are. Hot store and archive keep the same forms.

type Numbers = (number | null)[];

/**
 * [team, epoch, number, happened at, [statistics], [[period, [statistics]], …]]; null is unknown. The
 * periods are left out where there are none, as in texts from before lines had any.
 */
export type LiveText = [string, number, number, number, Numbers, PeriodText[]?];

type PeriodText = [number, Numbers];

/** [team, revision, [statistics] or null when withdrawn]. */
export type OfficialText = [string, number, Numbers | null];

/** [epoch, number, happened at, [team statistics]]. */
export type TeamText = [number, number, number, Numbers];

/** [player, team, 1 if not on the active list, reason, description]. */
export type AbsenceText = [string, string, 0 | 1, string, string];

export function absenceText(absence: Absence): AbsenceText {
  const { playerId, teamId, inactive, reason, description } = absence;
  return [playerId, teamId, inactive ? 1 : 0, reason, description];
}

export function absenceOf([playerId, teamId, inactive, ...why]: AbsenceText): Absence {
  const [reason, description] = why;
  return { playerId, teamId, inactive: inactive === 1, reason, description };
}

export function liveText(line: LiveLine): LiveText {
  const { teamId, epoch, number, happenedAt, totals, periods } = line;
  const text: LiveText = [teamId, epoch, number, happenedAt, numbersOf(STATISTICS, totals)];
  if (periods !== undefined) {
    text.push(periods.map((row) => [row.period, numbersOf(STATISTICS, row.totals)]));
  }
  return text;
}

export function liveOf([teamId, epoch, number, happenedAt, numbers, rows]: LiveText): LiveLine {
  const line = { teamId, epoch, number, happenedAt, totals: totalsOf(STATISTICS, numbers) };
  if (rows === undefined) return line;
  const periods = rows.map(([period, own]) => ({ period, totals: totalsOf(STATISTICS, own) }));
  return { ...line, periods };
}

export function officialText({ teamId, revision, totals }: OfficialLine): OfficialText {
  return [teamId, revision, totals === undefined ? null : numbersOf(STATISTICS, totals)];
}

export function officialOf([teamId, revision, numbers]: OfficialText): OfficialLine {
  return {
    teamId,
    revision,
    totals: numbers === null ? undefined : totalsOf(STATISTICS, numbers),
  };
}

export function teamText({ epoch, number, happenedAt, totals }: LiveTeamLine): TeamText {
  return [epoch, number, happenedAt, numbersOf(TEAM_STATISTICS, totals)];
}

export function teamOf([epoch, number, happenedAt, numbers]: TeamText): LiveTeamLine {
  return { epoch, number, happenedAt, totals: totalsOf(TEAM_STATISTICS, numbers) };
}

function numbersOf<Name extends string>(
  names: readonly Name[],
  totals: Readonly<Partial<Record<Name, number>>>,
): Numbers {
  return names.map((name) => totals[name] ?? null);
}

function totalsOf<Name extends string>(
  names: readonly Name[],
  numbers: Numbers,
): Partial<Record<Name, number>> {
  const totals: Partial<Record<Name, number>> = {};
  names.forEach((name, at) => {
    const value = numbers[at];
    if (value !== null && value !== undefined) totals[name] = value;
  });
  return totals;
}
