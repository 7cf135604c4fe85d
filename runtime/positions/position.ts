import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { PositionSchema } from "#gen/courtside/journal/v1/entry_pb.ts";

/** "Everything in a slot up to here", as services pass it on; clients see opaque text. */
export type Position = {
  /** The journal's id, as hex. */
  readonly journalId: string;
  readonly slot: string;
  /** The offset of the first entry that is not included. */
  readonly endOffset: number;
  /** The term of the last entry included; 0 when nothing is. */
  readonly term: number;
};

/** What a store says of how far it has come in a slot. */
export type Progress = {
  readonly journalId: string;
  readonly endOffset: number;
  /** The terms of the slot's log so far, lowest first. */
  readonly terms: readonly { readonly term: number; readonly firstOffset: number }[];
};

/** The token of a position. */
export function positionToken({ journalId, slot, endOffset, term }: Position): string {
  const message = create(PositionSchema, {
    journalId: Buffer.from(journalId, "hex"),
    slot,
    endOffset: BigInt(endOffset),
    term,
  });
  return Buffer.from(toBinary(PositionSchema, message)).toString("base64url");
}

/** The position of a token, or undefined if it is not one of ours. */
export function positionOf(token: string): Position | undefined {
  try {
    const bytes = Buffer.from(token, "base64url");
    const { journalId, slot, endOffset, term } = fromBinary(PositionSchema, bytes);
    const isWhole = journalId.length === 16 && slot !== "" && term > 0 === endOffset > 0n;
    if (!isWhole || endOffset > Number.MAX_SAFE_INTEGER) return undefined;
    return {
      journalId: Buffer.from(journalId).toString("hex"),
      slot,
      endOffset: Number(endOffset),
      term,
    };
  } catch {
    return undefined;
  }
}

/** The position that a store has reached in a slot. */
export function positionAt(slot: string, { journalId, endOffset, terms }: Progress): Position {
  return { journalId, slot, endOffset, term: terms.at(-1)?.term ?? 0 };
}

/**
 * Where a store is against a position: it reflects it, not yet, or it never will, because the journal
 * lost that part in a failover (a later term begins before the position's end) or is another one. A store
 * that has what a failover lost in the position's place is behind it, until it is made right.
 */
export function compared(position: Position, progress: Progress): "reached" | "behind" | "lost" {
  if (position.journalId !== progress.journalId) return "lost";
  const overwritten = progress.terms.some(
    ({ term, firstOffset }) => term > position.term && firstOffset < position.endOffset,
  );
  if (overwritten) return "lost";
  if (progress.endOffset < position.endOffset) return "behind";
  const isSameLog =
    position.term === 0 || progress.terms.some(({ term }) => term === position.term);
  return isSameLog ? "reached" : "behind";
}
