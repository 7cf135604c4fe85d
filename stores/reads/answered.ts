import type { Slot } from "#domain/slots";
import type { Moment } from "#gen/courtside/read/v1/moment_pb.ts";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { positionAt, positionToken, readAfter, sharedLooks } from "#runtime/positions";
import { momentAsked } from "#wire/moments";
import { type Deadline, type Past, reachedIn } from "./past.ts";
import type { Found, PastReads, StoreProgress } from "./reads.ts";
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

/** Reads a slot when the reader asks for it; throws what {@link readAfter} and the moment's rules say. */
export type Reader = <Value>(
  slot: Slot,
  when: When,
  deadline: Deadline,
  find: (from: ReadsWithFallback) => Promise<FoundIn<Value>>,
) => Promise<Answered<Value>>;

/** Reads the present from `reads` and the past from `past`. */
export function readerOf(reads: ReadsWithFallback, past: Past): Reader {
  const looks = sharedLooks(async (slot) => reachedIn(await reads.progress(slot)));
  const answerOf = answers();
  return async (slot, { readAfter: token, asOf }, deadline, find) => {
    const moment = momentAsked(asOf, slot);
    if (moment === undefined) {
      const asked = { readAfter: token, slot, deadline };
      return answerOf(slot, await readAfter(asked, () => find(reads), reachedIn, looks));
    }
    // A position to look back to must have been reached too, and still be one of this journal's.
    const asked = { slot, moment, readAfter: asOf?.position || token };
    const found = await past.read(asked, deadline, (from) => find(archiveOnly(from)));
    return answerOf(slot, { ...found, store: "archive" });
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
 * Reads from `past` what only the archive answers, also of the present: then it waits until the archive
 * is as far as the furthest store, so that no answer is behind one before it.
 */
export function pastReaderOf(read: Reader, past: Past): PastReader {
  const answerOf = answers();
  return async (slot, when, deadline, find) => {
    const { asOf } = when;
    const reached =
      asOf === undefined
        ? (await read(slot, when, deadline, (reads) => reads.progress(slot))).from.position
        : asOf.position || when.readAfter;
    const asked = { slot, moment: momentAsked(asOf, slot) ?? {}, readAfter: reached };
    return answerOf(slot, { ...(await past.read(asked, deadline, find)), store: "archive" });
  };
}

/** Makes answers of what was found. Many in a row are of the same cursor: its token is made once. */
function answers() {
  let last:
    | { readonly slot: Slot; readonly cursor: StoreProgress; readonly token: string }
    | undefined;
  return <Value>(slot: Slot, { cursor, value, store }: FoundIn<Value>): Answered<Value> => {
    if (cursor === undefined) {
      const served = { store: Store.UNSPECIFIED, ageMs: 0n };
      return { value, isKnown: false, from: { position: "", served } };
    }
    if (last?.cursor !== cursor || last.slot !== slot) {
      last = { slot, cursor, token: positionToken(positionAt(slot, cursor)) };
    }
    const ageMs = BigInt(Math.max(0, Date.now() - cursor.recordedAt));
    const served = { store: store === "archive" ? Store.ARCHIVE : Store.HOT_STORE, ageMs };
    return { value, isKnown: true, from: { position: last.token, served } };
  };
}
