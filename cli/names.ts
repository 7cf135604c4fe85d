import { closestPlayers, folded } from "#domain/roster";
import type { Player, Team } from "#gen/courtside/roster/v1/roster_pb.ts";
import { wholeTeamText } from "./game-text.ts";
import { type MeshServices, read } from "./mesh-services.ts";
import { Complaint } from "./shell.ts";

/** How many matches of an ambiguous name are listed. */
const LISTED_MAX = 20;

/** The id of the player who is meant by an id or a name. Throws a complaint if that is not clear. */
export async function playerMeant(
  services: MeshServices,
  league: string,
  query: string,
): Promise<string> {
  if (isNumber(query)) return query;
  const request = { league, query, pageSize: 100 };
  const { players, total } = await read(() => services.stats.listPlayers(request));
  return chosenPlayer(query, players, total);
}

/** The id of the team that is meant by an id, a tricode or a name. */
export async function teamMeant(
  services: MeshServices,
  league: string,
  query: string,
): Promise<string> {
  if (isNumber(query)) return query;
  const { teams } = await read(() => services.stats.listTeams({ league, query }));
  return chosenTeam(query, teams);
}

/** A player or a team, and the name to show. */
export type SubjectMeant = {
  readonly subject: { readonly case: "playerId" | "teamId"; readonly value: string };
  readonly name: string;
};

/**
 * The player or the team that is meant by an id or a name: the team of that very id, short name or name,
 * else a player, else a team of which it is a part.
 */
export async function subjectMeant(
  services: MeshServices,
  league: string,
  query: string,
): Promise<SubjectMeant> {
  const [{ teams }, { players, total }] = await Promise.all([
    read(() => services.stats.listTeams({ league, query })),
    read(() => services.stats.listPlayers({ league, query, pageSize: 100 })),
  ]);
  return chosenSubject(query, teams, players, total);
}

/** Which of the teams and players found for a query is meant. `total` is how many players were found. */
export function chosenSubject(
  query: string,
  teams: readonly Team[],
  players: readonly Player[],
  total: number,
): SubjectMeant {
  if (teamsNamed(query, teams).length === 0 && (players.length > 0 || teams.length === 0)) {
    // A number is an id also when no roster has it.
    const isNobody = players.length === 0 && isNumber(query);
    const value = isNobody ? query : chosenPlayer(query, players, total);
    const name = players.find(({ playerId }) => playerId === value)?.name ?? value;
    return { subject: { case: "playerId", value }, name };
  }
  const value = chosenTeam(query, teams);
  const team = teams.find(({ teamId }) => teamId === value);
  return { subject: { case: "teamId", value }, name: wholeTeamText(team) };
}

/** A query that can only be an id: it is one also when no roster has it. */
function isNumber(query: string): boolean {
  return /^\d{1,64}$/.test(query);
}

/**
 * Which of the players found for a query is meant: the one whom it means most closely, or the only
 * one. `total` is how many were found.
 */
export function chosenPlayer(query: string, players: readonly Player[], total: number): string {
  const closest = closestPlayers(players, query);
  const [first, second] = closest;
  if (first === undefined) throw new Complaint(`No player is called "${query}".`);
  if (second === undefined && (closest !== players || total === 1)) return first.playerId;
  const matches = closest.map(({ name, playerId }) => `${name} (${playerId})`);
  throw ambiguous(query, matches, closest === players ? total : matches.length);
}

/** Which of the teams found for a query is meant: the only one, or the one of that very name. */
export function chosenTeam(query: string, teams: readonly Team[]): string {
  const named = teamsNamed(query, teams);
  const [first, second] = named.length > 0 ? named : teams;
  if (first === undefined) throw new Complaint(`No team is called "${query}".`);
  if (second === undefined) return first.teamId;
  const matches = teams.map(({ city, name, teamId }) => `${city} ${name} (${teamId})`);
  throw ambiguous(query, matches, matches.length);
}

/** The teams of that very id, short name or name. */
function teamsNamed(query: string, teams: readonly Team[]): Team[] {
  const wanted = folded(query);
  return teams.filter(({ teamId, tricode, city, name }) =>
    [teamId, tricode, name, `${city} ${name}`].some((one) => folded(one) === wanted),
  );
}

function ambiguous(query: string, matches: readonly string[], total: number): Complaint {
  const listed = matches.slice(0, LISTED_MAX);
  const others = total - listed.length;
  const list = `${listed.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
  return new Complaint(`"${query}" may be ${list}: say which one.`);
}
