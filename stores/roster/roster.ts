import type pg from "pg";
import type { Player, Team } from "#domain/roster";
import { inTransaction, query } from "#stores/postgres";

/** The names of a league's teams and players. */
export type Names = {
  /** Rises with every change. */
  readonly version: number;
  /** By id. */
  readonly teams: ReadonlyMap<string, Team>;
  /** By id. */
  readonly players: ReadonlyMap<string, Player>;
};

/** The names kept for good. */
export type Roster = {
  /** Replaces what is known under the same ids; returns the league's version after it. */
  record(league: string, teams: readonly Team[], players: readonly Player[]): Promise<number>;
  /** Every league that has names, and its version. */
  versions(): Promise<Map<string, number>>;
  /** All names of a league, read at one moment. */
  names(league: string): Promise<Names>;
};

const PUT_TEAMS = `
  insert into team as known (league, team_id, tricode, city, name)
  select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])
  on conflict (league, team_id) do update
    set tricode = excluded.tricode, city = excluded.city, name = excluded.name
    where (known.tricode, known.city, known.name)
      is distinct from (excluded.tricode, excluded.city, excluded.name)`;

// Arrays of arrays must be of one length, so aliases come as JSON.
const PUT_PLAYERS = `
  insert into player as known (league, player_id, name, aliases)
  select $1, p.id, p.name, array(select jsonb_array_elements_text(p.aliases))
  from unnest($2::text[], $3::text[], $4::jsonb[]) as p(id, name, aliases)
  on conflict (league, player_id) do update
    set name = excluded.name, aliases = excluded.aliases
    where (known.name, known.aliases) is distinct from (excluded.name, excluded.aliases)`;

const RAISE = `
  insert into roster_version as known (league, version) values ($1, $2)
  on conflict (league) do update set version = known.version + $2
  returning version`;

const VERSIONS = "select league, version from roster_version";
const VERSION = "select version from roster_version where league = $1";
const TEAMS = "select team_id, tricode, city, name from team where league = $1";
const PLAYERS = "select player_id, name, aliases from player where league = $1";

/** The roster kept in Postgres. */
export function rosterIn(pool: pg.Pool): Roster {
  return {
    record(league, teams, players) {
      return inTransaction(pool, async (client) => {
        // The version's row is locked first: writers of one league come one after the other.
        const lock = { name: "roster_lock", text: RAISE, values: [league, 0] };
        const before = await client.query<{ version: string }>(lock);
        const puts = [
          await client.query({
            name: "roster_teams",
            text: PUT_TEAMS,
            values: teamColumns(league, teams),
          }),
          await client.query({
            name: "roster_players",
            text: PUT_PLAYERS,
            values: playerColumns(league, players),
          }),
        ];
        const changed = puts.some(({ rowCount }) => (rowCount ?? 0) > 0);
        if (!changed) return Number(before.rows[0]?.version ?? 0);
        const raise = { name: "roster_raise", text: RAISE, values: [league, 1] };
        const { rows } = await client.query<{ version: string }>(raise);
        return Number(rows[0]?.version ?? 0);
      });
    },
    async versions() {
      const { rows } = await query<{ league: string; version: string }>(pool, {
        name: "roster_versions",
        text: VERSIONS,
      });
      return new Map(rows.map(({ league, version }) => [league, Number(version)]));
    },
    names(league) {
      return inTransaction(
        pool,
        async (client) => {
          const values = [league];
          const version = await client.query<{ version: string }>({ text: VERSION, values });
          const teams = await client.query<StoredTeam>({ text: TEAMS, values });
          const players = await client.query<StoredPlayer>({ text: PLAYERS, values });
          return {
            version: Number(version.rows[0]?.version ?? 0),
            teams: new Map(teams.rows.map((row) => [row.team_id, teamOf(row)])),
            players: new Map(players.rows.map((row) => [row.player_id, playerOf(row)])),
          };
        },
        "begin isolation level repeatable read read only",
      );
    },
  };
}

type StoredTeam = { team_id: string; tricode: string; city: string; name: string };
type StoredPlayer = { player_id: string; name: string; aliases: string[] };

function teamOf({ team_id, tricode, city, name }: StoredTeam): Team {
  return { teamId: team_id, tricode, city, name };
}

function playerOf({ player_id, name, aliases }: StoredPlayer): Player {
  return { playerId: player_id, name, aliases };
}

function teamColumns(league: string, teams: readonly Team[]): unknown[] {
  return [
    league,
    teams.map(({ teamId }) => teamId),
    teams.map(({ tricode }) => tricode),
    teams.map(({ city }) => city),
    teams.map(({ name }) => name),
  ];
}

function playerColumns(league: string, players: readonly Player[]): unknown[] {
  return [
    league,
    players.map(({ playerId }) => playerId),
    players.map(({ name }) => name),
    players.map(({ aliases }) => JSON.stringify(aliases)),
  ];
}
