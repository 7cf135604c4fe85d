import { FORMULA_VERSIONS } from "#domain/metrics";

/** A formula with its version: "trueShootingPercentage/1". */
export type FormulaName = keyof typeof FORMULA_VERSIONS;

const SHOOTING = [
  "effectiveFieldGoalPercentage",
  "fieldGoalPercentage",
  "freeThrowPercentage",
  "threePointPercentage",
  "trueShootingPercentage",
] as const satisfies readonly FormulaName[];

/** The formulas of a line's metrics. */
export const LINE_FORMULAS: readonly FormulaName[] = [...SHOOTING, "gameScore"];

/** The formulas of a player's season, with those that its rating stands on. */
export const PLAYER_FORMULAS: readonly FormulaName[] = [
  ...SHOOTING,
  "assistToTurnover",
  "featsOf",
  "gameScore",
  "leagueEfficiency",
  "pace",
  "per36",
  "perGame",
  "playerEfficiencyRating",
  "turnoverPercentage",
  "unadjustedEfficiency",
  "usagePercentage",
];

/** The formulas of a team's metrics. */
export const TEAM_FORMULAS: readonly FormulaName[] = [
  ...SHOOTING,
  "assistToTurnover",
  "averagedPossessions",
  "defensiveRating",
  "fourFactors",
  "netRating",
  "offensiveRating",
  "pace",
  "perGame",
];

/** Formulas as answers name them, each once and in order, e.g. "trueShootingPercentage/1". */
export function versionsOf(formulas: Iterable<FormulaName>): string[] {
  return [...new Set(formulas)].sort().map((name) => `${name}/${FORMULA_VERSIONS[name]}`);
}
