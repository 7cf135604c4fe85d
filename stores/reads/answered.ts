import type { Slot } from "#domain/slots";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { positionAt, positionToken, type ReadAfter, readAfter } from "#runtime/positions";
import type { FoundIn } from "./with-fallback.ts";

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

/** Reads a slot at or after the position asked for, with {@link readAfter}'s errors. */
export async function answered<Value>(
  asked: ReadAfter & { readonly slot: Slot },
  read: () => Promise<FoundIn<Value>>,
): Promise<Answered<Value>> {
  const { cursor, value, store } = await readAfter(asked, read, (found) => found.cursor);
  if (cursor === undefined) {
    return {
      value,
      isKnown: false,
      from: { position: "", served: { store: Store.UNSPECIFIED, ageMs: 0n } },
    };
  }
  const ageMs = BigInt(Math.max(0, Date.now() - cursor.recordedAt));
  const served = { store: store === "archive" ? Store.ARCHIVE : Store.HOT_STORE, ageMs };
  return {
    value,
    isKnown: true,
    from: { position: positionToken(positionAt(asked.slot, cursor)), served },
  };
}
