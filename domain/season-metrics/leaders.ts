import {
  assistToTurnover,
  effectiveFieldGoalPercentage,
  fieldGoalPercentage,
  freeThrowPercentage,
  type LeaderCategory,
  type LeaderMinimums,
  per36,
  perGame,
  qualifies,
  stealToTurnover,
  threePointPercentage,
  trueShootingPercentage,
  turnoverPercentage,
} from "#domain/metrics";
import { ranked } from "#domain/ranking";
import type { PlayerSeason } from "#domain/season";
import type { Statistic, Totals } from "#domain/statistics";
import { knownTotals, type SeasonContext } from "./context.ts";
import type { FormulaName } from "./formulas.ts";
import { meanGameScore, ratingOf, usageOf } from "./player-metrics.ts";

/** What a player must have to be ranked: a league's minimums, numbers of the asker's own, or nothing. */
export type Qualifier =
  | { readonly kind: "league"; readonly minimums: LeaderMinimums }
  | { readonly kind: "own"; readonly least: LeastOf }
  | { readonly kind: "none" };

/** The least of each that is asked for; 0 asks for nothing. */
export type LeastOf = {
  readonly games: number;
  readonly secondsPlayed: number;
  /** Of the shots of the category's percentage. */
  readonly made: number;
  readonly attempted: number;
};

/** A row of a board of leaders. */
export type Leader = {
  readonly playerId: string;
  /** 1 is best; equal values share a rank and the next one is skipped. */
  readonly rank: number;
  readonly value: number;
  readonly season: PlayerSeason;
};

/** A board of leaders, best first. */
export type LeaderBoard = {
  readonly leaders: readonly Leader[];
  /** The players who have a value and not the minimum. */
  readonly unqualified: number;
};

/** What a category ranks by. */
export type Category = {
  readonly valueOf: (season: PlayerSeason, context: SeasonContext) => number | undefined;
  /** What its percentage is made of. */
  readonly shots?: Shots;
  /** True where less is better. */
  readonly isLowestFirst?: true;
  /** The formulas that its value comes from. */
  readonly formulas: readonly FormulaName[];
};

type Shots = { readonly made: Statistic; readonly attempted: Statistic };

const FIELD_GOALS: Shots = { made: "fieldGoalsMade", attempted: "fieldGoalsAttempted" };
const THREE_POINTERS: Shots = { made: "threePointersMade", attempted: "threePointersAttempted" };
const FREE_THROWS: Shots = { made: "freeThrowsMade", attempted: "freeThrowsAttempted" };

/** What each category ranks by. */
export const CATEGORIES: Readonly<Record<LeaderCategory, Category>> = {
  pointsPerGame: averageOf("points"),
  reboundsPerGame: averageOf("rebounds"),
  offensiveReboundsPerGame: averageOf("offensiveRebounds"),
  defensiveReboundsPerGame: averageOf("defensiveRebounds"),
  assistsPerGame: averageOf("assists"),
  stealsPerGame: averageOf("steals"),
  blocksPerGame: averageOf("blocks"),
  threePointersMadePerGame: averageOf("threePointersMade"),
  minutesPerGame: averageOf("secondsPlayed", 60),
  fieldGoalPercentage: ofTotals("fieldGoalPercentage", fieldGoalPercentage, FIELD_GOALS),
  threePointPercentage: ofTotals("threePointPercentage", threePointPercentage, THREE_POINTERS),
  freeThrowPercentage: ofTotals("freeThrowPercentage", freeThrowPercentage, FREE_THROWS),
  effectiveFieldGoalPercentage: ofTotals(
    "effectiveFieldGoalPercentage",
    effectiveFieldGoalPercentage,
    FIELD_GOALS,
  ),
  trueShootingPercentage: {
    formulas: ["trueShootingPercentage"],
    valueOf: ({ all }, { coefficients }) =>
      coefficients && trueShootingPercentage(knownTotals(all), coefficients),
  },
  assistToTurnover: ofTotals("assistToTurnover", assistToTurnover),
  stealToTurnover: ofTotals("stealToTurnover", stealToTurnover),
  turnoverPercentage: {
    formulas: ["turnoverPercentage"],
    isLowestFirst: true,
    valueOf: ({ all }, { coefficients }) =>
      coefficients && turnoverPercentage(knownTotals(all), coefficients),
  },
  usagePercentage: {
    formulas: ["usagePercentage"],
    valueOf: ({ byTeam }, context) => usageOf(byTeam, context),
  },
  gameScore: { formulas: ["gameScore"], valueOf: ({ all }) => meanGameScore(all) },
  playerEfficiencyRating: {
    formulas: ["leagueEfficiency", "pace", "playerEfficiencyRating", "unadjustedEfficiency"],
    valueOf: ({ byTeam }, context) => ratingOf(byTeam, context),
  },
  pointsPer36: rateOf("points"),
  reboundsPer36: rateOf("rebounds"),
  assistsPer36: rateOf("assists"),
  stealsPer36: rateOf("steals"),
  blocksPer36: rateOf("blocks"),
  doubleDoubles: { formulas: ["featsOf"], valueOf: ({ all }) => all.doubleDoubles },
  tripleDoubles: { formulas: ["featsOf"], valueOf: ({ all }) => all.tripleDoubles },
};

