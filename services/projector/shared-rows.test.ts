import { describe, expect, it } from "vitest";
import { BEGINNING, type Cursor, CursorLost, type JournalRow } from "#stores/journal";
import { sharedRows } from "./shared-rows.ts";

const SLOT = "nba:2023-24:regular";

/** A log of rows of ten entries each, which notes what is asked of it. */
function logOf(count: number, bytes = 10) {
  const rows: JournalRow[] = Array.from({ length: count }, (_, at) => ({
    ...{ firstOffset: 10 * at, entries: 10, recordedAt: at, term: 1 },
    ...{ digest: `d${at}`, body: new Uint8Array(bytes) },
  }));
  const asked: number[] = [];
  return {
    rows,
    asked,
    async read(slot: string, after: Cursor, entriesMax: number) {
      asked.push(after.endOffset);
      const at = rows.findIndex(({ firstOffset }) => firstOffset === after.endOffset);
      const before = at < 0 ? rows.at(-1)?.digest : at === 0 ? "" : rows[at - 1]?.digest;
      if (before !== after.digest) throw new CursorLost(slot, after);
      const found = at < 0 ? [] : rows.slice(at);
      // As if it took a while.
      await new Promise((resolve) => setTimeout(resolve, 1));
      return found.filter(({ firstOffset }) => firstOffset - after.endOffset < entriesMax);
    },
  };
}

const placesOf = (rows: readonly JournalRow[]) => rows.map(({ firstOffset }) => firstOffset);
const endOf = (place: number): Cursor => ({ endOffset: 10 * place, digest: `d${place - 1}` });

describe("sharedRows", () => {
  it("gives the second reader the rows of the first, and asks for what is behind them alone", async () => {
    const log = logOf(3);
    const shared = sharedRows(log);

    const [one, two] = await Promise.all([
      shared.read(SLOT, BEGINNING, 100),
      shared.read(SLOT, endOf(1), 100),
    ]);

    expect([placesOf(one), placesOf(two)]).toEqual([
      [0, 10, 20],
      [10, 20],
    ]);
    expect(two[0]).toBe(one[1]);
    expect(log.asked).toEqual([0, 30]);
  });

  it("ends where the log does, though one reader has seen less of it", async () => {
    const log = logOf(2);
    const shared = sharedRows(log);
    await shared.read(SLOT, BEGINNING, 100);
    log.rows.push(...logOf(4).rows.slice(2));

    expect(placesOf(await shared.read(SLOT, endOf(1), 100))).toEqual([10, 20, 30]);
    expect(placesOf(await shared.read(SLOT, endOf(2), 100))).toEqual([20, 30]);
  });

  it("takes no more than it may, from what is known or behind it", async () => {
    const log = logOf(6);
    const shared = sharedRows(log);
    await shared.read(SLOT, BEGINNING, 30);

    expect(placesOf(await shared.read(SLOT, BEGINNING, 15))).toEqual([0, 10]);
    expect(placesOf(await shared.read(SLOT, endOf(2), 25))).toEqual([20, 30, 40]);
  });

  it("reads anew for a cursor that is behind what is known, or on another chain", async () => {
    const log = logOf(5);
    const shared = sharedRows(log);
    await shared.read(SLOT, endOf(3), 100);

    expect(placesOf(await shared.read(SLOT, endOf(1), 100))).toEqual([10, 20, 30, 40]);
    await expect(shared.read(SLOT, { ...endOf(4), digest: "x" }, 100)).rejects.toThrow(CursorLost);
  });

  it("P5: gives nothing of a log that has lost what was read of it", async () => {
    const log = logOf(4);
    const shared = sharedRows(log);
    await shared.read(SLOT, BEGINNING, 100);
    log.rows.splice(2, 2, { ...log.rows[2]!, digest: "another" });

    expect((await shared.read(SLOT, endOf(1), 100)).map(({ digest }) => digest)).toEqual([
      ...["d1", "another"],
    ]);
    await expect(shared.read(SLOT, endOf(3), 100)).rejects.toThrow(CursorLost);
  });

  it("P9: keeps two megabytes of a log", async () => {
    const log = logOf(12, 256 * 1024);
    const shared = sharedRows(log);
    await shared.read(SLOT, BEGINNING, 1_000);
    const before = log.asked.length;
    await shared.read(SLOT, endOf(4), 1_000);
    await shared.read(SLOT, endOf(3), 1_000);

    expect(log.asked.slice(before)).toEqual([120, 30]);
  });
});
