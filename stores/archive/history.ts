import type pg from "pg";
import {
  type BoxScore,
  type BoxScores,
  countedLine,
  type Entry,
  pointsByTeam,
} from "#domain/boxscore";
import { boxScoreAsOf, type Moment, type Span } from "#domain/history";
import { ranked, type Standing } from "#domain/ranking";
import {
  EMPTY_PLAYER_SEASON,
  EMPTY_TALLY,
  foldSeason,
  isIn,
  isTeamKnown,
  type PlayerGame,
  type PlayerSeason,
  playerSeason,
  plus,
  type SeasonTotals,
  sidesOf,
  type TeamGame,
  type TeamSeason,
  teamSeason,
  type Window,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import { decodeEntry } from "#stores/journal";
import { inTransaction } from "#stores/postgres";
import type { Found, GameInList, History, PastReads } from "#stores/reads";
import { type ArchiveCursor, archiveCursorIn } from "./archive-cursor.ts";
import { columnOf } from "./columns.ts";
import {
  gamesOfPlayers,
  gamesOfTeam,
  listedGamesIn,
  NO_TOTALS,
  playerGamesOf,
  playerLinesIn,
  playerSeasonsIn,
  sidedGame,
  sidedGamesIn,
  teamGamesOf,
  totalsIn,
} from "./sums.ts";

const OFFSET_AT = "select archive_offset_at($1, $2) as end_offset";

// Games that lie wholly before the moment are settled: what player_game says of them held then too.
const SPANS = `
  select game_id, first_happened_at, last_happened_at,
    last_offset < $2 and (last_happened_at is null or last_happened_at <= $3) as settled
  from game_span
  where slot = $1 and (first_happened_at is null or first_happened_at <= $3)
    and ($4::text[] is null or game_id = any($4))`;

// The newest entry of a subject is the newest in its order too: the journal takes numbers as they rise.
// Lines that were held back first stand behind others that came before them.
const NEWEST = `
  (select distinct on (game_id, kind, subject_id) game_id, body
  from stat_line
  where slot = $1 and game_id = any($2::text[]) and entry_offset < $3
    and (happened_at is null or happened_at <= $4) and kind in ('live', 'team', 'official')
  order by game_id, kind, subject_id, entry_offset desc)
  union all
  (select game_id, body
  from stat_line
  where slot = $1 and game_id = any($2::text[]) and entry_offset < $3
    and (happened_at is null or happened_at <= $4) and kind = 'released')`;

const FACTS = `
  select game_id, body
  from stat_line
  where slot = $1 and game_id = any($2::text[]) and entry_offset < $3 and kind = 'game'
  order by game_id, entry_offset`;

const SCORES = (statistic: Statistic) => `
  select player_id, coalesce(sum(${columnOf(statistic)}), 0) as score
  from player_game
  where slot = $1 and game_id = any($2::text[]) and team_id is not null
  group by player_id`;

const GAMES_IN = `
  select game_id from game
  where slot = $1 and game_id = any($2::text[]) and date >= $3 and date < $4`;

/** The history kept in Postgres, on the primary or a replica. */
export function historyIn(pool: pg.Pool): History<ArchiveCursor> {
  return { at: (moment) => seasonAt(pool, moment) };
}

function seasonAt(pool: pg.Pool, moment: Moment): PastReads<ArchiveCursor> {
  const happened = moment.happened ?? Number.POSITIVE_INFINITY;

  /** Reads with one snapshot; `nothing` where nothing was recorded by the moment. */
  function look<Value>(
    slot: Slot,
    nothing: Value,
    read: (past: Past) => Promise<Value>,
  ): Promise<Found<Value, ArchiveCursor>> {
    return inTransaction(
      pool,
      async (client) => {
        const cursor = await archiveCursorIn(client, slot);
        if (cursor === undefined) return { cursor, value: nothing };
        const endOffset = await endOffsetIn(client, slot, moment, cursor);
        const past = { client, slot, happened, endOffset };
        const terms = cursor.terms.filter(({ firstOffset }) => firstOffset < endOffset);
        const reflected = { ...cursor, endOffset, terms };
        return { cursor: reflected, reached: cursor, value: await read(past) };
      },
      "begin isolation level repeatable read read only",
    );
  }

  async function players(past: Past, playerIds: readonly string[]) {
    const games = await gamesOfPlayers(past.client, past.slot, playerIds);
    const { settled, across } = await gamesIn(past, games);
    const moving = foldSeason(NO_TOTALS, new Map(), across).players;
    const seasons = await playerSeasonsIn(past.client, past.slot, playerIds, settled);
    for (const [id, season] of moving) {
      if (!playerIds.includes(id)) continue;
      const { byTeam: before, live } = seasons.get(id) ?? EMPTY_PLAYER_SEASON;
      const byTeam = new Map(before);
      for (const [teamId, tally] of season.byTeam) {
        byTeam.set(teamId, plus(byTeam.get(teamId) ?? EMPTY_TALLY, tally));
      }
      if (byTeam.size > 0) seasons.set(id, playerSeason(byTeam, plus(live, season.live)));
    }
    return seasons;
  }

  /** Every player's and team's season at the moment. */
  async function totals(past: Past): Promise<SeasonTotals> {
    const { settled, across } = await gamesIn(past, null);
    const over = await totalsIn(past.client, past.slot, settled);
    const moved = foldSeason(over, new Map(), across);
    return {
      players: new Map([...over.players, ...moved.players]),
      teams: new Map([...over.teams, ...moved.teams]),
    };
  }

  /** Every game that had begun by the moment, with its points then. */
  async function listedGames(past: Past): Promise<Map<string, GameInList>> {
    const { settled, across } = await gamesIn(past, null);
    const games = await listedGamesIn(past.client, past.slot, settled);
    for (const [id, box] of across) games.set(id, { facts: box.facts, points: pointsByTeam(box) });
    return games;
  }

  /** The games that had begun by the moment, of a window or of the whole season. */
  async function gamesOfWindow(past: Past, window: Window | undefined) {
    const games = await gamesIn(past, null);
    if (window === undefined) return games;
    const { from, until } = window;
    const rows = await rowsIn(past, GAMES_IN, [games.settled, from, until]);
    const across = [...games.across].filter(([, box]) => isIn(window, box));
    return { settled: rows.map(({ game_id }) => String(game_id)), across: new Map(across) };
  }

  /** The games asked for that had begun by the moment, as they were then. */
  async function sidedGames(past: Past, gameIds: readonly string[]) {
    const { settled, across } = await gamesIn(past, gameIds);
    const games = await sidedGamesIn(past.client, past.slot, settled);
    for (const [id, box] of across) games.set(id, sidedGame(id, box.facts, sidesOf(box)));
    return games;
  }

  async function teamLog(past: Past, teamId: string) {
    const games = await sidedGames(past, await gamesOfTeam(past.client, past.slot, teamId));
    return teamGamesOf(games.values(), teamId);
  }

  async function playerLogs(past: Past, playerIds: readonly string[]) {
    const ids = await gamesOfPlayers(past.client, past.slot, playerIds);
    const { settled, across } = await gamesIn(past, ids);
    const games = await sidedGamesIn(past.client, past.slot, settled);
    const lines = await playerLinesIn(past.client, past.slot, playerIds, settled);
    for (const [id, box] of across) {
      games.set(id, sidedGame(id, box.facts, sidesOf(box)));
      for (const playerId of playerIds) {
        const line = countedLine(box.players.get(playerId) ?? {});
        if (line !== undefined) lines.push({ playerId, gameId: id, line });
      }
    }
    return playerGamesOf(playerIds, games, lines);
  }

  /** The whole board of the season, or of a window of it, at the moment: best first, then by id. */
  async function board(past: Past, statistic: Statistic, window?: Window): Promise<Standing[]> {
    const { settled, across } = await gamesOfWindow(past, window);
    const scores = new Map<string, number>();
    for (const row of await rowsIn(past, SCORES(statistic), [settled])) {
      scores.set(String(row.player_id), Number(row.score));
    }
    for (const [id, { all }] of foldSeason(NO_TOTALS, new Map(), across).players) {
      if (all.games > 0) scores.set(id, (scores.get(id) ?? 0) + all.totals[statistic]);
    }
    const rows = [...scores].map(([member, score]) => ({ member, score }));
    rows.sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1));
    return ranked(rows, 0, 0);
  }

  return {
    progress: (slot) => look(slot, undefined, async () => undefined),
    game: (slot, gameId) =>
      look(slot, undefined as BoxScore | undefined, async (past) => {
        const { across } = await gamesIn(past, [gameId], true);
        const box = across.get(gameId);
        const isKnown = box && (box.factsRevision > 0 || box.players.size + box.teams.size > 0);
        return isKnown ? box : undefined;
      }),
    games: (slot) => look(slot, new Map<string, GameInList>(), listedGames),
    players: (slot, playerIds) =>
      look(
        slot,
        playerIds.map((): PlayerSeason | undefined => undefined),
        async (past) => {
          const seasons = await players(past, playerIds);
          return playerIds.map((id) => seasons.get(id));
        },
      ),
    team: (slot, teamId) =>
      look(slot, undefined as TeamSeason | undefined, async (past) => {
        const season = teamSeason(await teamLog(past, teamId));
        return isTeamKnown(season) ? season : undefined;
      }),
    totals: (slot) => look(slot, NO_TOTALS, totals),
    playerGames: (slot, playerIds) =>
      look(
        slot,
        playerIds.map((): PlayerGame[] => []),
        (past) => playerLogs(past, playerIds),
      ),
    teamGames: (slot, teamId) => look(slot, [] as TeamGame[], (past) => teamLog(past, teamId)),
    standings: (slot, statistic, from, count) =>
      look(slot, { total: 0, rows: [] as Standing[] }, async (past) => {
        const rows = await board(past, statistic);
        return { total: rows.length, rows: rows.slice(from, from + count) };
      }),
    windowBoard: (slot, statistic, window) =>
      look(slot, [] as Standing[], (past) => board(past, statistic, window)),
    standingsOf: (slot, statistic, members) =>
      look(
        slot,
        members.map((): Standing | undefined => undefined),
        async (past) => {
          const rows = new Map((await board(past, statistic)).map((row) => [row.member, row]));
          return members.map((member) => rows.get(member));
        },
      ),
    standingsAround: (slot, statistic, member, eachSide) =>
      look(slot, [] as Standing[], async (past) => {
        const rows = await board(past, statistic);
        const place = rows.findIndex((row) => row.member === member);
        return place < 0 ? [] : rows.slice(Math.max(0, place - eachSide), place + eachSide + 1);
      }),
  };
}

