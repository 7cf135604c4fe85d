import {
  type Coefficients,
  type LeagueContext,
  leagueEfficiency,
  pace,
  type TeamContext,
  teamTotals,
} from "#domain/metrics";
import {
  EMPTY_SIDE,
  type PlayerSeason,
  plusSide,
  type SeasonTotals,
  type Side,
  type Tally,
} from "#domain/season";
import { STATISTICS, sumOf, type Totals } from "#domain/statistics";

/** A season at one moment, with what its metrics weigh players and teams against. */
export type SeasonContext = SeasonTotals & {
  /** Undefined for a league without any: what needs them is unknown. */
  readonly coefficients: Coefficients | undefined;
  /** The totals of each team's players, by team id, and its pace where that is known. */
  readonly byTeam: ReadonlyMap<string, { readonly totals: Totals; readonly pace?: number }>;
  /** Undefined while the season is too young, or too little of it is known, for ratings. */
  readonly league: LeagueContext | undefined;
};

/** Works out once what all metrics of a season share. */
export function seasonContext(
  totals: SeasonTotals,
  coefficients: Coefficients | undefined,
): SeasonContext {
  const byTeam = new Map(
    [...totals.teams].map(([teamId, { opponents, ...own }]) => {
      const teamPace = coefficients && paceOf(own, opponents, coefficients);
      return [
        teamId,
        {
          totals: knownTotals(own.players),
          ...(teamPace !== undefined && { pace: teamPace }),
        },
      ];
    }),
  );
  const context = { ...totals, coefficients, byTeam };
  return { ...context, league: leagueOf(context) };
}

/** The totals of some lines, without the statistics that any of these does not know. */
export function knownTotals({ totals, unknown }: Tally): Totals {
  return Object.fromEntries(
    STATISTICS.filter((name) => unknown[name] === undefined).map((name) => [name, totals[name]]),
  );
}

/** The totals of a side for the formulas of teams: with the turnovers that no player committed. */
export function knownTeamTotals({ players, team }: Side): Totals {
  return teamTotals(knownTotals(players), team);
}

/** The team with its pace, as a rating needs it; undefined where that is not known. */
export function ratedTeam(
  { byTeam }: Pick<SeasonContext, "byTeam">,
  teamId: string,
): TeamContext | undefined {
  const team = byTeam.get(teamId);
  return team?.pace === undefined ? undefined : { totals: team.totals, pace: team.pace };
}

function leagueOf(season: Omit<SeasonContext, "league">): LeagueContext | undefined {
  const { coefficients, players, teams } = season;
  if (coefficients === undefined) return undefined;
  const rated = [...players.values()].flatMap((player) => ratedLines(player, season));
  let both = EMPTY_SIDE;
  let theirs = EMPTY_SIDE;
  for (const { opponents, live: _, ...own } of teams.values()) {
    if (paceOf(own, opponents, coefficients) === undefined) continue;
    both = plusSide(both, own);
    theirs = plusSide(theirs, opponents);
  }
  const leaguePace = paceOf(both, theirs, coefficients);
  if (leaguePace === undefined) return undefined;
  const league = { totals: sumOf(rated.map(({ totals }) => totals)), pace: leaguePace };
  const efficiency = leagueEfficiency(rated, league, coefficients);
  return efficiency === undefined ? undefined : { ...league, efficiency };
}

/** A player's totals for each team, where all of them and the team's pace are known. */
function ratedLines(
  { byTeam }: PlayerSeason,
  season: Pick<SeasonContext, "byTeam">,
): { totals: Totals; team: TeamContext }[] {
  return [...byTeam].flatMap(([teamId, { totals, unknown }]) => {
    const team = ratedTeam(season, teamId);
    return team !== undefined && Object.keys(unknown).length === 0 ? [{ totals, team }] : [];
  });
}

function paceOf(own: Side, opponents: Side, coefficients: Coefficients): number | undefined {
  return pace(knownTeamTotals(own), knownTeamTotals(opponents), coefficients);
}
