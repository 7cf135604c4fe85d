import type pg from "pg";
import type { CountedLine, GameFacts } from "#domain/boxscore";
import { DOUBLE_CATEGORIES } from "#domain/metrics";
import {
  type BothSides,
  bothSides,
  EMPTY_SIDE,
  EMPTY_TALLY,
  type LoggedGame,
  type PlayerGame,
  type PlayerSeason,
  playerSeason,
  plus,
  type SeasonTotals,
  type Side,
  type Tally,
  teamSeason,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import { STATISTICS, type Statistic, TEAM_STATISTICS } from "#domain/statistics";
import type { GameInList } from "#stores/reads";
import { gameFactsIn } from "./box-scores.ts";
import { columnOf, numbersIn } from "./columns.ts";

/** Which games count: those named, or all of the slot. */
export type Games = readonly string[] | "all";

/** A game with the sides that its teams have in it. */
export type SidedGame = LoggedGame & { readonly sides: ReadonlyMap<string, BothSides> };

const FIGURES = DOUBLE_CATEGORIES.map(
  (name) => `(coalesce(${columnOf(name)}, 0) >= 10)::integer`,
).join(" + ");

// In how many lines each statistic is unknown, in their order; null where all are known, as in most.
const UNKNOWN = `nullif(
    array[${STATISTICS.map((name) => `(count(*) - count(${columnOf(name)}))::integer`).join(", ")}],
    array_fill(0, array[${STATISTICS.length}]))`;

// The tally of some lines, but for the games.
const TALLY = `
  count(*) filter (where ${FIGURES} >= 2)::integer as double_doubles,
  count(*) filter (where ${FIGURES} >= 3)::integer as triple_doubles,
  ${STATISTICS.map(columnOf)
    .map((column) => `coalesce(sum(${column}), 0) as ${column}`)
    .join(", ")},
  ${UNKNOWN} as unknown`;

const LINES = STATISTICS.map(columnOf).join(", ");

const PLAYERS = (games: string) => `
  select player_id, team_id, game.status is not distinct from 'live' as live,
    count(*)::integer as games_played, ${TALLY}
  from player_game
  left join game using (slot, game_id)
  where slot = $1 and team_id is not null ${games} and player_id = any($3::text[])
  group by player_id, team_id, live`;

// One scan for the tallies of players and those of sides: each row is one or the other.
const SEASON = (games: string) => `
  select player_id, game_id, team_id, game.status is not distinct from 'live' as live,
    count(*)::integer as games_played, ${TALLY}
  from player_game
  left join game using (slot, game_id)
  where slot = $1 and team_id is not null ${games}
  group by grouping sets ((player_id, team_id, live), (game_id, team_id, live))`;

const POINTS = (games: string) => `
  select game_id, team_id, coalesce(sum(points), 0) as points
  from player_game
  where slot = $1 and team_id is not null ${games}
  group by game_id, team_id`;

const SIDES = (games: string) => `
  select game_id, team_id, ${TALLY}
  from player_game
  where slot = $1 and team_id is not null ${games}
  group by game_id, team_id`;

const TEAM_SIDES = (games: string) => `
  select game_id, team_id, ${TEAM_STATISTICS.map(columnOf)
    .map((column) => `coalesce(${column}, 0) as ${column}`)
    .join(", ")}
  from team_game
  where slot = $1 ${games}`;

const PLAYER_LINES = `
  select player_id, game_id, team_id, official, ${LINES}
  from player_game
  where slot = $1 and team_id is not null and game_id = any($2::text[])
    and player_id = any($3::text[])`;

const GAMES_OF_TEAM = `
  select distinct game_id from player_game where slot = $1 and team_id = $2
  union
  select game_id from team_game where slot = $1 and team_id = $2`;

const GAMES_OF_PLAYERS = `
  select distinct game_id from player_game where slot = $1 and player_id = any($2::text[])`;

type Row = Readonly<Record<string, string | number | boolean | readonly number[] | null>>;

/** The seasons of some players over some games. */
export async function playerSeasonsIn(
  client: pg.PoolClient,
  slot: Slot,
  playerIds: readonly string[],
  games: Games = "all",
): Promise<Map<string, PlayerSeason>> {
  const values = [slot, orNull(games), playerIds];
  return seasonsOf(await rowsIn(client, PLAYERS(among(games)), values));
}

/** The seasons of every player and team over some games. */
export async function totalsIn(
  client: pg.PoolClient,
  slot: Slot,
  games: Games = "all",
): Promise<SeasonTotals> {
  const values = [slot, orNull(games)];
  const rows = await rowsIn(client, SEASON(among(games)), values);
  const players = rows.filter(({ player_id }) => player_id !== null);
  const sides = rows.filter(({ player_id }) => player_id === null);
  const live = new Set(sides.filter((row) => row.live === true).map((row) => row.game_id));
  const own = ownSides(sides, await rowsIn(client, TEAM_SIDES(among(games)), values));
  const logs = new Map<string, (BothSides & Pick<LoggedGame, "facts">)[]>();
  for (const [gameId, byTeam] of own) {
    const facts: GameFacts = live.has(gameId) ? { status: "live" } : {};
    for (const [teamId, both] of bothSides(byTeam)) {
      const log = logs.get(teamId);
      if (log === undefined) logs.set(teamId, [{ facts, ...both }]);
      else log.push({ facts, ...both });
    }
  }
  const teams = new Map([...logs].map(([teamId, log]) => [teamId, teamSeason(log)]));
  return { players: seasonsOf(players), teams };
}

/** Some games, or all, with the points of their teams, by id. */
export async function listedGamesIn(
  client: pg.PoolClient,
  slot: Slot,
  games: Games = "all",
): Promise<Map<string, GameInList>> {
  const facts = await gameFactsIn(client, slot, games === "all" ? undefined : games);
  const points = new Map<string, Map<string, number>>();
  for (const row of await rowsIn(client, POINTS(among(games)), [slot, orNull(games)])) {
    const gameId = String(row.game_id);
    const own = points.get(gameId) ?? new Map<string, number>();
    points.set(gameId, own.set(String(row.team_id), Number(row.points)));
  }
  return new Map(
    [...new Set([...points.keys(), ...facts.keys()])].map((gameId) => [
      gameId,
      { facts: facts.get(gameId) ?? {}, points: points.get(gameId) ?? new Map() },
    ]),
  );
}

function seasonsOf(rows: readonly Row[]): Map<string, PlayerSeason> {
  const parts = new Map<string, { byTeam: Map<string, Tally>; live: Tally }>();
  for (const row of rows) {
    const id = String(row.player_id);
    const teamId = String(row.team_id);
    const part = parts.get(id) ?? { byTeam: new Map<string, Tally>(), live: EMPTY_TALLY };
    const tally = tallyOf(row);
    part.byTeam.set(teamId, plus(part.byTeam.get(teamId) ?? EMPTY_TALLY, tally));
    parts.set(id, row.live === true ? { ...part, live: plus(part.live, tally) } : part);
  }
  return new Map([...parts].map(([id, { byTeam, live }]) => [id, playerSeason(byTeam, live)]));
}

/** Some games with the sides of their teams, by id. */
export async function sidedGamesIn(
  client: pg.PoolClient,
  slot: Slot,
  games: readonly string[],
): Promise<Map<string, SidedGame>> {
  const values = [slot, orNull(games)];
  const own = ownSides(
    await rowsIn(client, SIDES(among(games)), values),
    await rowsIn(client, TEAM_SIDES(among(games)), values),
  );
  const facts = await gameFactsIn(client, slot, games);
  return new Map(
    [...new Set([...own.keys(), ...facts.keys()])].map((gameId) => {
      const sides = bothSides(own.get(gameId) ?? new Map());
      return [gameId, sidedGame(gameId, facts.get(gameId) ?? {}, sides)];
    }),
  );
}

/** The sides of each team in each game: the sums of its players' lines, and what belongs to it alone. */
function ownSides(
  players: readonly Row[],
  teams: readonly Row[],
): Map<string, ReadonlyMap<string, Side>> {
  const own = new Map<string, Map<string, Side>>();
  const put = ({ game_id, team_id }: Row, part: Partial<Side>) => {
    const sides = own.get(String(game_id)) ?? new Map<string, Side>();
    const side = sides.get(String(team_id)) ?? EMPTY_SIDE;
    own.set(String(game_id), sides.set(String(team_id), { ...side, ...part }));
  };
  // A team has played a game once any of its players has a line in it.
  for (const row of players) put(row, { players: { ...tallyOf(row), games: 1 } });
  for (const row of teams) put(row, { team: numbersIn(TEAM_STATISTICS, row) });
  return own;
}

/** A game and its sides, with the points that they have. */
export function sidedGame(
  gameId: string,
  facts: GameFacts,
  sides: ReadonlyMap<string, BothSides>,
): SidedGame {
  const points = new Map<string, number>();
  for (const [teamId, { own }] of sides) {
    if (own.players.games > 0) points.set(teamId, own.players.totals.points);
  }
  return { gameId, facts, points, sides };
}

/** A line of a player that counts in a game. */
export type LineInGame = {
  readonly playerId: string;
  readonly gameId: string;
  readonly line: CountedLine;
};

/** The lines of some players that count in some games. */
export async function playerLinesIn(
  client: pg.PoolClient,
  slot: Slot,
  playerIds: readonly string[],
  games: readonly string[],
): Promise<LineInGame[]> {
  const rows = await rowsIn(client, PLAYER_LINES, [slot, games, playerIds]);
  return rows.map((row) => ({
    playerId: String(row.player_id),
    gameId: String(row.game_id),
    line: lineOf(row),
  }));
}

/** The game logs of players whose lines are known, in the order asked for. */
export function playerGamesOf(
  playerIds: readonly string[],
  games: ReadonlyMap<string, SidedGame>,
  lines: readonly LineInGame[],
): PlayerGame[][] {
  const byPlayer = Map.groupBy(lines, ({ playerId }) => playerId);
  return playerIds.map((playerId) =>
    (byPlayer.get(playerId) ?? []).flatMap(({ gameId, line }) => {
      const game = games.get(gameId);
      return game === undefined ? [] : [{ gameId, facts: game.facts, points: game.points, line }];
    }),
  );
}

/** The game log of a team. */
export function teamGamesOf(games: Iterable<SidedGame>, teamId: string) {
  return [...games].flatMap(({ sides, ...game }) => {
    const both = sides.get(teamId);
    return both === undefined ? [] : [{ ...game, ...both }];
  });
}

/** The seasons of a slot of which nothing is known. */
export const NO_TOTALS: SeasonTotals = { players: new Map(), teams: new Map() };

/** The games in which anything was ever counted for a team. */
export async function gamesOfTeam(client: pg.PoolClient, slot: Slot, teamId: string) {
  return gameIds(await rowsIn(client, GAMES_OF_TEAM, [slot, teamId]));
}

/** The games in which some players ever had a line. */
export async function gamesOfPlayers(
  client: pg.PoolClient,
  slot: Slot,
  playerIds: readonly string[],
) {
  return gameIds(await rowsIn(client, GAMES_OF_PLAYERS, [slot, playerIds]));
}

async function rowsIn(client: pg.PoolClient, text: string, values: unknown[]): Promise<Row[]> {
  return (await client.query<Row>(text, values)).rows;
}

function gameIds(rows: readonly Row[]): string[] {
  return rows.map((row) => String(row.game_id));
}

function among(games: Games): string {
  return games === "all" ? "and $2::text[] is null" : "and game_id = any($2::text[])";
}

function orNull(games: Games): readonly string[] | null {
  return games === "all" ? null : games;
}

function tallyOf(row: Row): Tally {
  return {
    games: Number(row.games_played),
    doubleDoubles: Number(row.double_doubles),
    tripleDoubles: Number(row.triple_doubles),
    totals: numbersIn(STATISTICS, row),
    unknown: unknownIn(row),
  };
}

function unknownIn({ unknown: counts }: Row): Tally["unknown"] {
  const unknown: Partial<Record<Statistic, number>> = {};
  if (!Array.isArray(counts)) return unknown;
  STATISTICS.forEach((name, at) => {
    const count = Number(counts[at] ?? 0);
    if (count > 0) unknown[name] = count;
  });
  return unknown;
}

function lineOf(row: Row): CountedLine {
  const known = STATISTICS.flatMap((statistic) => {
    const value = row[columnOf(statistic)];
    return value === null || value === undefined ? [] : [[statistic, Number(value)] as const];
  });
  return {
    teamId: String(row.team_id),
    official: row.official === true,
    totals: Object.fromEntries(known),
  };
}
