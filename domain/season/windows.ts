import { type BoxScore, type BoxScores, countedLine } from "#domain/boxscore";
import { STATISTICS } from "#domain/statistics";
import { EMPTY_TALLY, plus, type Tally, tallyOfLine } from "./tally.ts";

/** A stretch of days, half-open: `until` is the first day after it. Days are YYYY-MM-DD. */
export type Window = {
  readonly kind: (typeof WINDOW_KINDS)[number];
  readonly from: string;
  readonly until: string;
};

/** The kinds of window below a season. Weeks begin on Monday (ISO 8601). */
export const WINDOW_KINDS = ["day", "week", "month"] as const;

/** Tallies by window, as {@link windowName} names them. One without a game is no window of its owner. */
export type WindowTallies = ReadonlyMap<string, Tally>;

/** The windows of some players and teams, by id. A team's are the sums of its players' lines. */
export type WindowTotals = {
  readonly players: ReadonlyMap<string, WindowTallies>;
  readonly teams: ReadonlyMap<string, WindowTallies>;
};

const DAY_MS = 86_400_000;
const DAYS_PER_WEEK = 7;

/**
 * The windows in which a game of this day counts, whole: its day, its week and its month, in that
 * order. None for what is no day of the calendar.
 */
export function windowsOf(date: string | undefined): readonly Window[] {
  const day = date === undefined ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes 2024-02-31 for a day of March.
  if (Number.isNaN(day) || dayText(day) !== date) return [];
  const sinceMonday = (new Date(day).getUTCDay() + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;
  const monday = day - sinceMonday * DAY_MS;
  const year = new Date(day).getUTCFullYear();
  const month = new Date(day).getUTCMonth();
  return [
    { kind: "day", from: date, until: dayText(day + DAY_MS) },
    { kind: "week", from: dayText(monday), until: dayText(monday + DAYS_PER_WEEK * DAY_MS) },
    {
      kind: "month",
      from: dayText(Date.UTC(year, month, 1)),
      until: dayText(Date.UTC(year, month + 1, 1)),
    },
  ];
}

/** A window in one word, e.g. "week:2023-10-23". Names of one kind sort as their days do. */
export function windowName({ kind, from }: Window): string {
  return `${kind}:${from}`;
}

/**
 * The windows that change when the games in `after` replace those in `before`. A line counts in the
 * windows of its game's own date, whenever it came: a game that gets another date moves, and one
 * without a date counts in none. `totals` holds the windows of whom the games touch, as they were with
 * `before`; what is not in it counted nothing yet. A tally of no game in the answer is gone.
 */
export function foldWindows(
  totals: WindowTotals,
  before: BoxScores,
  after: BoxScores,
): WindowTotals {
  const players = new Map<string, Map<string, Tally>>();
  const teams = new Map<string, Map<string, Tally>>();
  for (const [gameId, now] of after) {
    const was = before.get(gameId);
    for (const [box, sign] of [
      [was, -1],
      [now, 1],
    ] as const) {
      if (box === undefined) continue;
      const names = windowsOf(box.facts.date).map(windowName);
      const lines = linesOf(box);
      for (const { playerId, totals: line } of lines) {
        count(players, totals.players, playerId, names, tallyOfLine(line, 1), sign);
      }
      for (const [teamId, own] of Map.groupBy(lines, (line) => line.teamId)) {
        // A team has played a game once any of its players has a line in it.
        own.forEach(({ totals: line }, at) => {
          count(teams, totals.teams, teamId, names, tallyOfLine(line, at === 0 ? 1 : 0), sign);
        });
      }
    }
  }
  return { players: changed(players, totals.players), teams: changed(teams, totals.teams) };
}

function linesOf(box: BoxScore) {
  return [...box.players].flatMap(([playerId, lines]) => {
    const counted = countedLine(lines);
    return counted === undefined ? [] : [{ playerId, ...counted }];
  });
}

function count(
  owners: Map<string, Map<string, Tally>>,
  before: WindowTotals["players"],
  id: string,
  names: readonly string[],
  line: Tally,
  sign: 1 | -1,
): void {
  let windows = owners.get(id);
  if (windows === undefined) {
    windows = new Map(before.get(id));
    owners.set(id, windows);
  }
  for (const name of names) {
    windows.set(name, plus(windows.get(name) ?? EMPTY_TALLY, line, sign));
  }
}

// Only the windows that differ: most of what is taken away is given back as it was.
function changed(
  owners: ReadonlyMap<string, ReadonlyMap<string, Tally>>,
  before: WindowTotals["players"],
): Map<string, WindowTallies> {
  const found = new Map<string, WindowTallies>();
  for (const [id, windows] of owners) {
    const was = before.get(id);
    const own = [...windows].filter(
      ([name, tally]) => !isEqual(tally, was?.get(name) ?? EMPTY_TALLY),
    );
    if (own.length > 0) found.set(id, new Map(own));
  }
  return found;
}

function isEqual(a: Tally, b: Tally): boolean {
  return (
    a.games === b.games &&
    a.doubleDoubles === b.doubleDoubles &&
    a.tripleDoubles === b.tripleDoubles &&
    STATISTICS.every(
      (name) => a.totals[name] === b.totals[name] && a.unknown[name] === b.unknown[name],
    )
  );
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
