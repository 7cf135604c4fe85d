import { crc32 } from "node:zlib";
import type { NewLine } from "#client";
import type { Entry } from "#domain/boxscore";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";

type Counts = Readonly<Record<string, unknown>>;
type Period = { readonly period?: number | undefined; readonly totals?: unknown };

/** What a line that is sent says, as a short text. */
export function printOfLine({ of }: NewLine): string {
  if (of?.case === "team") return printOf(`team ${of.value.teamId}`, of.value.totals, []);
  return printOf(
    `${of?.value?.playerId} ${of?.value?.teamId}`,
    of?.value?.totals,
    of?.value?.periods,
  );
}

/** The same of an entry of the journal; undefined of one that is no live line. */
export function printOfEntry(entry: Entry): string | undefined {
  if (entry.kind === "team") return printOf(`team ${entry.teamId}`, entry.line.totals, []);
  if (entry.kind !== "live") return undefined;
  const { teamId, totals, periods } = entry.line;
  return printOf(`${entry.playerId} ${teamId}`, totals, periods);
}

function printOf(who: string, totals: unknown, periods: readonly Period[] = []): string {
  const of = (counts: unknown) =>
    [...STATISTICS, ...TEAM_STATISTICS].map((name) => (counts as Counts)?.[name] ?? "").join(",");
  const rows = periods.map(({ period, totals }) => `${period}:${of(totals)}`);
  return crc32([who, of(totals), ...rows].join("|")).toString(36);
}
