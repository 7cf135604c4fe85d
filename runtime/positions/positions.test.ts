import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { reasonOf } from "#runtime/rpc";
import { compared, type Position, positionOf, positionToken, readAfter } from "./index.ts";

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

  it("P4: is lost in another journal", () => {
    expect(compared(position, progress(900, { journalId: "ff".repeat(16) }))).toBe("lost");
  });
});

describe("readAfter", () => {
  const asked = (remaining = 1_000, token = positionToken(position)) => {
    const end = performance.now() + remaining;
    return {
      readAfter: token,
      slot: position.slot,
      remainingMs: () => end - performance.now(),
      signal: new AbortController().signal,
    };
  };

  it("P4: reads until the answer reflects the position", async () => {
    let endOffset = 497;

    const answer = await readAfter(
      asked(),
      async () => progress(endOffset++),
      (found) => found,
    );

    expect(answer.endOffset).toBe(500);
  });

  it("P4: fails with a reason when the time is up", async () => {
    const late = readAfter(
      asked(60),
      async () => progress(499),
      (found) => found,
    );

    expect(reasonOf(await late.catch((error) => error))).toMatchObject({
      code: Code.DeadlineExceeded,
      reason: "READ_AFTER_TIMEOUT",
      metadata: { end_offset: "500", reached: "499" },
    });
  });

  it("P4: fails at once when the position is lost", async () => {
    const lost = readAfter(
      asked(60_000),
      async () => progress(900, { journalId: "ff".repeat(16) }),
      (found) => found,
    );

    expect(reasonOf(await lost.catch((error) => error))).toMatchObject({ reason: "POSITION_LOST" });
  });

  it("answers a reader of another slot, and one without a position, with what is there", async () => {
    const read = async () => progress(1);
    const elsewhere = { ...asked(), slot: "nba:2023-24:playoffs" };

    expect(await readAfter(elsewhere, read, (found) => found)).toMatchObject({ endOffset: 1 });
    expect(await readAfter(asked(1_000, ""), read, (found) => found)).toMatchObject({
      endOffset: 1,
    });
  });

  it("names the field of a token that is not one", async () => {
    const wrong = readAfter(
      asked(1_000, "junk"),
      async () => progress(900),
      (found) => found,
    );

    expect(reasonOf(await wrong.catch((error) => error))).toMatchObject({
      code: Code.InvalidArgument,
      fieldViolations: [{ field: "read_after" }],
    });
  });
});
