import type { BoxScore } from "#domain/boxscore";
import { gameOf, type ReadGame } from "./codec.ts";
import { pairs } from "./scripts.ts";

/** Games whose last reading is kept, about 40 KB each. */
const GAMES_MAX = 400;

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
  const games = new Map<string, RecentGame>();
  return {
    known(key) {
      const game = games.get(key);
      if (game === undefined) return undefined;
      games.delete(key);
      games.set(key, game);
      return game;
    },
    read(key, version, hash) {
      const before = games.get(key);
      const fields = Object.fromEntries(pairs(hash));
      const box = before && isSame(before.fields, fields) ? before.box : gameOf(fields, before);
      games.delete(key);
      if (box === undefined) return undefined;
      games.set(key, { version, fields, box });
      const [oldest] = games.keys();
      if (games.size > GAMES_MAX && oldest !== undefined) games.delete(oldest);
      return box;
    },
  };
}

function isSame(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  for (const field in a) if (a[field] !== b[field]) return false;
  for (const field in b) if (!(field in a)) return false;
  return true;
}
