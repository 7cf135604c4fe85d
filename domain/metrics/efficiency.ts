import type { Totals } from "#domain/statistics";
import type { Coefficients } from "./coefficients.ts";
import { knows, ratio } from "./known.ts";

const MINUTE_S = 60;

/** The rating of an average player, whatever the league and season. */
const LEAGUE_AVERAGE = 15;

/** What the rating of a player needs of the player's team: its totals and its pace. */
export type TeamContext = { readonly totals: Totals; readonly pace: number };

/**
 * What it needs of the league: the totals of all players, the pace of all teams, and
 * {@link leagueEfficiency}, the mean that becomes 15.
 */
export type LeagueContext = {
  readonly totals: Totals;
  readonly pace: number;
  readonly efficiency: number;
};

/**
 * What a player did in one game as one number on the scale of points (10 is average, 40
 * outstanding): PTS + 0.4 FGM − 0.7 FGA − 0.4 (FTA − FTM) + 0.7 OREB + 0.3 DREB + STL + 0.7 AST +
 * 0.7 BLK − 0.4 PF − TOV.
 * Version 1. Source: John Hollinger, in Basketball-Reference, glossary, GmSc.
 */
export function gameScore(line: Totals): number | undefined {
  if (!knows(line, "points", "fieldGoalsMade", "fieldGoalsAttempted")) return undefined;
  if (!knows(line, "freeThrowsMade", "freeThrowsAttempted")) return undefined;
  if (!knows(line, "offensiveRebounds", "defensiveRebounds", "assists")) return undefined;
  if (!knows(line, "steals", "blocks", "turnovers", "personalFouls")) return undefined;
  return (
    line.points +
    0.4 * line.fieldGoalsMade -
    0.7 * line.fieldGoalsAttempted -
    0.4 * (line.freeThrowsAttempted - line.freeThrowsMade) +
    0.7 * line.offensiveRebounds +
    0.3 * line.defensiveRebounds +
    line.steals +
    0.7 * line.assists +
    0.7 * line.blocks -
    0.4 * line.personalFouls -
    line.turnovers
  );
}

/**
 * Hollinger's player efficiency rating, PER: 15 is the league's average. It is
 * uPER × (league pace / team pace) × (15 / league efficiency), see {@link unadjustedEfficiency}.
 * A player of several teams has one rating a team; weigh them by minutes for one over all.
 * Version 1. Source: John Hollinger, in Basketball-Reference, "Calculating PER".
 */
export function playerEfficiencyRating(
  player: Totals,
  team: TeamContext,
  league: LeagueContext,
  coefficients: Coefficients,
): number | undefined {
  const adjusted = adjustedEfficiency(player, team, league, coefficients);
  if (adjusted === undefined) return undefined;
  return ratio(LEAGUE_AVERAGE * adjusted, league.efficiency);
}

/**
 * The mean over players of uPER × (league pace / team pace), weighed by their seconds on court.
 * Players whose own is undefined are left out; undefined when that leaves none.
 * Version 1. Source: Basketball-Reference, "Calculating PER" (lg_aPER).
 */
export function leagueEfficiency(
  players: Iterable<{ readonly totals: Totals; readonly team: TeamContext }>,
  league: Omit<LeagueContext, "efficiency">,
  coefficients: Coefficients,
): number | undefined {
  let weighed = 0;
  let seconds = 0;
  for (const { totals, team } of players) {
    const adjusted = adjustedEfficiency(totals, team, league, coefficients);
    if (adjusted === undefined || !knows(totals, "secondsPlayed")) continue;
    weighed += adjusted * totals.secondsPlayed;
    seconds += totals.secondsPlayed;
  }
  return ratio(weighed, seconds);
}

/**
 * What a player was worth in points a minute, before pace and league: uPER = 1 / MIN × (
 *   3PM + ⅔ AST + (2 − factor × tAST / tFGM) × FGM
 *   + 0.5 × FTM × (1 + (1 − tAST / tFGM) + ⅔ × tAST / tFGM)
 *   − VOP × TOV − VOP × DRB% × (FGA − FGM) − VOP × w × (w + (1 − w) × DRB%) × (FTA − FTM)
 *   + VOP × (1 − DRB%) × (REB − OREB) + VOP × DRB% × OREB + VOP × STL + VOP × DRB% × BLK
 *   − PF × (lFTM / lPF − w × lFTA / lPF × VOP)),
 * with t for the team, l for the league, w for its weight of a free throw (0.44 in the NBA), and
 *   factor = ⅔ − 0.5 × lAST / lFGM / (2 × lFGM / lFTM),
 *   VOP = lPTS / (lFGA − lOREB + lTOV + w × lFTA),
 *   DRB% = (lREB − lOREB) / lREB.
 * Version 1. Source: John Hollinger, in Basketball-Reference, "Calculating PER".
 */
