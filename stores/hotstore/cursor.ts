import type { Cursor, Term } from "#stores/journal";
import { FORM } from "./codec.ts";

/** How far a slot of the hot store has come, and in which journal. */
export type HotCursor = Cursor & {
  readonly journalId: string;
  /** Which generation of keys holds the slot: a slot that is made anew begins another one. */
  readonly generation: string;
  /** The terms of what was folded, lowest first. */
  readonly terms: readonly Term[];
  /** When the last row folded was recorded, in ms since 1970. */
  readonly recordedAt: number;
};

/** The cursor as it is stored, and compared byte by byte. */
export function cursorText(cursor: HotCursor): string {
  const terms = cursor.terms.map(({ term, firstOffset }) => [term, firstOffset]);
  const { endOffset, digest, journalId, generation, recordedAt } = cursor;
  return JSON.stringify([endOffset, digest, journalId, generation, terms, recordedAt, FORM]);
}

/** Undefined for an empty text, and for values of another form: nothing of the slot is there. */
export function cursorOf(text: string | null): HotCursor | undefined {
  if (text === null || text === "") return undefined;
  const [endOffset, digest, journalId, generation, terms, recordedAt, form] = JSON.parse(text) as [
    number,
    string,
    string,
    string,
    [number, number][],
    number,
    number,
  ];
  if (form !== FORM) return undefined;
  return {
    endOffset,
    digest,
    journalId,
    generation,
    terms: terms.map(([term, firstOffset]) => ({ term, firstOffset })),
    recordedAt,
  };
}
