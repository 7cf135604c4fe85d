import type { GetBoxScoreResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { gameClock, periodText, teamText } from "../game-text.ts";

/**
 * Picks, of a game that is looked at again and again, what is worth a line in a log: each minute of
 * the game and each period's end. Undefined when there is nothing new to say.
 */
export function plainScore(): (box: GetBoxScoreResponse) => string | undefined {
  let shownPeriod = 0;
  let shownMinute = Number.POSITIVE_INFINITY;
  return (box) => {
    const { period, clockLeftMs } = box.game ?? {};
    if (period === undefined || clockLeftMs === undefined) return undefined;
    const minute = Math.ceil(clockLeftMs / 60_000);
    if (period < shownPeriod || (period === shownPeriod && minute >= shownMinute)) return undefined;
    shownPeriod = period;
    shownMinute = minute;
    const when = clockLeftMs === 0 ? "end" : gameClock(clockLeftMs);
    const sides = box.teams.map(({ team, totals }) => `${teamText(team)} ${totals?.points ?? 0}`);
    return `${periodText(period)} ${when.padStart(5)}  ${sides.join("  ")}`;
  };
}
