import type { BoxScore, BoxScores } from "#domain/boxscore";
import type { SeasonTotals } from "#domain/season";
import type { Slot } from "#domain/slots";
import { answer, answers, keysLike, type RedisClient } from "#stores/redis";
import { gameOf, playerSeasonOf, teamSeasonOf } from "./codec.ts";
import { type Contents, contentsIn } from "./contents.ts";
import { cursorOf, cursorText, type HotCursor } from "./cursor.ts";
import {
  buildingKey,
  byGeneration,
  changesChannel,
  cursorKey,
  generationsPattern,
  keysOf,
} from "./keys.ts";
import { touchedText } from "./moves.ts";
import { pairs, scriptIn } from "./scripts.ts";
import { type SlotState, writesOf } from "./writes.ts";

/** Whose cursor is meant: that of the slot as it is read, or of a generation being made beside it. */
export type Track = { readonly slot: Slot; readonly building?: string };

/** A track is not, or is no longer, at the cursor that something was to be read at. */
export class TrackMoved extends Error {
  override readonly name = "TrackMoved";
  constructor({ slot }: Track) {
    super(`${slot} is not where it was`);
  }
}

/**
 * The hot store as the projector sees it: state and cursor of each slot, moved together or not at all.
 * What is loaded was read at the cursor that is named, or {@link TrackMoved} is thrown: a slot that went
 * back and came again between two reads has the same cursor at the end, and had other content meanwhile.
 */
export type HotFolds = {
  /** How far a slot has come; undefined where nothing is. */
  cursor(slot: Slot): Promise<HotCursor | undefined>;
  /** The games that are known, by id. */
  games(track: Track, at: HotCursor, gameIds: readonly string[]): Promise<BoxScores>;
  /** The seasons of players that are known, by id. */
  players(track: Track, at: HotCursor, ids: readonly string[]): Promise<SeasonTotals["players"]>;
  /** The seasons of teams that are known, by id. */
  teams(track: Track, at: HotCursor, ids: readonly string[]): Promise<SeasonTotals["teams"]>;
  /**
   * Moves a track from one cursor and state to the next, in one step. Returns undefined when done, else
   * the cursor where it really is, and then nothing was written. Throws when a write failed: the track
   * is without a cursor then.
   */
  move(
    track: Track,
    from: At<HotCursor>,
    to: At<HotCursor>,
  ): Promise<{ readonly at: HotCursor | undefined } | undefined>;
  /**
   * Writes a whole state, in parts that have nothing in common, as a generation of its own, which nobody
   * reads yet: from then on it is a track that can be moved. False when somebody has swept it meanwhile.
   */
  build(
    slot: Slot,
    cursor: HotCursor,
    parts: AsyncIterable<SlotState> | Iterable<SlotState>,
  ): Promise<boolean>;
  /**
   * Lets a slot be read from a generation that was built: "served". "behind" when the slot has come
   * further, unless that is the cursor given as `replaced`; "gone" when it was swept. The keys of former
   * generations are removed.
   */
  serve(
    slot: Slot,
    built: HotCursor,
    replaced: HotCursor | undefined,
  ): Promise<"served" | "behind" | "gone">;
  /** Removes what nobody reads and nobody works on any more, of every slot given. */
  tidy(slots: readonly Slot[]): Promise<void>;
  /**
   * All that is read of a slot, field by field, at one moment; undefined when nothing is there, or when
   * it moved each time that it was read.
   */
  contents(slot: Slot): Promise<{ cursor: HotCursor; contents: Contents } | undefined>;
};

/** A cursor and the state there, as far as it is touched. */
export type At<Place = HotCursor> = {
  readonly cursor: Place;
  readonly state: SlotState;
};

/** How long a generation that nobody works on stays, in seconds. */
const BUILDING_S_MAX = 120;

/** What stands in place of a cursor while a generation is being filled. */
const FILLING = "filling";

/** How often a slot that moves is read again before it is given up. */
const ATTEMPTS_MAX = 20;

/** Fields asked for in one call: Lua passes at most about 8,000 values in one. */
const FIELDS_PER_READ = 4_000;

/** Writes sent at once while a generation is being filled. */
const WRITES_PER_ROUND_TRIP = 2_000;

const NOTHING: SlotState = { games: new Map(), seasons: { players: new Map(), teams: new Map() } };

