import {
  type Absence,
  absencesOf,
  type BoxScore,
  type CountedLine,
  countedLine,
  type GameFacts,
  type LiveLine,
  type LiveTeamLine,
} from "#domain/boxscore";
import type { Rows } from "./changes.ts";

/** A part of a box score that changes by itself. */
export type GameRow =
  | ({ readonly of: "absence" } & Absence)
  | { readonly of: "facts"; readonly facts: GameFacts }
  | {
      readonly of: "player";
      readonly playerId: string;
      readonly line: CountedLine;
      /** Of the newest live line, whatever counts. */
      readonly periods: LiveLine["periods"];
    }
  | { readonly of: "team"; readonly teamId: string; readonly totals: LiveTeamLine["totals"] };

/**
 * What a watcher sees of a game: its facts, the line that counts of each player, what belongs to each
 * team alone, and who did not play. Which epoch, number or revision it came with is not in it.
 */
export function gameRows(box: BoxScore): Rows<GameRow> {
  const { facts, players, teams } = box;
  const rows = new Map<string, GameRow>([["facts", { of: "facts", facts }]]);
  for (const [playerId, lines] of players) {
    const line = countedLine(lines);
    if (line === undefined) continue;
    const periods = lines.live?.periods;
    rows.set(`player:${playerId}`, { of: "player", playerId, line, periods });
  }
  for (const [teamId, { totals }] of teams) {
    rows.set(`team:${teamId}`, { of: "team", teamId, totals });
  }
  for (const absence of absencesOf(box)) {
    rows.set(`absence:${absence.playerId}`, { of: "absence", ...absence });
  }
  return rows;
}
