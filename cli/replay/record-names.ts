import { retried } from "#client";
import {
  type GamePlays,
  type Roster,
  type RosterPlayer,
  type RosterTeam,
  readRoster,
} from "../files/index.ts";
import type { MeshServices } from "../mesh-services.ts";
import { SHIPPED } from "../shipped.ts";

const TEAMS_MAX = 500;
const PLAYERS_MAX = 1_000;

/** The names of the shipped data and of what lies beside or above `path`, which comes first. */
export async function namesFor(path: string): Promise<Roster> {
  const [shipped, beside] = await Promise.all([readRoster(SHIPPED.reference), readRoster(path)]);
  const byId = <Named>(named: readonly Named[], id: (one: Named) => string) =>
    new Map(named.map((one) => [id(one), one]));
  const teams = [...shipped.teams, ...beside.teams];
  const players = [...shipped.players, ...beside.players];
  return {
    teams: [...byId(teams, ({ teamId }) => teamId).values()],
    players: [...byId(players, ({ playerId }) => playerId).values()],
  };
}

/** Records names; what is known already under the same ids is replaced. */
export async function recordNames(
  services: MeshServices,
  league: string,
  { teams, players }: Roster,
  signal?: AbortSignal,
): Promise<void> {
  const rounds = Math.max(
    Math.ceil(teams.length / TEAMS_MAX),
    Math.ceil(players.length / PLAYERS_MAX),
  );
  for (let round = 0; round < rounds; round++) {
    const request = {
      league,
      teams: part(teams, round, TEAMS_MAX),
      players: part(players, round, PLAYERS_MAX).map(playerInit),
    };
    await retried(() => services.ingest.recordRoster(request), { signal });
  }
}

/**
 * The names that only the events themselves have: short names of teams and family names of players
 * who are not in `known`.
 */
export function namesOnlyIn(game: GamePlays, known: Roster): Roster {
  const teamIds = new Set(known.teams.map(({ teamId }) => teamId));
  const playerIds = new Set(known.players.map(({ playerId }) => playerId));
  const teams: RosterTeam[] = [];
  for (const team of [game.away, game.home]) {
    if (team !== undefined && !teamIds.has(team.teamId))
      teams.push({ ...team, city: "", name: "" });
  }
  const players: RosterPlayer[] = [];
  for (const [playerId, name] of game.playerNames) {
    if (!playerIds.has(playerId)) players.push({ playerId, name, aliases: [] });
  }
  return { teams, players };
}

function part<Item>(items: readonly Item[], round: number, size: number): Item[] {
  return items.slice(round * size, (round + 1) * size);
}

function playerInit({ playerId, name, aliases }: RosterPlayer) {
  return { playerId, name, aliases: [...aliases] };
}
