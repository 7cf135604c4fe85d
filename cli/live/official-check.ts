import { ABBREVIATIONS, COUNTING } from "#domain/statistics";
import type { GetBoxScoreResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import type { OfficialGame } from "../files/index.ts";

/** What came of comparing a box score with the official one. */
export type OfficialCheck = {
  /** Players whom either of the two has. */
  readonly players: number;
  /** Each cell that differs, as a sentence; empty when the two are equal. */
  readonly differences: readonly string[];
};

/** Compares every counting statistic of every player. Time on court is not compared. */
export function checkedAgainst(box: GetBoxScoreResponse, official: OfficialGame): OfficialCheck {
  const shown = new Map(
    box.teams.flatMap(({ players }) => players.map((player) => [player.playerId, player] as const)),
  );
  const differences: string[] = [];
  for (const row of official.rows) {
    const player = shown.get(row.playerId);
    const name = player?.name ?? row.playerName ?? row.playerId;
    shown.delete(row.playerId);
    if (player === undefined) {
      differences.push(`${name} is only in the official box score.`);
      continue;
    }
    for (const statistic of COUNTING) {
      const here = player.totals?.[statistic] ?? 0;
      const there = row.totals[statistic];
      if (here === there) continue;
      differences.push(`${name}: ${ABBREVIATIONS[statistic]} is ${here}, officially ${there}.`);
    }
  }
  for (const { name } of shown.values()) {
    differences.push(`${name} is not in the official box score.`);
  }
  return { players: official.rows.length + shown.size, differences };
}