/** One look back, within one snapshot. */
type Past = {
  readonly client: pg.PoolClient;
  readonly slot: Slot;
  /** In ms since 1970; infinite when what happened does not limit. */
  readonly happened: number;
  /** What was recorded from here on is not seen. */
  readonly endOffset: number;
};

type Row = Record<string, string | number | Date | Buffer | boolean | null>;

async function rowsIn({ client, slot }: Past, text: string, values: unknown[]): Promise<Row[]> {
  return (await client.query<Row>(text, [slot, ...values])).rows;
}

async function endOffsetIn(
  client: pg.PoolClient,
  slot: Slot,
  { known, endOffset }: Moment,
  cursor: ArchiveCursor,
): Promise<number> {
  const ends = [cursor.endOffset, endOffset ?? cursor.endOffset];
  if (known !== undefined) {
    const { rows } = await client.query<{ end_offset: string }>(OFFSET_AT, [slot, new Date(known)]);
    ends.push(Number(rows[0]?.end_offset ?? 0));
  }
  return Math.min(...ends);
}

/**
 * The games that had begun by the moment, of those asked for (null: of all): the ids of those that were
 * over, and the others as they were then. `whole` gives all of them as they were.
 */
async function gamesIn(
  past: Past,
  gameIds: readonly string[] | null,
  whole = false,
): Promise<{ settled: string[]; across: BoxScores }> {
  const until = Number.isFinite(past.happened) ? new Date(past.happened) : "infinity";
  const settled: string[] = [];
  const spans = new Map<string, Span | undefined>();
  for (const row of await rowsIn(past, SPANS, [past.endOffset, until, gameIds])) {
    const gameId = String(row.game_id);
    if (row.settled === true && !whole) settled.push(gameId);
    else spans.set(gameId, spanOf(row));
  }
  const ids = [...spans.keys()];
  if (ids.length === 0) return { settled, across: new Map() };
  const newest = await rowsIn(past, NEWEST, [ids, past.endOffset, until]);
  const facts = await rowsIn(past, FACTS, [ids, past.endOffset]);
  const entries = Map.groupBy(
    [...facts, ...newest].map(({ body }): Entry => decodeEntry(body as Buffer)),
    ({ gameId }) => gameId,
  );
  const boxes = [...entries].map(
    ([gameId, known]) => [gameId, boxScoreAsOf(known, past.happened, spans.get(gameId))] as const,
  );
  return { settled, across: new Map(boxes) };
}

function spanOf({ first_happened_at: first, last_happened_at: last }: Row): Span | undefined {
  if (!(first instanceof Date) || !(last instanceof Date)) return undefined;
  return { first: first.getTime(), last: last.getTime() };
}