export function unadjustedEfficiency(
  player: Totals,
  team: Totals,
  league: Totals,
  coefficients: Coefficients,
): number | undefined {
  const values = leagueValues(league, coefficients);
  const assisted = ratio(team.assists, team.fieldGoalsMade);
  if (values === undefined || assisted === undefined) return undefined;
  if (!knows(player, "fieldGoalsMade", "fieldGoalsAttempted", "threePointersMade"))
    return undefined;
  if (!knows(player, "freeThrowsMade", "freeThrowsAttempted", "assists")) return undefined;
  if (!knows(player, "offensiveRebounds", "rebounds", "steals", "blocks")) return undefined;
  if (!knows(player, "turnovers", "personalFouls", "secondsPlayed")) return undefined;

  const { possession, defensiveRebound, assistFactor, foul } = values;
  const { freeThrowWeight: w } = coefficients;
  const freeThrowsMissed = player.freeThrowsAttempted - player.freeThrowsMade;
  const worth =
    player.threePointersMade +
    (2 / 3) * player.assists +
    (2 - assistFactor * assisted) * player.fieldGoalsMade +
    0.5 * player.freeThrowsMade * (1 + (1 - assisted) + (2 / 3) * assisted) -
    possession * player.turnovers -
    possession * defensiveRebound * (player.fieldGoalsAttempted - player.fieldGoalsMade) -
    possession * w * (w + (1 - w) * defensiveRebound) * freeThrowsMissed +
    possession * (1 - defensiveRebound) * (player.rebounds - player.offensiveRebounds) +
    possession * defensiveRebound * player.offensiveRebounds +
    possession * player.steals +
    possession * defensiveRebound * player.blocks -
    foul * player.personalFouls;
  return ratio(worth, player.secondsPlayed / MINUTE_S);
}

function adjustedEfficiency(
  player: Totals,
  team: TeamContext,
  league: Omit<LeagueContext, "efficiency">,
  coefficients: Coefficients,
): number | undefined {
  const unadjusted = unadjustedEfficiency(player, team.totals, league.totals, coefficients);
  if (unadjusted === undefined) return undefined;
  return ratio(unadjusted * league.pace, team.pace);
}

type LeagueValues = {
  /** Points a possession (VOP). */
  readonly possession: number;
  /** Share of rebounds that the defence takes (DRB%). */
  readonly defensiveRebound: number;
  /** What a field goal owes to its assist (factor). */
  readonly assistFactor: number;
  /** Points that a personal foul costs. */
  readonly foul: number;
};

function leagueValues(league: Totals, { freeThrowWeight }: Coefficients): LeagueValues | undefined {
  if (!knows(league, "fieldGoalsMade", "fieldGoalsAttempted", "assists")) return undefined;
  if (!knows(league, "freeThrowsMade", "freeThrowsAttempted", "personalFouls")) return undefined;
  if (!knows(league, "offensiveRebounds", "rebounds", "turnovers")) return undefined;
  const { fieldGoalsMade, freeThrowsMade, freeThrowsAttempted, personalFouls } = league;
  const ended = league.fieldGoalsAttempted - league.offensiveRebounds + league.turnovers;
  const possession = ratio(league.points, ended + freeThrowWeight * freeThrowsAttempted);
  const defensiveRebound = ratio(league.rebounds - league.offensiveRebounds, league.rebounds);
  // Multiplied out, so that a league without a free throw has a factor too.
  const assisted = ratio(league.assists * freeThrowsMade, 4 * fieldGoalsMade * fieldGoalsMade);
  if (possession === undefined || defensiveRebound === undefined || assisted === undefined) {
    return undefined;
  }
  const cost = freeThrowsMade - freeThrowWeight * freeThrowsAttempted * possession;
  const foul = ratio(cost, personalFouls);
  if (foul === undefined) return undefined;
  return { possession, defensiveRebound, assistFactor: 2 / 3 - assisted, foul };
}
