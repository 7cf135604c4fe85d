import type { Slot } from "#domain/slots";
import type { Moment } from "#gen/courtside/read/v1/moment_pb.ts";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import {
  positionAt,
  positionToken,
  type ReadAfter,
  readAfter,
  sharedLooks,
} from "#runtime/positions";
import { momentAsked } from "#wire/moments";
import type { Found, History, PastReads } from "./reads.ts";
import { archiveOnly, type FoundIn, type ReadsWithFallback } from "./with-fallback.ts";

/** What every answer says of itself. */
export type From = {
  /** The position that it reflects; empty when nothing of the slot is there. */
  readonly position: string;
  readonly served: { readonly store: Store; readonly ageMs: bigint };
};

/** What was found, and what the answer says of itself. */
export type Answered<Value> = {
  readonly value: Value;
  /** False when no store has anything of the slot. */
  readonly isKnown: boolean;
  readonly from: From;
};

/** When a reader wants to read: after a position, or a moment that has passed. */
export type When = { readonly readAfter: string; readonly asOf?: Moment };

/** How long a reader waits. */
type Deadline = Pick<ReadAfter, "remainingMs" | "signal">;

/** Reads a slot when the reader asks for it; throws what {@link readAfter} and the moment's rules say. */
export type Reader = <Value>(
  slot: Slot,
  when: When,
  deadline: Deadline,
  find: (from: ReadsWithFallback) => Promise<FoundIn<Value>>,
) => Promise<Answered<Value>>;

/** Reads the present from `reads` and the past from `history`. */
export function readerOf(reads: ReadsWithFallback, history: History): Reader {
  const looks = looksOver(reads);
  const looksBack = looksOver(archiveOnly(history.at({})));
  return async (slot, { readAfter: token, asOf }, deadline, find) => {
    const moment = momentAsked(asOf, slot);
    const from = moment === undefined ? reads : archiveOnly(history.at(moment));
    // A position to look back to must have been reached too, and still be one of this journal's.
    const asked = { readAfter: asOf?.position || token, slot, ...deadline };
    const found = await readAfter(
      asked,
      () => find(from),
      reachedIn,
      moment === undefined ? looks : looksBack,
    );
    return answerOf(slot, found);
  };
}

/** Reads a slot from its history, as a {@link Reader} does. */
export type PastReader = <Value>(
  slot: Slot,
  when: When,
  deadline: Deadline,
  find: (from: PastReads) => Promise<Found<Value>>,
) => Promise<Answered<Value>>;

/**
 * Reads from `history` what only the archive answers, also of the present: then it waits until the archive
 * is as far as the furthest store, so that no answer is behind one before it.
 */
export function pastReaderOf(read: Reader, history: History): PastReader {
  const looks = looksOver(archiveOnly(history.at({})));
  return async (slot, when, deadline, find) => {
    const { asOf } = when;
    const from = history.at(momentAsked(asOf, slot) ?? {});
    const reached =
      asOf === undefined
        ? (await read(slot, when, deadline, (reads) => reads.progress(slot))).from.position
        : asOf.position || when.readAfter;
    const found = await readAfter(
      { readAfter: reached, slot, ...deadline },
      async () => ({ ...(await find(from)), store: "archive" as const }),
      reachedIn,
      looks,
    );
    return answerOf(slot, found);
  };
}

function looksOver(reads: ReadsWithFallback) {
  return sharedLooks(async (slot) => reachedIn(await reads.progress(slot)));
}

function reachedIn({ cursor, reached = cursor }: FoundIn<unknown>) {
  return reached;
}

function answerOf<Value>(slot: Slot, { cursor, value, store }: FoundIn<Value>): Answered<Value> {
  if (cursor === undefined) {
    const served = { store: Store.UNSPECIFIED, ageMs: 0n };
    return { value, isKnown: false, from: { position: "", served } };
  }
  const ageMs = BigInt(Math.max(0, Date.now() - cursor.recordedAt));
  const served = { store: store === "archive" ? Store.ARCHIVE : Store.HOT_STORE, ageMs };
  return {
    value,
    isKnown: true,
    from: { position: positionToken(positionAt(slot, cursor)), served },
  };
}
