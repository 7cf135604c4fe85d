import type { BoxScore } from "#domain/boxscore";
import { gameOf, type ReadGame } from "./codec.ts";
import { pairs } from "./scripts.ts";

/** So many games that were asked for last are kept, and at most as many others; about 40 KB each. */
const GAMES_KEPT = 300;

/** A game as it was last read, and its version then: what was read at the same one is the same. */
type RecentGame = ReadGame & { readonly version: string };

/** The last readings of games, by the key of their hashes. */
export type RecentGames = {
  /** The last reading of a game, if it is kept. */
  known(key: string): RecentGame | undefined;
  /**
   * Reads a game's hash; undefined when it is empty. A game that says what it said the last time is the same
   * object as then, and so is each line of it that does: what was made of them need not be made again.
   */
  read(key: string, version: string, hash: readonly string[]): BoxScore | undefined;
};

/** Keeps the games that were asked for last. */
export function recentGames(): RecentGames {
  // Two lots: what is asked for moves to the newer one, and what it leaves behind goes with the older one. To move a
  // game with every reading would change a table each time.
  let newer = new Map<string, RecentGame>();
  let older = new Map<string, RecentGame>();

  function keep(key: string, game: RecentGame): void {
    older.delete(key);
    newer.set(key, game);
    if (newer.size < GAMES_KEPT) return;
    older = newer;
    newer = new Map();
  }

  function known(key: string): RecentGame | undefined {
    const game = newer.get(key);
    if (game !== undefined) return game;
    const before = older.get(key);
    if (before !== undefined) keep(key, before);
    return before;
  }

  return {
    known,
    read(key, version, hash) {
      const before = known(key);
      const fields = Object.fromEntries(pairs(hash));
      const box = before && isSame(before.fields, fields) ? before.box : gameOf(fields, before);
      if (box === undefined) {
        newer.delete(key);
        older.delete(key);
      } else keep(key, { version, fields, box });
      return box;
    },
  };
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  for (const field in a) if (a[field] !== b[field]) return false;
  for (const field in b) if (!(field in a)) return false;
  return true;
}
