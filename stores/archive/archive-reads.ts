import type pg from "pg";
import type { BoxScore, BoxScores } from "#domain/boxscore";
import type { Standing } from "#domain/ranking";
import {
  isTeamKnown,
  type PlayerGame,
  type PlayerSeason,
  type TeamGame,
  type TeamSeason,
  teamSeason,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import { STATISTICS, type Statistic, TEAM_STATISTICS } from "#domain/statistics";
import { fewAtOnce, inTransaction, query } from "#stores/postgres";
import type { Found, GameInList, SeasonReads } from "#stores/reads";
import { type ArchiveCursor, archiveCursorIn } from "./archive-cursor.ts";
import { boxScoresIn, boxScoresInParts } from "./box-scores.ts";
import { columnOf } from "./columns.ts";
import {
  gamesOfPlayers,
  gamesOfTeam,
  listedGamesIn,
  NO_TOTALS,
  playerGamesOf,
  playerLinesIn,
  playerSeasonsIn,
  sidedGamesIn,
  teamGamesOf,
  totalsIn,
} from "./sums.ts";

/** An entry as the archive keeps it. */
export type ArchivedEntry = { readonly offset: number; readonly bytes: Uint8Array };

/** What SQL says of a player, or of a team alone, in one game. */
export type ArchivedRow = {
  readonly gameId: string;
  readonly of: "player" | "team";
  readonly id: string;
  /** By column; null is unknown. */
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
};

/** The archive as readers see it. */
export type ArchiveReads = SeasonReads<ArchiveCursor> & {
  /**
   * Hands on every game of a slot, some at a time, and the cursor that they stand at. All are of one moment,
   * for which a transaction is open until `use` has settled; of one pool, two at a time.
   */
  inParts<Result>(
    slot: Slot,
    use: (cursor: ArchiveCursor | undefined, parts: AsyncIterable<BoxScores>) => Promise<Result>,
  ): Promise<Result>;
  /** Entries as they are kept, in offset order from an offset on; at most `count`. */
  entries(slot: Slot, from: number, count: number): Promise<ArchivedEntry[]>;
  /** The rows of player_game and team_game of some games that count, as SQL sees them. */
  rows(slot: Slot, gameIds: readonly string[]): Promise<ArchivedRow[]>;
};

/** Reads with one snapshot. */
const ONE_MOMENT = "begin isolation level repeatable read read only";

/** Games that are handed on at once: about 5 MB. */
const GAMES_PER_PART = 50;

const SUMS = STATISTICS.map(columnOf).join(", ");

const ENTRIES = `
  select entry_offset, body
  from stat_line
  where slot = $1 and entry_offset >= $2
  order by entry_offset
  limit $3`;

const ROWS = `
  select 'player' as of, game_id, player_id as id, team_id, official, ${SUMS}
  from player_game
  where slot = $1 and game_id = any($2) and team_id is not null`;

const TEAM_ROWS = `
  select 'team' as of, game_id, team_id as id, ${TEAM_STATISTICS.map(columnOf).join(", ")}
  from team_game
  where slot = $1 and game_id = any($2)`;

// The whole board, ranked: what is wanted of it is cut out around a place or by name.
const BOARD = (statistic: Statistic) => `
  select player_id, ${columnOf(statistic)} as score,
    rank() over (order by ${columnOf(statistic)} desc) as rank,
    row_number() over (order by ${columnOf(statistic)} desc, player_id collate "C") - 1 as place,
    count(*) over () as total
  from player_season
  where slot = $1`;

const STANDINGS = (statistic: Statistic) => `
  select * from (${BOARD(statistic)}) as board
  where place >= $2 and place < $3 order by place`;

const STANDINGS_OF = (statistic: Statistic) => `
  select * from (${BOARD(statistic)}) as board where player_id = any($2::text[])`;

const STANDINGS_AROUND = (statistic: Statistic) => `
  with board as (${BOARD(statistic)}), middle as (select place from board where player_id = $2)
  select board.* from board, middle
  where board.place between middle.place - $3 and middle.place + $3 order by board.place`;

const wholeSlots = fewAtOnce();

/** The archive kept in Postgres, on the primary or a replica. */
export function archiveReadsIn(pool: pg.Pool): ArchiveReads {
  /** Reads with one snapshot: what is found agrees with the cursor. */
  function at<Value>(
    slot: Slot,
    nothing: Value,
    read: (run: Run, client: pg.PoolClient) => Promise<Value>,
  ): Promise<Found<Value, ArchiveCursor>> {
    return inTransaction(
      pool,
      async (client) => {
        const cursor = await archiveCursorIn(client, slot);
        if (cursor === undefined) return { cursor, value: nothing };
        const run: Run = async (name, text, values) =>
          (await client.query({ name: `archive_${name}`, text, values: [slot, ...values] })).rows;
        return { cursor, value: await read(run, client) };
      },
      ONE_MOMENT,
    );
  }
  return {
    inParts: (slot, use) =>
      wholeSlots(pool, () =>
        inTransaction(
          pool,
          async (client) => {
            const cursor = await archiveCursorIn(client, slot);
            return use(cursor, boxScoresInParts(client, slot, GAMES_PER_PART));
          },
          ONE_MOMENT,
        ),
      ),
    async entries(slot, from, count) {
      const statement = { name: "archive_entries", text: ENTRIES, values: [slot, from, count] };
      const { rows } = await query<{ entry_offset: string; body: Buffer }>(pool, statement);
      return rows.map(({ entry_offset, body }) => ({ offset: Number(entry_offset), bytes: body }));
    },
    async rows(slot, gameIds) {
      const found = await Promise.all(
        [ROWS, TEAM_ROWS].map((text) => query<Row>(pool, { text, values: [slot, gameIds] })),
      );
      return found.flatMap(({ rows }) =>
        rows.map(({ of, game_id, id, ...values }) => ({
          gameId: String(game_id),
          of: of === "team" ? "team" : "player",
          id: String(id),
          values,
        })),
      );
    },
    progress: (slot) => at(slot, undefined, async () => undefined),
    game: (slot, gameId) =>
      at(slot, undefined as BoxScore | undefined, async (_, client) =>
        (await boxScoresIn(client, slot, [gameId])).get(gameId),
      ),
    games: (slot) =>
      at(slot, new Map<string, GameInList>(), (_, client) => listedGamesIn(client, slot)),
    players: (slot, playerIds) =>
      at(
        slot,
        playerIds.map((): PlayerSeason | undefined => undefined),
        async (_, client) => {
          const seasons = await playerSeasonsIn(client, slot, playerIds);
          return playerIds.map((id) => seasons.get(id));
        },
      ),
    team: (slot, teamId) =>
      at(slot, undefined as TeamSeason | undefined, async (_, client) => {
        const games = await sidedGamesIn(client, slot, await gamesOfTeam(client, slot, teamId));
        const season = teamSeason(teamGamesOf(games.values(), teamId));
        return isTeamKnown(season) ? season : undefined;
      }),
    totals: (slot) => at(slot, NO_TOTALS, async (_, client) => totalsIn(client, slot)),
    playerGames: (slot, playerIds) =>
      at(
        slot,
        playerIds.map((): PlayerGame[] => []),
        async (_, client) => {
          const ids = await gamesOfPlayers(client, slot, playerIds);
          const lines = await playerLinesIn(client, slot, playerIds, ids);
          return playerGamesOf(playerIds, await sidedGamesIn(client, slot, ids), lines);
        },
      ),
    teamGames: (slot, teamId) =>
      at(slot, [] as TeamGame[], async (_, client) => {
        const ids = await gamesOfTeam(client, slot, teamId);
        return teamGamesOf((await sidedGamesIn(client, slot, ids)).values(), teamId);
      }),
    standings: (slot, statistic, from, count) =>
      at(slot, { total: 0, rows: [] as Standing[] }, async (run) => {
        const values = [from, from + count];
        const rows = await run(`board_${statistic}`, STANDINGS(statistic), values);
        const [first] = rows;
        const total = first === undefined ? 0 : Number(first.total);
        return { total, rows: rows.map(standingOf) };
      }),
    standingsOf: (slot, statistic, members) =>
      at(
        slot,
        members.map((): Standing | undefined => undefined),
        async (run) => {
          const rows = await run(`board_of_${statistic}`, STANDINGS_OF(statistic), [members]);
          const found = new Map(rows.map((row) => [row.player_id, standingOf(row)]));
          return members.map((member) => found.get(member));
        },
      ),
    standingsAround: (slot, statistic, member, eachSide) =>
      at(slot, [] as Standing[], async (run) => {
        const text = STANDINGS_AROUND(statistic);
        const rows = await run(`board_around_${statistic}`, text, [member, eachSide]);
        return rows.map(standingOf);
      }),
  };
}

type Row = Record<string, string | number | boolean | null>;
type Run = (name: string, text: string, values: unknown[]) => Promise<Row[]>;

function standingOf({ player_id, score, rank }: Row): Standing {
  return { member: String(player_id), score: Number(score), rank: Number(rank) };
}
