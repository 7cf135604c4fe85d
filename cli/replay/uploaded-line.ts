import type { NewLine } from "#client";
import type { PlayedLine } from "#domain/plays";
import type { Totals } from "#domain/statistics";
import { timestampOf } from "./game-facts.ts";

/** A played line as it is uploaded. */
export function uploadedLine(line: PlayedLine): NewLine {
  const happenedTime = timestampOf(line.happenedAt);
  const { teamId } = line;
  if (line.kind === "player") {
    const { playerId, totals } = line;
    const periods = line.periods.map((row) => ({ ...row, totals: withoutZeros(row.totals) }));
    return { of: { case: "player", value: { playerId, teamId, happenedTime, totals, periods } } };
  }
  return { of: { case: "team", value: { teamId, happenedTime, totals: line.totals } } };
}

// What a period does not say is 0 there; most of it is, and each field costs its reader time.
function withoutZeros(totals: Totals): Totals {
  return Object.fromEntries(Object.entries(totals).filter(([, count]) => count !== 0));
}
