import { cursorOf, type HotCursor } from "./cursor.ts";
import type { SlotState } from "./writes.ts";

/** What a move of a slot may have changed. */
export type TouchedNames = {
  readonly games: ReadonlySet<string>;
  /** Players whose season may have changed, and so any board. */
  readonly players: ReadonlySet<string>;
};

/** A slot is elsewhere than it was. */
export type Move = {
  /** Undefined when it is not known, or there was nothing. */
  readonly from: HotCursor | undefined;
  /** Undefined when nothing of the slot is there. */
  readonly to: HotCursor | undefined;
  /** Undefined when it may be anything. */
  readonly touched: TouchedNames | undefined;
};

/** More names than fit are told as null: it may be anything. */
const NAMES_CHARACTERS_MAX = 4_000;

/** The names of what a fold touched, as they are told. */
export function touchedText({ games, seasons }: SlotState): string {
  const text = JSON.stringify([[...games.keys()], [...seasons.players.keys()]]);
  return text.length > NAMES_CHARACTERS_MAX ? "null" : text;
}

/** The move that a message tells: from, to and touched, a line each, which JSON has no ends of. */
export function moveOf(message: string): Move {
  const [from = "", to = "", touched = "null"] = message.split("\n");
  return { from: cursorOf(from), to: cursorOf(to), touched: namesOf(touched) };
}

function namesOf(text: string): TouchedNames | undefined {
  const names = JSON.parse(text) as [string[], string[]] | null;
  if (names === null) return undefined;
  const [games, players] = names;
  return { games: new Set(games), players: new Set(players) };
}
