import type { Entry } from "./entries.ts";

/** Which line an entry is of, and its place in the order of that line: what tells whether it matters. */
export type EntryPlace = {
  readonly kind: Entry["kind"];
  readonly gameId: string;
  /** The player, or the team of a team's line; empty for what is of neither. */
  readonly subjectId: string;
  /** 0 where there is none. */
  readonly epoch: number;
  /** The number of a live line; the revision of what has one. */
  readonly number: number;
};

/**
 * The entries that decide: of the lines of one kind, game and subject the newest one alone, all facts,
 * and nothing that was quarantined. A fold of them gives what a fold of all entries gives.
 */
export function decidingOf<Place extends EntryPlace>(entries: readonly Place[]): Place[] {
  const facts: Place[] = [];
  const newest = new Map<string, Map<string, Place>>();
  for (const entry of entries) {
    const { kind, gameId, subjectId } = entry;
    if (kind === "quarantined") continue;
    if (kind === "game") {
      facts.push(entry);
      continue;
    }
    let ofGame = newest.get(gameId);
    if (ofGame === undefined) {
      ofGame = new Map();
      newest.set(gameId, ofGame);
    }
    const key = KEYS[kind] + subjectId;
    const known = ofGame.get(key);
    if (known === undefined || isNewer(entry, known)) ofGame.set(key, entry);
  }
  return [...facts, ...[...newest.values()].flatMap((ofGame) => [...ofGame.values()])];
}

// No id is of more than one kind this way.
const KEYS = { live: "l", team: "t", official: "o" } as const;

/** Whether a line comes after another one of the same player or team: by its epoch, then its number. */
export function isNewer(
  line: { readonly epoch: number; readonly number: number },
  than: { readonly epoch: number; readonly number: number },
): boolean {
  return line.epoch > than.epoch || (line.epoch === than.epoch && line.number > than.number);
}
