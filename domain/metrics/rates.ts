import type { Statistic, Totals } from "#domain/statistics";
import { type Coefficients, ON_COURT } from "./coefficients.ts";
import { knows, ratio } from "./known.ts";

const MINUTE_S = 60;

/**
 * A statistic as if the player had been on court for 36 minutes: 36 × statistic / MIN.
 * Version 1. Source: Basketball-Reference, glossary, Per 36 Minutes.
 */
export function per36(totals: Totals, statistic: Statistic): number | undefined {
  if (!knows(totals, statistic)) return undefined;
  return ratio(36 * MINUTE_S * totals[statistic], totals.secondsPlayed);
}

/**
 * A statistic a game played: statistic / GP. Seconds on court too are an average of seconds.
 * Version 1. Source: NBA stats glossary, Per Game.
 */
export function perGame(totals: Totals, games: number, statistic: Statistic): number | undefined {
  return ratio(totals[statistic], games);
}

/**
 * The share of the team's plays that the player used up while on court, estimated, from 0 to 1:
 * (FGA + w × FTA + TOV) × (team MIN / 5) / (MIN × (team FGA + w × team FTA + team TOV)).
 *
 * Team minutes are those of all its players together. The league counts the plays while the player
 * was on court instead, so its figure differs by a point or two. A minutes-weighted mean over a
 * team is 1/5.
 * Version 1. Source: Basketball-Reference, glossary, USG%.
 */
export function usagePercentage(
  player: Totals,
  team: Totals,
  coefficients: Coefficients,
): number | undefined {
  if (!knows(player, "secondsPlayed") || !knows(team, "secondsPlayed")) return undefined;
  const used = playsUsed(player, coefficients);
  const ofTeam = playsUsed(team, coefficients);
  if (used === undefined || ofTeam === undefined) return undefined;
  return ratio(used * (team.secondsPlayed / ON_COURT), player.secondsPlayed * ofTeam);
}

/**
 * Turnovers of all plays, from 0 to 1: TOV / (FGA + w × FTA + TOV).
 * Version 1. Source: Basketball-Reference, glossary, TOV%.
 */
export function turnoverPercentage(totals: Totals, coefficients: Coefficients): number | undefined {
  return ratio(totals.turnovers, playsUsed(totals, coefficients));
}

/** The shots, trips to the line and turnovers that ended with these totals' owner. */
function playsUsed(totals: Totals, { freeThrowWeight }: Coefficients): number | undefined {
  if (!knows(totals, "fieldGoalsAttempted", "freeThrowsAttempted", "turnovers")) return undefined;
  const { fieldGoalsAttempted, freeThrowsAttempted, turnovers } = totals;
  return fieldGoalsAttempted + freeThrowWeight * freeThrowsAttempted + turnovers;
}
