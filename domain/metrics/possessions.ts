import type { TeamOnly, Totals } from "#domain/statistics";
import { type Coefficients, ON_COURT } from "./coefficients.ts";
import { knows, ratio } from "./known.ts";

const MINUTE_S = 60;

/**
 * The totals of a team for the formulas of this file: the sum of its players' lines, with the
 * turnovers that belong to no player (24 seconds, 8 seconds, …) among the turnovers, as
 * Basketball-Reference has them. Turnovers are unknown when either part is.
 */
export function teamTotals(players: Totals, { teamTurnovers }: TeamOnly): Totals {
  const { turnovers, ...others } = players;
  if (turnovers === undefined || teamTurnovers === undefined) return others;
  return { ...others, turnovers: turnovers + teamTurnovers };
}

/**
 * A team's possessions, estimated from its own totals: FGA − OREB + TOV + w × FTA, where w is the
 * league's weight of a free throw (0.44 in the NBA).
 * Version 1. Source: Dean Oliver, "Basketball on Paper", simplified; Ken Pomeroy, "Stats
 * Explained".
 */
export function possessions(team: Totals, { freeThrowWeight }: Coefficients): number | undefined {
  if (!knows(team, "fieldGoalsAttempted", "freeThrowsAttempted")) return undefined;
  if (!knows(team, "offensiveRebounds", "turnovers")) return undefined;
  const { fieldGoalsAttempted, freeThrowsAttempted, offensiveRebounds, turnovers } = team;
  return (
    fieldGoalsAttempted - offensiveRebounds + turnovers + freeThrowWeight * freeThrowsAttempted
  );
}

/**
 * The possessions of either team of a game or season, estimated from both and averaged, because two
 * teams have the ball about equally often: the mean over both sides of FGA + 0.4 × FTA − 1.07 ×
 * OREB / (OREB + opponent DREB) × (FGA − FGM) + TOV.
 * The same whichever side is named first. Undefined when neither took a rebound at an end.
 * Version 1. Source: Basketball-Reference, glossary, Poss; after Dean Oliver, "Basketball on
 * Paper".
 */
export function averagedPossessions(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): number | undefined {
  const own = possessionsAgainst(team, opponent, coefficients);
  const theirs = possessionsAgainst(opponent, team, coefficients);
  return own === undefined || theirs === undefined ? undefined : (own + theirs) / 2;
}

/**
 * Possessions in a game of regulation length (48 minutes in the NBA, 40 in most other leagues):
 * minutes × averaged possessions / (team MIN / 5). Team minutes are those of all its players
 * together.
 * Version 1. Source: Basketball-Reference, glossary, Pace.
 */
export function pace(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): number | undefined {
  const both = averagedPossessions(team, opponent, coefficients);
  if (both === undefined || !knows(team, "secondsPlayed")) return undefined;
  const minutesPlayed = team.secondsPlayed / MINUTE_S / ON_COURT;
  return ratio(coefficients.regulationMinutes * both, minutesPlayed);
}

/**
 * Points scored on 100 possessions: 100 × PTS / averaged possessions.
 * Version 1. Source: Basketball-Reference, glossary, ORtg (of teams).
 */
export function offensiveRating(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): number | undefined {
  if (!knows(team, "points")) return undefined;
  return ratio(100 * team.points, averagedPossessions(team, opponent, coefficients));
}

/**
 * Points allowed on 100 possessions: 100 × opponent PTS / averaged possessions. Lower is better.
 * Version 1. Source: Basketball-Reference, glossary, DRtg (of teams).
 */
export function defensiveRating(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): number | undefined {
  return offensiveRating(opponent, team, coefficients);
}

/**
 * Points by which 100 possessions were won: offensive less defensive rating.
 * Version 1. Source: Basketball-Reference, glossary, NRtg.
 */
export function netRating(
  team: Totals,
  opponent: Totals,
  coefficients: Coefficients,
): number | undefined {
  const scored = offensiveRating(team, opponent, coefficients);
  const allowed = defensiveRating(team, opponent, coefficients);
  return scored === undefined || allowed === undefined ? undefined : scored - allowed;
}

function possessionsAgainst(
  team: Totals,
  opponent: Totals,
  { freeThrowWeightAveraged, offensiveReboundWeight }: Coefficients,
): number | undefined {
  if (!knows(team, "fieldGoalsMade", "fieldGoalsAttempted", "freeThrowsAttempted", "turnovers")) {
    return undefined;
  }
  const rebounded = offensiveReboundPercentage(team, opponent);
  if (rebounded === undefined) return undefined;
  const { fieldGoalsMade, fieldGoalsAttempted, freeThrowsAttempted, turnovers } = team;
  const extended = offensiveReboundWeight * rebounded * (fieldGoalsAttempted - fieldGoalsMade);
  return fieldGoalsAttempted + freeThrowWeightAveraged * freeThrowsAttempted - extended + turnovers;
}

/**
 * The team's share of the rebounds of its own misses, from 0 to 1: OREB / (OREB + opponent DREB).
 * Version 1. Source: Basketball-Reference, "Four Factors"; Dean Oliver, "Basketball on Paper".
 */
export function offensiveReboundPercentage(team: Totals, opponent: Totals): number | undefined {
  if (!knows(team, "offensiveRebounds") || !knows(opponent, "defensiveRebounds")) return undefined;
  const all = team.offensiveRebounds + opponent.defensiveRebounds;
  return ratio(team.offensiveRebounds, all);
}

/**
 * The team's share of the rebounds of its opponent's misses, from 0 to 1: DREB / (opponent OREB +
 * DREB).
 * Version 1. Source: Basketball-Reference, "Four Factors"; Dean Oliver, "Basketball on Paper".
 */
export function defensiveReboundPercentage(team: Totals, opponent: Totals): number | undefined {
  if (!knows(team, "defensiveRebounds") || !knows(opponent, "offensiveRebounds")) return undefined;
  const all = opponent.offensiveRebounds + team.defensiveRebounds;
  return ratio(team.defensiveRebounds, all);
}
