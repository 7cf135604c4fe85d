import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { reasonOf } from "#runtime/rpc";
import {
  compared,
  type Position,
  type Progress,
  positionOf,
  positionToken,
  readAfter,
  sharedLooks,
} from "./index.ts";

const JOURNAL = "0123456789abcdef0123456789abcdef";
const position: Position = {
  journalId: JOURNAL,
  slot: "nba:2023-24:regular",
  endOffset: 500,
  term: 2,
};
const terms = [
  { term: 1, firstOffset: 0 },
  { term: 2, firstOffset: 300 },
];
const progress = (endOffset: number, more = {}) => ({
  journalId: JOURNAL,
  endOffset,
  terms,
  ...more,
});

describe("positionOf", () => {
  it("reads what positionToken wrote", () => {
    expect(positionOf(positionToken(position))).toEqual(position);
  });

  it.each(["", "x", "Zm9v", "🏀", positionToken(position).slice(0, -3)])("refuses %j", (token) => {
    expect(positionOf(token)).toBeUndefined();
  });
});

describe("compared", () => {
  it("P4: is reached at its end and not before", () => {
    expect(compared(position, progress(499))).toBe("behind");
    expect(compared(position, progress(500))).toBe("reached");
  });

  it("P4: is lost when a later term begins before its end, and only then", () => {
    const later = (firstOffset: number) =>
      compared(position, progress(900, { terms: [...terms, { term: 3, firstOffset }] }));

    expect(later(499)).toBe("lost");
    expect(later(500)).toBe("reached");
  });

  it("P4: is not reached by a store that has what a failover lost in its place", () => {
    const astray = progress(900, { terms: terms.slice(0, 1) });

    expect(compared(position, astray)).toBe("behind");
    expect(compared({ ...position, term: 1, endOffset: 300 }, astray)).toBe("reached");
  });

  it("P4: is lost in another journal", () => {
    expect(compared(position, progress(900, { journalId: "ff".repeat(16) }))).toBe("lost");
  });
});

describe("readAfter", () => {
  const asked = (remaining = 1_000, token = positionToken(position)) => {
    const end = performance.now() + remaining;
    const { signal } = new AbortController();
    const deadline = { remainingMs: () => end - performance.now(), signal };
    return { readAfter: token, slot: position.slot, deadline };
  };
  /** Reads a store that is found at these places, and at the last of them ever after. */
  const readAt = (request: ReturnType<typeof asked>, ...found: Progress[]) => {
    const read = async () => (found.length > 1 ? found.shift() : found[0])!;
    return readAfter(request, read, (answer) => answer, sharedLooks(read));
  };
  const places = (...endOffsets: number[]) => endOffsets.map((endOffset) => progress(endOffset));

  it("P4: reads until the answer reflects the position", async () => {
    expect((await readAt(asked(), ...places(497, 498, 499, 500))).endOffset).toBe(500);
    // Read, looked at, and then read from a store that is further behind.
    expect((await readAt(asked(), ...places(497, 500, 498, 500, 501))).endOffset).toBe(501);
  });

  it("P4: fails with a reason when the time is up", async () => {
    const late = readAt(asked(60), progress(499));

    expect(reasonOf(await late.catch((error) => error))).toMatchObject({
      code: Code.DeadlineExceeded,
      reason: "READ_AFTER_TIMEOUT",
      metadata: { end_offset: "500", reached: "499" },
    });
  });

  it.each([0, 1])("P4: fails at once when the position is lost, after %i looks", async (looks) => {
    const elsewhere = progress(900, { journalId: "ff".repeat(16) });
    const lost = readAt(asked(60_000), ...places(499).slice(0, looks), elsewhere);

    expect(reasonOf(await lost.catch((error) => error))).toMatchObject({ reason: "POSITION_LOST" });
  });

  it("answers a reader of another slot, and one without a position, with what is there", async () => {
    const elsewhere = { ...asked(), slot: "nba:2023-24:playoffs" };

    expect(await readAt(elsewhere, progress(1))).toMatchObject({ endOffset: 1 });
    expect(await readAt(asked(1_000, ""), progress(1))).toMatchObject({ endOffset: 1 });
  });

  it("names the field of a token that is not one", async () => {
    const wrong = readAt(asked(1_000, "junk"), progress(900));

    expect(reasonOf(await wrong.catch((error) => error))).toMatchObject({
      code: Code.InvalidArgument,
      fieldViolations: [{ field: "read_after" }],
    });
  });

  it("P9: waits for a slot with one look at a time, however many wait", async () => {
    let at = 0;
    let [looking, lookingMost, looks, reads] = [0, 0, 0, 0];
    const shared = sharedLooks(async () => {
      looks += 1;
      looking += 1;
      lookingMost = Math.max(lookingMost, looking);
      await delay(5);
      looking -= 1;
      return progress(at);
    });
    const wait = async () => {
      const read = async () => {
        reads += 1;
        return progress(at);
      };
      return readAfter(asked(), read, (answer) => answer, shared);
    };
    const waiting = Promise.all(Array.from({ length: 200 }, wait));
    await delay(100);
    at = 500;
    await waiting;

    expect([lookingMost, reads]).toEqual([1, 400]);
    expect(looks).toBeLessThanOrEqual(25);
  });

  it("lets go of who does not wait any more, and of the others not", async () => {
    let at = 0;
    const read = async () => progress(at);
    const looks = sharedLooks(read);
    const gone = new AbortController();
    const one = readAfter(
      { ...asked(), deadline: { ...asked().deadline, signal: gone.signal } },
      read,
      (found) => found,
      looks,
    );
    const other = readAfter(asked(), read, (found) => found, looks);
    gone.abort(new Error("gone"));

    await expect(one).rejects.toThrow("gone");
    at = 500;
    expect((await other).endOffset).toBe(500);
  });
});
