import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { UploadedLineSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { RawLineBatch } from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import { reasonOf } from "#runtime/rpc";
import type { Recorded } from "#stores/archive";
import type { AppendItem, AppendVerdict, ItemsToAppend, Journal } from "#stores/journal";
import { appends, type Told, type Upload } from "./appends.ts";

const LINE = toBinary(
  UploadedLineSchema,
  create(UploadedLineSchema, {
    of: { case: "player", value: { playerId: "curry", teamId: "gsw", totals: { points: 0 } } },
  }),
);

const batch = (firstNumber: number, lines: number) =>
  ({ firstNumber: BigInt(firstNumber), lines: Array(lines).fill(LINE) }) as unknown as RawLineBatch;

/** An upload whose commits begin and end when the test says so. */
function started() {
  type Asked = { items: ItemsToAppend; resolve(verdicts: AppendVerdict[]): void };
  const queue: Asked[] = [];
  const committed: AppendItem[][] = [];
  const journal = {
    append(items: ItemsToAppend) {
      return new Promise((resolve) => queue.push({ items, resolve }));
    },
    read: async () => [],
    open: async () => ({ verdict: "open", end: {}, replicated: false }),
  } as unknown as Journal;
  const looks: number[] = [];
  const recorded = {
    async linesOfGame() {
      looks.push(told.length);
      return { bytes: [], archived: { endOffset: 0, digest: "" } };
    },
  } as unknown as Recorded;
  const place = { gameId: "g1", source: "arena", epoch: 1, clockOffsetMs: 0 };
  const upload = {
    ...{ open: { gameId: "g1" }, league: "nba", slot: "nba:2023-24:regular", epoch: 1 },
    ...{ place, begun: 1, next: 1 },
  } as unknown as Upload;
  const told: (string | number)[] = [];
  const tell = (one: Told) => {
    told.push("taken" in one ? one.taken.through : String(reasonOf(one.failed).reason));
  };
  const { add } = appends({ journal, recorded, limits: new Map() }, upload, tell);
  return {
    ...{ add, told, committed },
    /** How much had been told each time that the log was asked what is known. */
    looks,
    /** Begins a commit of what waits, and returns what ends it. */
    begin() {
      const group: { asked: Asked; count: number }[] = [];
      const items: AppendItem[] = [];
      for (let asked = queue.shift(); asked !== undefined; asked = queue.shift()) {
        const own = typeof asked.items === "function" ? asked.items() : asked.items;
        items.push(...own);
        group.push({ asked, count: own.length });
      }
      committed.push(items);
      return async () => {
        for (const { asked, count } of group) {
          const verdict = { verdict: "appended", end: {}, replicated: false } as AppendVerdict;
          asked.resolve(Array(count).fill(verdict));
        }
        await settled();
      };
    },
  };
}

/** Until whatever has been answered is told. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const placesIn = (items: AppendItem[]) =>
  items.map((item) => (item.kind === "lines" ? [item.number, item.entries] : []));

describe("appends", () => {
  it("gathers lines until the commit that takes them begins, also while another is on its way", async () => {
    const { add, begin, committed, told } = started();

    add(batch(1, 1));
    add(batch(2, 2));
    const end = begin();
    add(batch(4, 1));
    add(batch(5, 1));
    await end();
    add(batch(6, 3));
    await begin()();

    expect(committed.map(placesIn)).toEqual([[[1, 3]], [[4, 5]]]);
    expect(told).toEqual([3, 8]);
  });

  it("brings what a row does not hold in the same commit, as an item of its own", async () => {
    const { add, begin, committed, told } = started();

    for (const first of [1, 301, 601]) add(batch(first, 300));
    await begin()();

    expect(committed.map(placesIn)).toEqual([
      [
        [1, 300],
        [301, 300],
        [601, 300],
      ],
    ]);
    expect(told).toEqual([300, 600, 900]);
  });

  it("P2: looks for lines sent again behind what came before, and appends nothing else meanwhile", async () => {
    const { add, begin, committed, looks, told } = started();

    add(batch(1, 3));
    add(batch(2, 3));
    add(batch(5, 1));
    await begin()();
    await settled();
    await begin()();
    await begin()();

    expect(looks).toEqual([1]);
    expect(committed.map(placesIn)).toEqual([[[1, 3]], [[4, 1]], [[5, 1]]]);
    expect(told).toEqual([3, 4, 5]);
  });

  it("P2: looks once for all lines sent again that follow each other", async () => {
    const { add, begin, looks, told } = started();

    add(batch(1, 4));
    for (const first of [1, 2, 3, 1]) add(batch(first, 1));
    await begin()();
    await settled();

    expect(looks).toEqual([1, 2]);
    expect(told).toEqual([4, 3, 1]);
  });

  it("tells what was refused behind what came before it", async () => {
    const { add, begin, told } = started();

    add(batch(1, 2));
    add(batch(9, 1));
    await settled();
    expect(told).toEqual([]);
    await begin()();
    await settled();

    expect(told).toEqual([2, "NUMBER_GAP"]);
  });
});
