import type { Counting, TeamStatistic } from "#domain/statistics";
import type { Play } from "./play.ts";
import type { Rebound } from "./rebounds.ts";

/** All counting statistics of one player, from 0. */
export type Counts = Record<Counting, number>;

/** All that is counted for one team and none of its players, from 0. */
export type TeamCounts = Record<TeamStatistic, number>;

/** What one play adds to the line of one player: only ever 1, 2 or 3 a statistic. */
export type Credit = { readonly playerId: string; readonly adds: Partial<Counts> };

const PERSONAL_FOUL = /\(\d+ PF\)/;
/** The league charges a coach under the coach's own id, but in the words that it uses for the team. */
const TEAM_TECHNICAL = /^TEAM foul technical/;

/** A line with nothing in it. */
export const NO_COUNTS: Readonly<Counts> = {
  points: 0,
  fieldGoalsMade: 0,
  fieldGoalsAttempted: 0,
  threePointersMade: 0,
  threePointersAttempted: 0,
  freeThrowsMade: 0,
  freeThrowsAttempted: 0,
  offensiveRebounds: 0,
  defensiveRebounds: 0,
  rebounds: 0,
  assists: 0,
  steals: 0,
  blocks: 0,
  turnovers: 0,
  personalFouls: 0,
};

/** A team's line with nothing in it. */
export const NO_TEAM_COUNTS: Readonly<TeamCounts> = {
  teamOffensiveRebounds: 0,
  teamDefensiveRebounds: 0,
  teamTurnovers: 0,
  benchTechnicals: 0,
};

/**
 * Whose counting statistics a play changes, and by how much. `rebound` is the end at which it was
 * taken, for a player's rebound. A shot names its blocker and a turnover its stealer, but blocks and
 * steals are plays of their own, and those are counted.
 */
export function creditsOf(play: Play, rebound: Rebound | undefined): readonly Credit[] {
  const { playerId, made } = play;
  if (playerId === undefined) return [];
  switch (play.action) {
    case "2pt":
      return [{ playerId, adds: fieldGoal(made, 2) }, ...assistOf(play)];
    case "3pt": {
      const three = { threePointersAttempted: 1, ...(made && { threePointersMade: 1 }) };
      return [{ playerId, adds: { ...fieldGoal(made, 3), ...three } }, ...assistOf(play)];
    }
    case "freethrow": {
      const adds = { freeThrowsAttempted: 1, ...(made && { freeThrowsMade: 1, points: 1 }) };
      return [{ playerId, adds }];
    }
    case "rebound":
      return rebound === undefined ? [] : [{ playerId, adds: { rebounds: 1, [rebound]: 1 } }];
    case "steal":
      return [{ playerId, adds: { steals: 1 } }];
    case "block":
      return [{ playerId, adds: { blocks: 1 } }];
    case "turnover":
      return [{ playerId, adds: { turnovers: 1 } }];
    case "foul":
      return PERSONAL_FOUL.test(play.description) ? [{ playerId, adds: { personalFouls: 1 } }] : [];
    default:
      return [];
  }
}

/** Which of its own statistics a play adds 1 to for the team, if any. */
export function teamStatisticOf({
  action,
  description,
  playerId,
}: Play): TeamStatistic | undefined {
  if (action === "foul" && TEAM_TECHNICAL.test(description)) return "benchTechnicals";
  if (playerId !== undefined) return undefined;
  if (action === "turnover") return "teamTurnovers";
  if (action !== "rebound") return undefined;
  return description.includes("offensive") ? "teamOffensiveRebounds" : "teamDefensiveRebounds";
}

function fieldGoal(made: boolean, points: number): Partial<Counts> {
  return { fieldGoalsAttempted: 1, ...(made && { fieldGoalsMade: 1, points }) };
}

function assistOf({ made, assisterId }: Play): readonly Credit[] {
  return made && assisterId !== undefined ? [{ playerId: assisterId, adds: { assists: 1 } }] : [];
}
