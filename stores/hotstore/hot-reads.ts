import type { BoxScore } from "#domain/boxscore";
import { ranked, type Standing } from "#domain/ranking";
import {
  EMPTY_TEAM_SEASON,
  isTeamKnown,
  type LoggedGame,
  type PlayerSeason,
  type SeasonTotals,
  type TeamSeason,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import { Outage } from "#runtime/outage";
import type { Found, SeasonReads } from "#stores/reads";
import { answer, type RedisClient } from "#stores/redis";
import { gameInListOf, playerGameOf, playerSeasonOf, teamGameOf, teamSeasonOf } from "./codec.ts";
import { cursorOf, type HotCursor } from "./cursor.ts";
import { cursorKey, keysOf } from "./keys.ts";
import { recentGames } from "./recent-games.ts";
import { pairs, scriptIn } from "./scripts.ts";
import { together } from "./together.ts";

/** A slot is not made anew twice while it is read once, but for bad luck. */
const ATTEMPTS_MAX = 4;

/** What these scripts may run on: a server that only follows. */
const READS = { readOnly: true };

/** The hot store as readers see it. Each call is one round trip, or shares one. */
export type HotReads = SeasonReads<HotCursor> & {
  cursor(slot: Slot): Promise<HotCursor | undefined>;
};

/** What a script found, and the text of the cursor of that moment. */
type Read<Value> = { readonly cursor: string; readonly value: Value };

/** A game to be read, and the version of it that is known. */
type GameAsked = { readonly key: string; readonly gameId: string; readonly version: string };

/** A member's score as text, empty where there is none, and how many are better. */
type Scored = readonly [score: string, better: number];

/** The hot store kept in Redis. */
export function hotReadsIn(redis: RedisClient): HotReads {
  const games = recentGames();
  const getHashes = scriptIn(redis, "get_hashes", READS);
  const getFields = scriptIn(redis, "get_fields", READS);
  const getGames = scriptIn(redis, "get_games", READS);
  const listStandings = scriptIn(redis, "list_standings", READS);
  const getStandings = scriptIn(redis, "get_standings", READS);
  const listAround = scriptIn(redis, "list_around", READS);
  const listGames = scriptIn(redis, "list_games", READS);
  // The generation that each slot was last found in. A slot that was made anew costs one reader one
  // more round trip.
  const generations = new Map<Slot, string>();
  // The last cursor of each slot: many answers in a row are of the same one.
  const cursors = new Map<
    Slot,
    { readonly text: string; readonly cursor: HotCursor | undefined }
  >();

  function cursorIn(slot: Slot, text: string): HotCursor | undefined {
    const last = cursors.get(slot);
    if (last?.text === text) return last.cursor;
    const cursor = cursorOf(text);
    cursors.set(slot, { text, cursor });
    return cursor;
  }

  const gamesOf = together(async ({ slot, key }, asked: readonly GameAsked[]) => {
    const reply = await getGames(
      [cursorKey(slot), key, ...asked.map((game) => game.key)],
      asked.flatMap(({ gameId, version }) => [gameId, version]),
    );
    const [cursor, ...found] = reply as [string, ...[version: string, fields?: string[]][]];
    return [cursor, found];
  });
  const fieldsOf = together(async ({ slot, key }, names: readonly string[]) => {
    return (await getFields([cursorKey(slot), key], names)) as [string, (string | null)[]];
  });
  const scoresOf = together(async ({ slot, key }, members: readonly string[]) => {
    const reply = await getStandings([cursorKey(slot), key], members);
    const [cursor, found] = reply as [string, (string | number)[]];
    const score = (at: number): Scored => [String(found[2 * at]), Number(found[2 * at + 1])];
    return [cursor, members.map((_, at) => score(at))];
  });

  /** Reads with the keys of the present generation, until the cursor read with them is of it too. */
  async function inGeneration<Value>(
    slot: Slot,
    nothing: Value,
    read: (keys: ReturnType<typeof keysOf>) => Promise<Read<Value>>,
  ): Promise<Found<Value, HotCursor>> {
    let generation = generations.get(slot);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (generation === undefined) {
        const cursor = cursorOf(await answer(redis.get(cursorKey(slot))));
        if (cursor === undefined) return { cursor, value: nothing };
        ({ generation } = cursor);
      }
      const { cursor: text, value } = await read(keysOf(slot, generation));
      const cursor = cursorIn(slot, text);
      if (cursor?.generation === generation) {
        generations.set(slot, generation);
        return { cursor, value };
      }
      generations.delete(slot);
      generation = cursor?.generation;
    }
    throw new Outage("redis", { cause: new Error(`${slot} is made anew again and again`) });
  }

  /** The cursor and some hashes, by one script: they are of one moment. */
  async function hashes<Value>(
    slot: Slot,
    nothing: Value,
    keysAsked: (keys: ReturnType<typeof keysOf>) => readonly string[],
    valueIn: (hashes: Record<string, string>[]) => Value,
  ): Promise<Found<Value, HotCursor>> {
    return inGeneration(slot, nothing, async (keys) => {
      const reply = await getHashes([cursorKey(slot), ...keysAsked(keys)], []);
      const [cursor, ...found] = reply as [string, ...string[][]];
      return { cursor, value: valueIn(found.map((fields) => Object.fromEntries(pairs(fields)))) };
    });
  }

  /** Game logs and their games, by one script: they are of one moment. */
  async function logs<Row>(
    slot: Slot,
    nothing: (LoggedGame & Row)[][],
    keysAsked: (keys: ReturnType<typeof keysOf>) => readonly string[],
    rowOf: (text: string) => Row,
  ): Promise<Found<(LoggedGame & Row)[][], HotCursor>> {
    return inGeneration(slot, nothing, async (keys) => {
      const reply = await listGames([cursorKey(slot), keys.games, ...keysAsked(keys)], []);
      const [cursor, texts, found] = reply as [string, string[], string[][]];
      // Of a generation that is being swept games may be gone whose rows are still there.
      const known = pairs(texts).filter(([, text]) => text !== "");
      const games = new Map(known.map(([gameId, text]) => [gameId, gameInListOf(text)]));
      const value = found.map((rows) =>
        pairs(rows).flatMap(([gameId, row]) => {
          const game = games.get(gameId);
          return game === undefined ? [] : [{ gameId, ...game, ...rowOf(row) }];
        }),
      );
      return { cursor, value };
    });
  }

  return {
    async cursor(slot) {
      return cursorOf(await answer(redis.get(cursorKey(slot))));
    },
    async progress(slot) {
      return { cursor: cursorOf(await answer(redis.get(cursorKey(slot)))), value: undefined };
    },
    game: (slot, gameId) =>
      inGeneration(slot, undefined as BoxScore | undefined, async (keys) => {
        const key = keys.game(gameId);
        const known = games.known(key);
        const asked = [{ key, gameId, version: known?.version ?? "" }];
        const [cursor, [found]] = await gamesOf({ slot, key: keys.versions }, asked);
        const [version = "", fields] = found ?? [];
        const value = fields === undefined ? known?.box : games.read(key, version, fields);
        return { cursor, value };
      }),
    games: (slot) =>
      hashes(
        slot,
        new Map(),
        (keys) => [keys.games],
        ([fields = {}]) =>
          new Map(Object.entries(fields).map(([gameId, text]) => [gameId, gameInListOf(text)])),
      ),
    players: (slot, playerIds) =>
      inGeneration(
        slot,
        playerIds.map((): PlayerSeason | undefined => undefined),
        async (keys) => {
          const [cursor, texts] = await fieldsOf({ slot, key: keys.players }, playerIds);
          const value = texts.map((text) => (text === null ? undefined : playerSeasonOf(text)));
          return { cursor, value };
        },
      ),
    team: (slot, teamId) =>
      inGeneration(slot, undefined as TeamSeason | undefined, async (keys) => {
        const [cursor, [text]] = await fieldsOf({ slot, key: keys.teams }, [teamId]);
        const season = text == null ? EMPTY_TEAM_SEASON : teamSeasonOf(text);
        return { cursor, value: isTeamKnown(season) ? season : undefined };
      }),
    totals: (slot) =>
      hashes(
        slot,
        { players: new Map(), teams: new Map() } as SeasonTotals,
        (keys) => [keys.players, keys.teams],
        ([players = {}, teams = {}]) => ({
          players: mapOf(players, playerSeasonOf),
          teams: mapOf(teams, teamSeasonOf),
        }),
      ),
    playerGames: (slot, playerIds) =>
      logs(
        slot,
        playerIds.map(() => []),
        (keys) => playerIds.map(keys.playerGames),
        (text) => ({ line: playerGameOf(text) }),
      ),
    async teamGames(slot, teamId) {
      const found = await logs(slot, [[]], (keys) => [keys.teamGames(teamId)], teamGameOf);
      return { ...found, value: found.value.flat() };
    },
    standings: (slot, statistic, from, count) =>
      inGeneration(slot, { total: 0, rows: [] as Standing[] }, async (keys) => {
        const board = [cursorKey(slot), keys.standings(statistic)];
        const reply = await listStandings(board, [from, count]);
        const [cursor, total, better, rows] = reply as [string, number, number, string[]];
        return { cursor, value: { total, rows: ranked(scored(rows), from, better) } };
      }),
    standingsOf: (slot, statistic, members) =>
      inGeneration(
        slot,
        members.map((): Standing | undefined => undefined),
        async (keys) => {
          const board = { slot, key: keys.standings(statistic) };
          const [cursor, found] = await scoresOf(board, members);
          const value = members.map((member, at) => {
            const [score, better] = found[at] ?? ["", 0];
            if (score === "") return undefined;
            return { member, score: 0 - Number(score), rank: better + 1 };
          });
          return { cursor, value };
        },
      ),
    standingsAround: (slot, statistic, member, eachSide) =>
      inGeneration(slot, [] as Standing[], async (keys) => {
        const board = [cursorKey(slot), keys.standings(statistic)];
        const reply = await listAround(board, [member, eachSide]);
        const [cursor, from, better, rows] = reply as [string, number, number, string[]];
        return { cursor, value: ranked(scored(rows), from, better) };
      }),
  };
}

function mapOf<Value>(
  fields: Readonly<Record<string, string>>,
  toValue: (text: string) => Value,
): Map<string, Value> {
  return new Map(Object.entries(fields).map(([name, text]) => [name, toValue(text)]));
}

// Rows come as member, -score, member, -score, ...
function scored(rows: readonly string[]): { member: string; score: number }[] {
  return pairs(rows).map(([member, score]) => ({ member, score: 0 - Number(score) }));
}
