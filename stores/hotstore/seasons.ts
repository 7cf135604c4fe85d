import { EMPTY_TALLY, EMPTY_TEAM_SEASON, type PlayerSeason, type TeamSeason } from "#domain/season";
import { tallyOf, teamOnlyOf } from "./codec.ts";

type Fields = Readonly<Record<string, string>>;

/** The season of a player's hash (`all`, and a field a team); undefined when there is none. */
export function playerSeasonOf({ all, ...byTeam }: Fields): PlayerSeason | undefined {
  if (all === undefined) return undefined;
  const tallies = Object.entries(byTeam).map(([teamId, text]) => [teamId, tallyOf(text)] as const);
  return { all: tallyOf(all), byTeam: new Map(tallies) };
}

/** The season of a team's hash (`players` and `team`); undefined when there is none. */
export function teamSeasonOf({ players, team }: Fields): TeamSeason | undefined {
  if (players === undefined && team === undefined) return undefined;
  return {
    players: players === undefined ? EMPTY_TALLY : tallyOf(players),
    team: team === undefined ? EMPTY_TEAM_SEASON.team : teamOnlyOf(team),
  };
}
