import type { Redis } from "ioredis";
import type { BoxScore } from "#domain/boxscore";
import { ranked, type Standing } from "#domain/ranking";
import type { PlayerSeason, TeamSeason } from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import { answer, answers } from "#stores/redis";
import { type GameInList, gameInListOf, gameOf } from "./codec.ts";
import { cursorOf, type HotCursor } from "./cursor.ts";
import { keysOf } from "./keys.ts";
import { scriptIn } from "./scripts.ts";
import { playerSeasonOf, teamSeasonOf } from "./seasons.ts";

/** What was found in a slot at one moment, and how far the slot had come then. */
export type Found<Value> = {
  /** Undefined when nothing of the slot is there. */
  readonly cursor: HotCursor | undefined;
  readonly value: Value;
};

/** The hot store as readers see it. Each call is one round trip, read at one moment. */
export type HotReads = {
  cursor(slot: Slot): Promise<HotCursor | undefined>;
  game(slot: Slot, gameId: string): Promise<Found<BoxScore | undefined>>;
  /** All games of the slot by id. */
  games(slot: Slot): Promise<Found<ReadonlyMap<string, GameInList>>>;
  /** In the order asked for; undefined for a player without a line that counts. */
  players(slot: Slot, playerIds: readonly string[]): Promise<Found<(PlayerSeason | undefined)[]>>;
  team(slot: Slot, teamId: string): Promise<Found<TeamSeason | undefined>>;
  /** A stretch of a board, best first; `from` is the 0-based place of its first row. */
  standings(
    slot: Slot,
    statistic: Statistic,
    from: number,
    count: number,
  ): Promise<Found<{ readonly total: number; readonly rows: Standing[] }>>;
  /** In the order asked for; undefined for a member who is not on the board. */
  standingsOf(
    slot: Slot,
    statistic: Statistic,
    members: readonly string[],
  ): Promise<Found<(Standing | undefined)[]>>;
  /** The rows around a member, up to `eachSide` on each side; none when the member is not there. */
  standingsAround(
    slot: Slot,
    statistic: Statistic,
    member: string,
    eachSide: number,
  ): Promise<Found<Standing[]>>;
};

/** The hot store kept in Redis. */
export function hotReadsIn(redis: Redis): HotReads {
  const listStandings = scriptIn(redis, "list_standings");
  const getStandings = scriptIn(redis, "get_standings");
  const listAround = scriptIn(redis, "list_around");

  /** The cursor and some hashes, in one transaction: none of them is newer than the cursor. */
  async function hashes(slot: Slot, keys: readonly string[]) {
    const transaction = redis.multi().get(keysOf(slot).cursor);
    for (const key of keys) transaction.hgetall(key);
    const [cursor, ...found] = await answers(transaction.exec());
    return {
      cursor: cursorOf(cursor as string | null),
      found: found as Record<string, string>[],
    };
  }

  return {
    async cursor(slot) {
      return cursorOf(await answer(redis.get(keysOf(slot).cursor)));
    },
    async game(slot, gameId) {
      const { cursor, found } = await hashes(slot, [keysOf(slot).game(gameId)]);
      return { cursor, value: gameOf(found[0] ?? {}) };
    },
    async games(slot) {
      const { cursor, found } = await hashes(slot, [keysOf(slot).games]);
      const games = Object.entries(found[0] ?? {}).map(
        ([gameId, text]) => [gameId, gameInListOf(text)] as const,
      );
      return { cursor, value: new Map(games) };
    },
    async players(slot, playerIds) {
      const { cursor, found } = await hashes(slot, playerIds.map(keysOf(slot).player));
      return { cursor, value: found.map(playerSeasonOf) };
    },
    async team(slot, teamId) {
      const { cursor, found } = await hashes(slot, [keysOf(slot).team(teamId)]);
      return { cursor, value: teamSeasonOf(found[0] ?? {}) };
    },
    async standings(slot, statistic, from, count) {
      const reply = await listStandings(boardKeys(slot, statistic), [from, count]);
      const [cursor, total, better, rows] = reply as [string, number, number, string[]];
      return {
        cursor: cursorOf(cursor),
        value: { total, rows: ranked(scored(rows), from, better) },
      };
    },
    async standingsOf(slot, statistic, members) {
      const reply = await getStandings(boardKeys(slot, statistic), members);
      const [cursor, found] = reply as [string, (string | number)[]];
      const value = members.map((member, at) => {
        const score = found[2 * at];
        if (score === "") return undefined;
        return { member, score: 0 - Number(score), rank: Number(found[2 * at + 1]) + 1 };
      });
      return { cursor: cursorOf(cursor), value };
    },
    async standingsAround(slot, statistic, member, eachSide) {
      const reply = await listAround(boardKeys(slot, statistic), [member, eachSide]);
      const [cursor, from, better, rows] = reply as [string, number, number, string[]];
      return { cursor: cursorOf(cursor), value: ranked(scored(rows), from, better) };
    },
  };
}

function boardKeys(slot: Slot, statistic: Statistic): string[] {
  const keys = keysOf(slot);
  return [keys.cursor, keys.standings(statistic)];
}

// Rows come as member, -score, member, -score, ...
function scored(rows: readonly string[]): { member: string; score: number }[] {
  const found: { member: string; score: number }[] = [];
  for (let at = 0; at + 1 < rows.length; at += 2) {
    found.push({ member: rows[at] ?? "", score: 0 - Number(rows[at + 1]) });
  }
  return found;
}
