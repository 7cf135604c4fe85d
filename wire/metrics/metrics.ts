import { LEADER_CATEGORIES, type LeaderCategory } from "#domain/metrics";
import { type FormulaName, versionsOf } from "#domain/season-metrics";
import type { Category as OnWire } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";

// The enum's values stand in the order of the categories, from 1.

/** The category that a request names. The rules in the .proto have left no other value. */
export function categoryOf(category: OnWire): LeaderCategory {
  const found = LEADER_CATEGORIES[category - 1];
  if (found === undefined) throw new RangeError(`no category ${category}`);
  return found;
}

/** A category as a request names it. */
export function categoryOnWire(category: LeaderCategory): OnWire {
  return (LEADER_CATEGORIES.indexOf(category) + 1) as OnWire;
}

/** What an answer says that its metrics were computed by. */
export function formulasOnWire(
  formulas: Iterable<FormulaName>,
  coefficients: { readonly version: string } | undefined,
) {
  return { formulas: versionsOf(formulas), coefficients: coefficients?.version ?? "" };
}
