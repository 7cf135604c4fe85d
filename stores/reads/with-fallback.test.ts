import { describe, expect, it } from "vitest";
import { createLog } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { type SeasonReads, withFallback } from "./index.ts";

const SLOT = "nba:2023-24:regular";

/** A store whose reads of teams end when they are told to, at the place they are told. */
function store() {
  const waiting: ((endOffset: number | undefined) => void)[] = [];
  const team = () =>
    new Promise((resolve) => {
      waiting.push((endOffset) => {
        const terms = [{ term: 1, firstOffset: 0 }];
        const cursor = { journalId: "ab".repeat(16), endOffset, terms, recordedAt: 0 };
        resolve({ cursor: endOffset === undefined ? undefined : cursor, value: undefined });
      });
    });
  return {
    reads: { team } as unknown as SeasonReads,
    /** Ends the oldest read, or a later one. */
    async answer(endOffset: number | undefined, read = 0) {
      waiting.splice(read, 1)[0]?.(endOffset);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function started() {
  const hot = store();
  const archive = store();
  const reads = withFallback(hot.reads, archive.reads, createLog("test", "silent"));
  const read = async () => {
    const { store, cursor } = await reads.team(SLOT, "t1");
    return [store, cursor?.endOffset];
  };
  return { hot, archive, read };
}

describe("withFallback", () => {
  it("P5: answers from the archive while the hot store is behind what was answered", async () => {
    const { hot, archive, read } = started();
    const first = read();
    await hot.answer(7);
    expect(await first).toEqual(["hot store", 7]);

    const second = read();
    await hot.answer(6);
    await archive.answer(8);
    expect(await second).toEqual(["archive", 8]);
    const third = read();
    await hot.answer(7);
    await archive.answer(8);
    expect(await third).toEqual(["archive", 8]);
  });

  it.each([6, undefined])(
    "P5: gives no answer where the archive is behind as well: %s",
    async (at) => {
      const { hot, archive, read } = started();
      const first = read();
      await hot.answer(7);
      await first;

      const refused = expect(read()).rejects.toThrow(Outage);
      await hot.answer(undefined);
      await archive.answer(at);
      await refused;
    },
  );

  it("P5: answers a read that a later and further one has overtaken, and keeps the further floor", async () => {
    const { hot, archive, read } = started();
    const [late, quick] = [read(), read()];
    await hot.answer(9, 1);
    await hot.answer(7);
    expect([await late, await quick]).toEqual([
      ["hot store", 7],
      ["hot store", 9],
    ]);

    const after = read();
    await hot.answer(8);
    await archive.answer(9);
    expect(await after).toEqual(["archive", 9]);
  });
});
