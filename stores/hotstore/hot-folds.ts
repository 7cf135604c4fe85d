import type { Redis } from "ioredis";
import type { BoxScore, BoxScores } from "#domain/boxscore";
import type { PlayerSeason, SeasonTotals, TeamSeason } from "#domain/season";
import type { Slot } from "#domain/slots";
import { answers } from "#stores/redis";
import { gameOf } from "./codec.ts";
import { cursorOf, cursorText, type HotCursor } from "./cursor.ts";
import { cursorKey, generationPrefix, generationsPattern, keysOf } from "./keys.ts";
import { scriptIn } from "./scripts.ts";
import { playerSeasonOf, teamSeasonOf } from "./seasons.ts";
import { type SlotState, writesOf } from "./writes.ts";

/** Names what a fold needs to know before it can go on. */
export type Touched = { readonly players: Iterable<string>; readonly teams: Iterable<string> };

/**
 * The hot store as the projector sees it: state and cursor of each slot, moved together or not at all.
 * What is loaded holds at the cursor it is used with, or the move is refused.
 */
export type HotFolds = {
  /** How far each slot has come, in the order asked for; undefined where nothing is. One round trip. */
  cursors(slots: readonly Slot[]): Promise<(HotCursor | undefined)[]>;
  /** The games that are known, by id. */
  games(slot: Slot, generation: string, gameIds: readonly string[]): Promise<BoxScores>;
  /** The seasons that are known. */
  seasons(slot: Slot, generation: string, touched: Touched): Promise<SeasonTotals>;
  /**
   * Moves a slot from one cursor and state to the next, in one step. Returns undefined when done, else
   * the cursor where the slot really is, and then nothing was written. Throws when a write failed: the
   * slot is without a cursor then.
   */
  move(
    slot: Slot,
    from: At,
    to: At<HotCursor>,
  ): Promise<{ readonly at: HotCursor | undefined } | undefined>;
  /** Takes the cursor of a slot away, if it is still this one: the slot begins anew after that. */
  drop(slot: Slot, cursor: HotCursor): Promise<void>;
  /** Removes the keys of every generation of a slot but this one, while it is the present one. */
  sweep(slot: Slot, generation: string): Promise<void>;
};

/** A cursor (undefined: before anything) and the state there, as far as it is touched. */
export type At<Place = HotCursor | undefined> = {
  readonly cursor: Place;
  readonly state: SlotState;
};

/** The hot store kept in Redis. */
export function hotFoldsIn(redis: Redis): HotFolds {
  const foldRows = scriptIn(redis, "fold_rows");
  const dropCursor = scriptIn(redis, "drop_cursor");
  const sweepKeys = scriptIn(redis, "sweep_keys");
  return {
    async cursors(slots) {
      if (slots.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const slot of slots) pipeline.get(cursorKey(slot));
      const texts = await answers(pipeline.exec());
      return texts.map((text) => cursorOf(text as string | null));
    },
    async games(slot, generation, gameIds) {
      const keys = keysOf(slot, generation);
      const found = new Map<string, BoxScore>();
      const hashes = await hashesOf(redis, gameIds.map(keys.game));
      gameIds.forEach((gameId, at) => {
        const box = gameOf(hashes[at] ?? {});
        if (box) found.set(gameId, box);
      });
      return found;
    },
    async seasons(slot, generation, touched) {
      const keys = keysOf(slot, generation);
      const playerIds = [...touched.players];
      const teamIds = [...touched.teams];
      const names = [...playerIds.map(keys.player), ...teamIds.map(keys.team)];
      const hashes = await hashesOf(redis, names);
      const players = new Map<string, PlayerSeason>();
      const teams = new Map<string, TeamSeason>();
      playerIds.forEach((playerId, at) => {
        const season = playerSeasonOf(hashes[at] ?? {});
        if (season) players.set(playerId, season);
      });
      teamIds.forEach((teamId, at) => {
        const season = teamSeasonOf(hashes[playerIds.length + at] ?? {});
        if (season) teams.set(teamId, season);
      });
      return { players, teams };
    },
    async move(slot, from, to) {
      const writes = writesOf(slot, to.cursor.generation, from.state, to.state);
      const keys = [cursorKey(slot), ...writes.map(({ key }) => key)];
      const fromText = from.cursor === undefined ? "" : cursorText(from.cursor);
      const args = writes.flatMap(({ command, args }) => [command, args.length, ...args]);
      const reply = await foldRows(keys, [fromText, cursorText(to.cursor), ...args]);
      const [outcome, more] = reply as [number, string?];
      if (outcome === 1) return undefined;
      if (outcome === 0) return { at: cursorOf(more ?? "") };
      throw new Error(`a write to ${slot} failed: ${more}`);
    },
    async drop(slot, cursor) {
      await dropCursor([cursorKey(slot)], [cursorText(cursor)]);
    },
    async sweep(slot, generation) {
      const kept = generationPrefix(slot, generation);
      const match = generationsPattern(slot);
      for await (const found of redis.scanStream({ match, count: 1_000 })) {
        const old = (found as string[]).filter((key) => !key.startsWith(kept));
        if (old.length > 0) await sweepKeys([cursorKey(slot), ...old], [generation]);
      }
    },
  };
}

async function hashesOf(redis: Redis, keys: readonly string[]): Promise<Record<string, string>[]> {
  if (keys.length === 0) return [];
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.hgetall(key);
  return (await answers(pipeline.exec())) as Record<string, string>[];
}
