import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of its own for one test, with the files given by their paths in it; gone after the test. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "courtside-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** One event as a file has it, in one line. Fields set to undefined are left out. */
export function eventLine(over: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({
    game_id: "0022300061",
    date: 20231024,
    season_year: 2024,
    actionNumber: 7,
    period: 1,
    clock: "PT11M42.50S",
    actionType: "2pt",
    description: "A. Davis DUNK (2 PTS) (D. Russell 1 AST)",
    team: "LAL",
    teamId: 1610612747,
    opp_team: "DEN",
    person_id: 203076,
    playerName: "Davis",
    shotResult: "Made",
    assister_id: 1626156,
    scoreHome: 0,
    scoreAway: 2,
    players_on: [203076, 1626156, 203999],
    ...over,
  })}\n`;
}

/** All that an async iterable gives. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}
