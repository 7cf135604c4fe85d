import type { NewLine } from "#client";
import type { PlayedLine } from "#domain/plays";
import { timestampOf } from "./game-facts.ts";

/** A played line as it is uploaded. */
export function uploadedLine(line: PlayedLine): NewLine {
  const happenedTime = timestampOf(line.happenedAt);
  const { teamId } = line;
  if (line.kind === "player") {
    const { playerId, totals } = line;
    const periods = [...line.periods];
    return { of: { case: "player", value: { playerId, teamId, happenedTime, totals, periods } } };
  }
  return { of: { case: "team", value: { teamId, happenedTime, totals: line.totals } } };
}