/**
 * The players of a season ranked by a category, best first; equal values share a rank and stand in the
 * order of their ids. A player whose value is unknown is not ranked. The team games of a league's minimum
 * are those of the player's team that has played the most.
 */
export function leaderBoard(
  context: SeasonContext,
  category: LeaderCategory,
  qualifier: Qualifier,
): LeaderBoard {
  const sign = CATEGORIES[category].isLowestFirst ? -1 : 1;
  const all = allRanked(context, category);
  const rows = all.filter(({ season }) => isQualified(category, season, context, qualifier));
  const leaders = ranked(rows, 0, 0).map(({ member, rank, score, season }) => {
    return { playerId: member, rank, value: sign * score, season };
  });
  return { leaders, unqualified: all.length - leaders.length };
}

type Row = { readonly member: string; readonly score: number; readonly season: PlayerSeason };

const rowsKept = new WeakMap<SeasonContext, Map<LeaderCategory, readonly Row[]>>();

/** Every player whose value is known, best first: worked out once, since many ask for the same board. */
function allRanked(context: SeasonContext, category: LeaderCategory): readonly Row[] {
  const kept = rowsKept.get(context) ?? new Map<LeaderCategory, readonly Row[]>();
  rowsKept.set(context, kept);
  const known = kept.get(category);
  if (known !== undefined) return known;
  const rule = CATEGORIES[category];
  const rows: Row[] = [];
  for (const [member, season] of context.players) {
    const value = rule.valueOf(season, context);
    if (value === undefined) continue;
    rows.push({ member, score: rule.isLowestFirst ? -value : value, season });
  }
  rows.sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1));
  kept.set(category, rows);
  return rows;
}

function isQualified(
  category: LeaderCategory,
  { all, byTeam }: PlayerSeason,
  { teams }: SeasonContext,
  qualifier: Qualifier,
): boolean {
  switch (qualifier.kind) {
    case "none":
      return true;
    case "own": {
      const { games, secondsPlayed, made, attempted } = qualifier.least;
      const { shots } = CATEGORIES[category];
      return (
        all.games >= games &&
        all.totals.secondsPlayed >= secondsPlayed &&
        (shots === undefined ||
          (all.totals[shots.made] >= made && all.totals[shots.attempted] >= attempted))
      );
    }
    case "league": {
      const games = [...byTeam.keys()].map((teamId) => teams.get(teamId)?.players.games ?? 0);
      const player = { games: all.games, totals: knownTotals(all) };
      return qualifies(category, player, Math.max(0, ...games), qualifier.minimums);
    }
  }
}

function averageOf(statistic: Statistic, unit = 1): Category {
  return {
    formulas: ["perGame"],
    valueOf({ all }) {
      const value = perGame(knownTotals(all), all.games, statistic);
      return value === undefined ? undefined : value / unit;
    },
  };
}

function rateOf(statistic: Statistic): Category {
  return { formulas: ["per36"], valueOf: ({ all }) => per36(knownTotals(all), statistic) };
}

function ofTotals(
  formula: FormulaName,
  of: (totals: Totals) => number | undefined,
  shots?: Shots,
): Category {
  return {
    formulas: [formula],
    valueOf: ({ all }) => of(knownTotals(all)),
    ...(shots && { shots }),
  };
}
