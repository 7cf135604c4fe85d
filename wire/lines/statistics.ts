import { STATISTICS, type Statistic } from "#domain/statistics";
import type { Statistic as OnWire } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";

// The enum's values stand in the order of a line's statistics, from 1.

/** The statistic that a request names. The rules in the .proto have left no other value. */
export function statisticOf(statistic: OnWire): Statistic {
  const found = STATISTICS[statistic - 1];
  if (found === undefined) throw new RangeError(`no statistic ${statistic}`);
  return found;
}

/** A statistic as a request names it. */
export function statisticOnWire(statistic: Statistic): OnWire {
  return (STATISTICS.indexOf(statistic) + 1) as OnWire;
}
