import type pg from "pg";
import type {
  Absence,
  BoxScores,
  GameFacts,
  GameStatus,
  LiveTeamLine,
  PlayerLines,
} from "#domain/boxscore";
import type { Slot } from "#domain/slots";
import {
  type AbsenceText,
  absenceOf,
  type LiveText,
  liveOf,
  type OfficialText,
  officialOf,
  type TeamText,
  teamOf,
} from "#stores/lines";
import { query } from "#stores/postgres";

// Of all games, or of some: one statement for both would read a whole season for the sake of one game, as
// Postgres makes one plan for whatever its parameters are.
const ALL_GAMES = `
  select game_id, facts_revision, to_char(date, 'YYYY-MM-DD') as date, tip_off, home_team_id,
    away_team_id, status, period, clock_left_ms, home_score, away_score,
    did_not_play
  from game
  where slot = $1`;
const GAMES = `${ALL_GAMES} and game_id = any($2)`;

const PLAYERS = `
  select game_id, player_id, live_line, official_line
  from player_game
  where slot = $1 and game_id = any($2)`;

const TEAMS = `
  select game_id, team_id, live_line
  from team_game
  where slot = $1 and game_id = any($2)`;

const GAME_IDS = `
  select game_id from game where slot = $1
  union select game_id from player_game where slot = $1
  union select game_id from team_game where slot = $1`;

/** All games of a slot by id, so many at a time. */
export async function* boxScoresInParts(
  on: pg.PoolClient,
  slot: Slot,
  gamesPerPart: number,
): AsyncGenerator<BoxScores, void> {
  const statement = { name: "archive_game_ids", text: GAME_IDS, values: [slot] };
  const { rows } = await query<{ game_id: string }>(on, statement);
  for (let at = 0; at < rows.length; at += gamesPerPart) {
    const part = rows.slice(at, at + gamesPerPart);
    yield await boxScoresIn(
      on,
      slot,
      part.map((row) => row.game_id),
    );
  }
}

/** The games of a slot by id: those asked for that are known. */
export async function boxScoresIn(
  on: pg.Pool | pg.PoolClient,
  slot: Slot,
  gameIds: readonly string[],
): Promise<BoxScores> {
  const values = [slot, gameIds];
  const games = await query<StoredGame>(on, { name: "archive_games", text: GAMES, values });
  const players = await query<StoredPlayer>(on, { name: "archive_players", text: PLAYERS, values });
  const teams = await query<StoredTeam>(on, { name: "archive_teams", text: TEAMS, values });
  return boxScoresOf(games.rows, players.rows, teams.rows);
}

/** The facts of the games asked for that have any, or of all of a slot, by id. */
export async function gameFactsIn(
  on: pg.PoolClient,
  slot: Slot,
  gameIds?: readonly string[],
): Promise<Map<string, GameFacts>> {
  const statement =
    gameIds === undefined
      ? { name: "archive_all_games", text: ALL_GAMES, values: [slot] }
      : { name: "archive_games", text: GAMES, values: [slot, gameIds] };
  const games = await query<StoredGame>(on, statement);
  return new Map(games.rows.map((game) => [game.game_id, factsOf(game)]));
}

type StoredGame = {
  game_id: string;
  facts_revision: string;
  date: string | null;
  tip_off: Date | null;
  home_team_id: string | null;
  away_team_id: string | null;
  status: GameStatus | null;
  period: number | null;
  clock_left_ms: number | null;
  home_score: number | null;
  away_score: number | null;
  did_not_play: AbsenceText[] | null;
};

type StoredPlayer = {
  game_id: string;
  player_id: string;
  live_line: LiveText | null;
  official_line: OfficialText | null;
};

type StoredTeam = { game_id: string; team_id: string; live_line: TeamText };

type Mutable = {
  factsRevision: number;
  facts: GameFacts;
  didNotPlay?: readonly Absence[];
  players: Map<string, PlayerLines>;
  teams: Map<string, LiveTeamLine>;
};

function boxScoresOf(
  games: readonly StoredGame[],
  players: readonly StoredPlayer[],
  teams: readonly StoredTeam[],
): BoxScores {
  const boxes = new Map<string, Mutable>();
  const boxOf = (gameId: string) => {
    const known = boxes.get(gameId);
    if (known) return known;
    const fresh: Mutable = { factsRevision: 0, facts: {}, players: new Map(), teams: new Map() };
    boxes.set(gameId, fresh);
    return fresh;
  };
  for (const stored of games) {
    const box = boxOf(stored.game_id);
    box.factsRevision = Number(stored.facts_revision);
    box.facts = factsOf(stored);
    if (stored.did_not_play !== null) box.didNotPlay = stored.did_not_play.map(absenceOf);
  }
  for (const { game_id, player_id, live_line, official_line } of players) {
    boxOf(game_id).players.set(player_id, {
      ...(live_line === null ? {} : { live: liveOf(live_line) }),
      ...(official_line === null ? {} : { official: officialOf(official_line) }),
    });
  }
  for (const { game_id, team_id, live_line } of teams) {
    boxOf(game_id).teams.set(team_id, teamOf(live_line));
  }
  return boxes;
}

function factsOf(stored: StoredGame): GameFacts {
  const facts = {
    date: stored.date,
    tipOff: stored.tip_off?.getTime() ?? null,
    homeTeamId: stored.home_team_id,
    awayTeamId: stored.away_team_id,
    status: stored.status,
    period: stored.period,
    clockLeftMs: stored.clock_left_ms,
    homeScore: stored.home_score,
    awayScore: stored.away_score,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
}
