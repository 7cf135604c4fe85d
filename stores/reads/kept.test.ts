import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { MomentSchema } from "#gen/courtside/read/v1/moment_pb.ts";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { keptReads, type Reader } from "./index.ts";
import type { ReadsWithFallback } from "./with-fallback.ts";

const SEASON = { league: "nba", season: "2023-24", type: "regular" } as const;
const NOW = { readAfter: "" };
const WAIT = { remainingMs: () => 1_000, signal: new AbortController().signal };

/** A store at an offset that the test moves, and how often its games were read. */
function storeAt(start: number | undefined) {
  const store = { at: start, reached: undefined as number | undefined, reads: 0 };
  const cursorAt = (endOffset: number) => ({
    ...{ journalId: "ab".repeat(16), endOffset, recordedAt: 0 },
    terms: endOffset === 0 ? [] : [{ term: 1, firstOffset: 0 }],
  });
  const found = <Value>(value: Value) => ({
    cursor: store.at === undefined ? undefined : cursorAt(store.at),
    ...(store.reached !== undefined && { reached: cursorAt(store.reached) }),
    ...{ value, store: "hot store" as const },
  });
  const from = {
    progress: async () => found(undefined),
    games: async () => {
      store.reads += 1;
      return found(new Map([[`g${store.at}`, { facts: {}, points: new Map() }]]));
    },
  } as Partial<ReadsWithFallback> as ReadsWithFallback;
  const read: Reader = async (_slot, _when, _deadline, find) => {
    const { value, cursor } = await find(from);
    const served = { store: Store.HOT_STORE, ageMs: 0n };
    return {
      value,
      isKnown: cursor !== undefined,
      from: { position: `${cursor?.endOffset}`, served },
    };
  };
  const games = keptReads(
    read,
    (reads, slot) => reads.games(slot),
    ({ league }, value) => `${league} ${[...value.keys()]}`,
  );
  return { store, games };
}

describe("keptReads", () => {
  it("reads a moment once, and the next one anew", async () => {
    const { store, games } = storeAt(1);

    const [first, again] = [await games(SEASON, NOW, WAIT), await games(SEASON, NOW, WAIT)];
    expect([first.value, again.value, store.reads]).toEqual(["nba g1", "nba g1", 1]);
    store.at = 2;
    const later = await games(SEASON, NOW, WAIT);

    expect([later.value, later.from.position, store.reads]).toEqual(["nba g2", "2", 2]);
  });

  it("keeps a moment that the store has left, for who looks back to its position", async () => {
    const { store, games } = storeAt(1);
    await games(SEASON, NOW, WAIT);
    Object.assign(store, { at: 1, reached: 5 });
    const asOf = create(MomentSchema, { position: "p" });

    expect((await games(SEASON, { ...NOW, asOf }, WAIT)).value).toBe("nba g1");
    expect(store.reads).toBe(1);
  });

  it("reads what had happened by a moment anew once more was recorded", async () => {
    const { store, games } = storeAt(5);
    const asOf = create(MomentSchema, { happenedTime: timestampFromMs(1_000) });
    const other = create(MomentSchema, { happenedTime: timestampFromMs(2_000) });
    Object.assign(store, { reached: 7 });

    await games(SEASON, { ...NOW, asOf }, WAIT);
    await games(SEASON, { ...NOW, asOf }, WAIT);
    expect(store.reads).toBe(1);
    await games(SEASON, { ...NOW, asOf: other }, WAIT);
    expect(store.reads).toBe(2);
    store.reached = 8;
    await games(SEASON, { ...NOW, asOf }, WAIT);

    expect(store.reads).toBe(3);
  });

  it("keeps eight moments, those that were asked for last", async () => {
    const { store, games } = storeAt(0);
    const look = async (at: number) => {
      store.at = at;
      const before = store.reads;
      await games(SEASON, NOW, WAIT);
      return store.reads > before;
    };
    for (let at = 1; at <= 8; at += 1) await look(at);

    expect(await look(1)).toBe(false);
    expect(await look(9)).toBe(true);
    expect([await look(1), await look(2)]).toEqual([false, true]);
  });

  it("keeps nothing of a season that is not there", async () => {
    const { store, games } = storeAt(undefined);

    expect((await games(SEASON, NOW, WAIT)).isKnown).toBe(false);
    store.at = 1;
    expect(await games(SEASON, NOW, WAIT)).toMatchObject({ isKnown: true, value: "nba g1" });
  });
});
