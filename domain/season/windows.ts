import type { LoggedGame } from "./game-log.ts";

/** A stretch of days, half-open: `until` is the first day after it. Days are YYYY-MM-DD. */
export type Window = {
  readonly kind: (typeof WINDOW_KINDS)[number];
  readonly from: string;
  readonly until: string;
};

/** The kinds of window below a season. Weeks begin on Monday (ISO 8601). */
export const WINDOW_KINDS = ["day", "week", "month"] as const;

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

/** The window of a kind in which a day lies; undefined for what is no day of the calendar. */
export function windowOf(kind: Window["kind"], date: string | undefined): Window | undefined {
  return windowsOf(date).find((window) => window.kind === kind);
}

/** What a row has to tell of its game. */
type Dated = Pick<LoggedGame, "facts">;

/** Whether a game counts in a window: by its own date, whenever its plays or corrections came. */
export function isIn({ from, until }: Window, { facts: { date } }: Dated): boolean {
  return date !== undefined && date >= from && date < until;
}

/** The games of a log that count in a window. */
export function gamesIn<Game extends Dated>(window: Window, games: readonly Game[]): Game[] {
  return games.filter((game) => isIn(window, game));
}

/**
 * The games of a log by window, the first window first, each with one game at least. A game without a
 * date is in none; every other one is in just one window of a kind.
 */
export function byWindow<Game extends Dated>(
  kind: Window["kind"],
  games: readonly Game[],
): { readonly window: Window; readonly games: readonly Game[] }[] {
  const found = new Map<string, { window: Window; games: Game[] }>();
  for (const game of games) {
    const window = windowOf(kind, game.facts.date);
    if (window === undefined) continue;
    const known = found.get(window.from);
    if (known === undefined) found.set(window.from, { window, games: [game] });
    else known.games.push(game);
  }
  return [...found.values()].sort((a, b) => (a.window.from < b.window.from ? -1 : 1));
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
