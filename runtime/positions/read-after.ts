import { setTimeout as delay } from "node:timers/promises";
import { badRequest, type Deadline, failure, untilAborted } from "#runtime/rpc";
import { compared, type Position, type Progress, positionOf } from "./position.ts";

/** How long until it is looked again whether a store has come far enough, in ms. */
const LOOK_EVERY_MS = 5;

/** What is kept back of the time given, so that the reason reaches a caller who has a deadline: a tenth … */
const KEPT_BACK = 0.1;
/** … and no more than this, in ms. */
const KEPT_BACK_MS_MAX = 100;

/** What a reader asked for, and how long it waits. */
export type ReadAfter = {
  /** A token, or empty when the reader takes what is there. */
  readonly readAfter: string;
  /** The slot that is read: a position of another slot is satisfied at once. */
  readonly slot: string;
  readonly deadline: Pick<Deadline, "remainingMs" | "signal">;
};

/** Looks how far slots have come, for all who wait in this process. */
export type Looks = {
  /** What the next look at a slot finds; those who wait for the same slot share one look. */
  next(slot: string): Promise<Progress | undefined>;
};

/** Looks a little later each time that somebody waits: one at a time for each slot. */
export function sharedLooks(look: (slot: string) => Promise<Progress | undefined>): Looks {
  const underWay = new Map<string, Promise<Progress | undefined>>();
  return {
    next(slot) {
      const known = underWay.get(slot);
      if (known !== undefined) return known;
      const fresh = delay(LOOK_EVERY_MS)
        .then(() => look(slot))
        .finally(() => underWay.delete(slot));
      underWay.set(slot, fresh);
      return fresh;
    },
  };
}

/**
 * Reads until the answer reflects the position asked for, and returns that answer. Where the first answer
 * does not, it waits for `looks` to say that the slot has come so far, and reads again.
 *
 * Throws INVALID_ARGUMENT for a token that is not one, POSITION_LOST at once when no wait can help, and
 * READ_AFTER_TIMEOUT when the time is up. `progressOf` tells how far the store had come for an answer;
 * undefined means that nothing of the slot is there.
 */
export async function readAfter<Answer>(
  asked: ReadAfter,
  read: () => Promise<Answer>,
  progressOf: (answer: Answer) => Progress | undefined,
  looks: Looks,
): Promise<Answer> {
  const position = askedFor(asked);
  const keptBackMs = Math.min(KEPT_BACK_MS_MAX, KEPT_BACK * asked.deadline.remainingMs());
  for (;;) {
    const answer = await read();
    if (position === undefined) return answer;
    let progress = progressOf(answer);
    if (hasReached(position, progress)) return answer;
    do {
      if (asked.deadline.remainingMs() <= keptBackMs) throw late(position, progress);
      progress = await untilAborted(asked.deadline.signal, looks.next(asked.slot));
    } while (!hasReached(position, progress));
  }
}

/** Throws POSITION_LOST where no wait can help. */
function hasReached(position: Position, progress: Progress | undefined): boolean {
  const outcome = progress === undefined ? "behind" : compared(position, progress);
  if (outcome === "lost") throw lost(position);
  return outcome === "reached";
}

function askedFor({ readAfter, slot }: ReadAfter): Position | undefined {
  if (readAfter === "") return undefined;
  const position = positionOf(readAfter);
  if (position === undefined) {
    const description = "Pass a position as it was returned.";
    throw badRequest([{ field: "read_after", description }]);
  }
  return position.slot === slot ? position : undefined;
}

function lost({ slot, endOffset }: Position) {
  const message = `The journal no longer holds what the position names in ${slot}.`;
  return failure("POSITION_LOST", message, { metadata: { slot, end_offset: String(endOffset) } });
}

function late({ slot, endOffset }: Position, progress: Progress | undefined) {
  return failure("READ_AFTER_TIMEOUT", `${slot} did not come as far as the position in time.`, {
    metadata: {
      slot,
      end_offset: String(endOffset),
      reached: String(progress?.endOffset ?? 0),
    },
  });
}
