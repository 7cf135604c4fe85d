import { type Command, InvalidArgumentError, Option } from "commander";
import { WINDOW_KINDS, type Window, windowOf } from "#domain/season";
import type { Window as OnWire } from "#gen/courtside/read/v1/window_pb.ts";
import type {
  ListWindowsRequest,
  LiveTotals,
  WindowTotals,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { windowKindOf, windowKindOnWire } from "#wire/windows";
import { dateArgument } from "./arguments.ts";
import { everyPage } from "./every-page.ts";
import type { MeshServices } from "./mesh-services.ts";
import type { AskedSeason } from "./seasons.ts";
import { type Cell, tableOf } from "./tables.ts";
import { TOTALS_COLUMNS, teamTotalsJson, totalsCells, totalsJson } from "./totals.ts";
import type { whenAsked } from "./when.ts";

/** The window that {@link withWindow}'s options name: a day of it. At most one is there. */
export type WindowOptions = { readonly [Kind in Window["kind"]]?: string };

/** The options of {@link withBy}. */
export type ByOptions = { readonly by?: Window["kind"] };

/** Adds `--day`, `--week` and `--month` to a verb, of which one may be given. */
export function withWindow(verb: Command): Command {
  const others = (own: string) => WINDOW_KINDS.filter((kind) => kind !== own);
  return verb
    .addOption(
      new Option("--day <day>", "only the games of this day")
        .argParser(dateArgument)
        .conflicts(others("day")),
    )
    .addOption(
      new Option("--week <day>", "only the games of this day's week, from Monday")
        .argParser(dateArgument)
        .conflicts(others("week")),
    )
    .addOption(
      new Option("--month <month>", "only the games of this month")
        .argParser(monthArgument)
        .conflicts(others("month")),
    );
}

/** Adds `--by` to a verb that has windows. */
export function withBy(verb: Command): Command {
  return verb.addOption(
    new Option("--by <window>", "the totals of each day, week or month")
      .choices(WINDOW_KINDS)
      .conflicts([...WINDOW_KINDS, "metrics"]),
  );
}

/** The window that a request asks for; undefined for the whole season. */
export function windowOfOptions(options: WindowOptions) {
  const kind = WINDOW_KINDS.find((one) => options[one] !== undefined);
  if (kind === undefined) return undefined;
  return { kind: windowKindOnWire(kind), date: options[kind] ?? "" };
}

/** The window of the options in words; undefined for the whole season. */
export function optionsText(options: WindowOptions): string | undefined {
  const kind = WINDOW_KINDS.find((one) => options[one] !== undefined);
  const window = kind && windowOf(kind, options[kind]);
  return window && textOf(window);
}

/** A month as YYYY-MM, for an option: its first day. */
export function monthArgument(text: string): string {
  if (/^\d{4}-\d{2}$/.test(text) && windowOf("month", `${text}-01`)) return `${text}-01`;
  throw new InvalidArgumentError("It is a month such as 2023-11.");
}

/** A window in words: "2023-11-05", "2023-10-30 to 2023-11-05", "2023-11". */
export function windowText({ kind, date, untilDate }: OnWire): string {
  return textOf({ kind: windowKindOf(kind), from: date, until: untilDate });
}

function textOf({ kind, from, until }: Window): string {
  if (kind === "month") return from.slice(0, "2023-11".length);
  if (kind === "day") return from;
  const last = new Date(Date.parse(`${until}T00:00:00Z`) - 86_400_000);
  return `${from} to ${last.toISOString().slice(0, 10)}`;
}

/** A window for a program: its first day, and the first one after it. */
export function windowJson(window: OnWire | undefined) {
  return window === undefined ? null : { from: window.date, until: window.untilDate };
}

/** What of totals is of games going on, for a program. */
export function liveJson(live: LiveTotals | undefined) {
  return live === undefined ? null : { games: live.games, totals: totalsJson(live.totals) };
}

/** What of totals is of games going on, as rows of a table: none when there is no such game. */
export function liveRows(live: LiveTotals | undefined): Cell[][] {
  return live === undefined ? [] : [["live now", live.games, ...totalsCells(live.totals)]];
}

/** The totals by window of a player or a team. */
export async function allWindows(
  services: MeshServices,
  season: AskedSeason,
  subject: ListWindowsRequest["subject"],
  by: Window["kind"],
  when: ReturnType<typeof whenAsked>,
) {
  const asked = { season, subject, kind: windowKindOnWire(by), pageSize: 500, ...when };
  return everyPage(
    (pageToken) => services.stats.listWindows({ ...asked, pageToken }),
    ({ windows }) => windows,
  );
}

/** Totals by window as a table. */
export function windowsTable(
  by: Window["kind"],
  windows: readonly WindowTotals[],
  width: number | undefined,
): string {
  const head = by.charAt(0).toUpperCase() + by.slice(1);
  const columns = [{ head }, { head: "GP", align: "right" }, ...TOTALS_COLUMNS] as const;
  const rows = windows.flatMap(({ window, gamesPlayed, totals, live }) => [
    [window && windowText(window), gamesPlayed, ...totalsCells(totals)],
    ...liveRows(live),
  ]);
  return tableOf({ columns, rows }, width);
}

/** Totals by window for a program. */
export function windowTotalsJson(row: WindowTotals) {
  const { window, gamesPlayed, totals, teamTotals, live } = row;
  return {
    ...windowJson(window),
    gamesPlayed,
    totals: totalsJson(totals),
    ...(teamTotals && { teamTotals: teamTotalsJson(teamTotals) }),
    live: liveJson(live),
  };
}
