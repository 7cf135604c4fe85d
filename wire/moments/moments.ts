import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Moment } from "#domain/history";
import type { Slot } from "#domain/slots";
import type { Moment as OnWire } from "#gen/courtside/read/v1/moment_pb.ts";
import { positionOf } from "#runtime/positions";
import { badRequest } from "#runtime/rpc";

/** The moment that a request looks back to; undefined when it does not. */
export function momentAsked(asked: OnWire | undefined, slot: Slot): Moment | undefined {
  if (asked === undefined) return undefined;
  const { happenedTime, knownTime, position } = asked;
  return {
    ...(happenedTime === undefined ? {} : { happened: timestampMs(happenedTime) }),
    ...(knownTime === undefined ? {} : { known: timestampMs(knownTime) }),
    ...(position === "" ? {} : { endOffset: endOffsetOf(position, slot) }),
  };
}

function endOffsetOf(token: string, slot: Slot): number {
  const position = positionOf(token);
  if (position?.slot === slot) return position.endOffset;
  const description =
    position === undefined
      ? "Pass a position as it was returned."
      : `It is a position of ${position.slot}, not of ${slot}.`;
  throw badRequest([{ field: "as_of.position", description }]);
}