/** The hot store kept in Redis. */
export function hotFoldsIn(redis: RedisClient): HotFolds {
  const foldRows = scriptIn(redis, "fold_rows");
  const getHashes = scriptIn(redis, "get_hashes");
  const getFields = scriptIn(redis, "get_fields");
  const serveGeneration = scriptIn(redis, "serve_generation");
  const sweepKeys = scriptIn(redis, "sweep_keys");

  /** What stands in some fields of a hash at a cursor; fields that are not there are left out. */
  async function fieldsOf<Value>(
    track: Track,
    at: HotCursor,
    key: string,
    names: readonly string[],
    toValue: (text: string) => Value,
  ): Promise<Map<string, Value>> {
    const found = new Map<string, Value>();
    for (let from = 0; from < names.length; from += FIELDS_PER_READ) {
      const some = names.slice(from, from + FIELDS_PER_READ);
      const reply = await getFields([keyOf(track), key], some);
      const [cursor, texts] = reply as [string, (string | null)[]];
      if (cursor !== cursorText(at)) throw new TrackMoved(track);
      some.forEach((name, place) => {
        const text = texts[place] ?? null;
        if (text !== null) found.set(name, toValue(text));
      });
    }
    return found;
  }

  /** Removes the keys of every other generation, but for those being made, while this one is read. */
  async function sweep(slot: Slot, generation: string): Promise<void> {
    for await (const found of keysLike(redis, generationsPattern(slot))) {
      for (const [other, keys] of byGeneration(slot, found)) {
        if (other === generation) continue;
        const names = [cursorKey(slot), buildingKey(slot, other), ...keys];
        await sweepKeys(names, [generation]);
      }
    }
  }

  return {
    async cursor(slot) {
      return cursorOf(await answer(redis.get(cursorKey(slot))));
    },
    async games(track, at, gameIds) {
      const keys = keysOf(track.slot, at.generation);
      const found = new Map<string, BoxScore>();
      if (gameIds.length === 0) return found;
      // No pipeline: of a slot that moves to another server, ioredis sends all of one there as soon as a
      // part of it has moved, and what is not there yet would look as if it were nowhere.
      const reply = await getHashes([keyOf(track), ...gameIds.map(keys.game)], []);
      const [cursor, ...hashes] = reply as [string, ...string[][]];
      if (cursor !== cursorText(at)) throw new TrackMoved(track);
      gameIds.forEach((gameId, place) => {
        const box = gameOf(Object.fromEntries(pairs(hashes[place] ?? [])));
        if (box) found.set(gameId, box);
      });
      return found;
    },
    players: (track, at, ids) =>
      fieldsOf(track, at, keysOf(track.slot, at.generation).players, ids, playerSeasonOf),
    teams: (track, at, ids) =>
      fieldsOf(track, at, keysOf(track.slot, at.generation).teams, ids, teamSeasonOf),
    async move(track, from, to) {
      const { slot } = track;
      const writes = writesOf(slot, to.cursor, from.state, to.state);
      const keys = [keyOf(track), changesChannel(slot), ...writes.map(({ key }) => key)];
      const args = writes.flatMap(({ command, args }) => [command, args.length, ...args]);
      const cursors = [cursorText(from.cursor), cursorText(to.cursor)];
      // Nobody watches a generation that is being made.
      const touched = track.building === undefined ? touchedText(to.state) : "";
      const reply = await foldRows(keys, [...cursors, touched, ...args]);
      const [outcome, more] = reply as [number, string?];
      if (outcome === 0) return { at: cursorOf(more ?? "") };
      if (outcome !== 1) throw new Error(`a write to ${slot} failed: ${more}`);
      if (track.building !== undefined) await answer(redis.expire(keyOf(track), BUILDING_S_MAX));
      return undefined;
    },
    async build(slot, cursor, parts) {
      const key = buildingKey(slot, cursor.generation);
      await answer(redis.set(key, FILLING, "EX", BUILDING_S_MAX));
      for await (const part of parts) {
        const writes = writesOf(slot, cursor, NOTHING, part);
        for (let at = 0; at < writes.length; at += WRITES_PER_ROUND_TRIP) {
          const pipeline = redis.pipeline();
          for (const { key, command, args } of writes.slice(at, at + WRITES_PER_ROUND_TRIP)) {
            pipeline.call(command, key, ...args);
          }
          await answers(pipeline.expire(key, BUILDING_S_MAX).exec());
        }
      }
      const [outcome] = (await foldRows(
        [key, changesChannel(slot)],
        [FILLING, cursorText(cursor), ""],
      )) as [number];
      return outcome === 1;
    },
    async serve(slot, built, replaced) {
      const { generation } = built;
      const keys = [cursorKey(slot), buildingKey(slot, generation)];
      const args = [cursorText(built), replaced === undefined ? "" : cursorText(replaced)];
      const outcome = await serveGeneration(keys, args);
      if (outcome !== 1) return outcome === 0 ? "behind" : "gone";
      await sweep(slot, generation);
      return "served";
    },
    async tidy(slots) {
      for (const slot of slots) {
        const cursor = cursorOf(await answer(redis.get(cursorKey(slot))));
        if (cursor !== undefined) await sweep(slot, cursor.generation);
      }
    },
    async contents(slot) {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
        const before = await answer(redis.get(cursorKey(slot)));
        const cursor = cursorOf(before);
        if (cursor === undefined) return undefined;
        const contents = await contentsIn(redis, slot, cursor.generation);
        if ((await answer(redis.get(cursorKey(slot)))) === before) return { cursor, contents };
      }
      return undefined;
    },
  };
}

function keyOf({ slot, building }: Track): string {
  return building === undefined ? cursorKey(slot) : buildingKey(slot, building);
}
