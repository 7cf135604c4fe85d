import type { MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import type { EntrySchema } from "#gen/courtside/journal/v1/entry_pb.ts";
import { decodeRow, encodeEntries, headsOf, liveEntryOf } from "./index.ts";

type Init = MessageInitShape<typeof EntrySchema>;

const id = fc.stringMatching(/^[A-Za-z0-9._-]{0,12}$/);
const totals = fc.dictionary(fc.constantFrom(...STATISTICS), fc.nat({ max: 10_000_000 }));
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined, freq: 9 });
const line = fc.record({
  playerId: id,
  teamId: id,
  happenedTime: optional(
    fc.record({ seconds: fc.bigInt(-5n, 2_000_000_000n), nanos: fc.nat({ max: 999_999_999 }) }),
  ),
  totals,
  periods: fc.array(fc.record({ period: fc.nat({ max: 20 }), totals: optional(totals) }), {
    maxLength: 5,
  }),
});
const entry = fc.record({
  gameId: id,
  source: id,
  clockOffsetMs: fc.bigInt(-100_000n, 100_000n),
  kind: fc
    .tuple(
      fc.record({ epoch: fc.nat(), number: fc.bigInt(0n, 2n ** 53n - 1n), line }),
      fc.boolean(),
    )
    .map(([value, released]) =>
      released
        ? { case: "released" as const, value: { of: { case: "live" as const, value } } }
        : { case: "live" as const, value },
    ),
});

function rowOf(entries: Init[]) {
  const body = encodeEntries(entries);
  return { firstOffset: 0, entries: entries.length, recordedAt: 0, term: 1, digest: "", body };
}

/** Messages have their absent fields too, as undefined, and a prototype of their own. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part) => (key === "$typeName" ? undefined : part)));
}

describe("liveEntryOf", () => {
  it("finds what decoding finds, whatever a line says", () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
        const row = rowOf(entries as Init[]);

        const found = headsOf(row).map(liveEntryOf);

        expect(found.map(plain)).toEqual(decodeRow(row).map(({ entry }) => plain(entry)));
      }),
    );
  });

  it("leaves all other entries to decoding, and lines whose parts are more than one", () => {
    const value = { playerId: "p", teamId: "t", totals: { points: 3 } };
    const live = { case: "live" as const, value: { epoch: 1, number: 1n, line: value } };
    const kinds: Init["kind"][] = [
      { case: "liveTeam", value: { line: { teamId: "t", totals: {} } } },
      { case: "official", value: { revision: 1n, line: { playerId: "p", totals: {} } } },
      { case: "game", value: { revision: 1n, game: { gameId: "g" } } },
      { case: "quarantined", value: { of: live } },
      { case: "live", value: { epoch: 1, number: 1n, line: { playerId: "p" } } },
    ];

    const heads = headsOf(rowOf(kinds.map((kind) => ({ gameId: "g", kind }))));

    expect(heads.map(liveEntryOf)).toEqual(kinds.map(() => undefined));

    // The same entry twice over is one entry of two parts, each with half of what it says.
    const [first, second] = [{ points: 3 }, { assists: 2 }].map((totals) => {
      const line = { ...value, totals };
      return encodeEntries([
        { gameId: "g", kind: { case: "live", value: { epoch: 1, number: 1n, line } } },
      ]).subarray(2);
    });
    const body = Buffer.concat([first!, second!]);
    const row = {
      ...rowOf([]),
      entries: 1,
      body: Buffer.concat([Buffer.of(10, body.length), body]),
    };
    expect(headsOf(row).map(liveEntryOf)).toEqual([undefined]);
    expect(decodeRow(row)[0]?.entry).toMatchObject({ line: { totals: { points: 3, assists: 2 } } });
  });
});
