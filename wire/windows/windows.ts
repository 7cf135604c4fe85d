import { WINDOW_KINDS, type Window, windowOf } from "#domain/season";
import type { Window as OnWire, WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { badRequest } from "#runtime/rpc";

// The enum's values stand in the order of the kinds, from 1.

/** The kind that a request names. The rules in the .proto have left no other value. */
export function windowKindOf(kind: WindowKind): Window["kind"] {
  const found = WINDOW_KINDS[kind - 1];
  if (found === undefined) throw new RangeError(`no kind of window ${kind}`);
  return found;
}

/** A kind as a request names it. */
export function windowKindOnWire(kind: Window["kind"]): WindowKind {
  return (WINDOW_KINDS.indexOf(kind) + 1) as WindowKind;
}

/** The window that a request names; undefined for the whole season. */
export function windowAsked(
  asked: Pick<OnWire, "kind" | "date"> | undefined,
  field = "window",
): Window | undefined {
  if (asked === undefined) return undefined;
  const window = windowOf(windowKindOf(asked.kind), asked.date);
  if (window !== undefined) return window;
  const description = "must be a day of the calendar, as YYYY-MM-DD";
  throw badRequest([{ field: `${field}.date`, description }]);
}

/** A window as an answer has it. */
export function windowOnWire({ kind, from, until }: Window) {
  return { kind: windowKindOnWire(kind), date: from, untilDate: until };
}
