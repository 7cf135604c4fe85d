import type { HandlerContext } from "@connectrpc/connect";
import type { Slot } from "#domain/slots";
import { deadlineOf, failure } from "#runtime/rpc";
import type { Answered } from "#stores/reads";

/** How long a reader waits for its position, in ms: without a deadline of its own, and at most. */
const WAIT_MS_DEFAULT = 5_000;
const WAIT_MS_MAX = 10_000;

/** How long a call may wait for its position. */
export function waitOf(context: HandlerContext) {
  return deadlineOf(context, WAIT_MS_DEFAULT, WAIT_MS_MAX);
}

/** What was found of a season; SEASON_UNKNOWN where nothing of it is there. */
export function known<Value>(slot: Slot, found: Answered<Value>): Answered<Value> {
  if (found.isKnown) return found;
  throw seasonUnknown(slot);
}

/** The failure of who asks for a season that there is nothing of. */
export function seasonUnknown(slot: Slot) {
  return failure("SEASON_UNKNOWN", `Nothing is known of ${slot}.`, { metadata: { slot } });
}
