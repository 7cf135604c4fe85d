import type { MessageInitShape } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import type { Entry } from "#domain/boxscore";
import type { EntrySchema } from "#gen/courtside/journal/v1/entry_pb.ts";
import { decodeRow, encodeEntries, headsOf } from "./index.ts";

type Init = MessageInitShape<typeof EntrySchema>;

const at = (ms: number) => timestampFromMs(ms);
const LINE = { playerId: "curry", teamId: "t1", happenedTime: at(1_700_000_000_123) };
const live = (more: object = {}) => ({
  case: "live" as const,
  value: { epoch: 2, number: 2n ** 53n - 1n, line: { ...LINE, totals: { points: 3 }, ...more } },
});
const team = {
  case: "liveTeam" as const,
  value: {
    epoch: 1,
    number: 300n,
    line: { teamId: "t1", happenedTime: at(-1_500), totals: { teamTurnovers: 1 } },
  },
};

/** Every kind of entry, and what a head may find in it. */
const ENTRIES: Record<string, Init> = {
  "a player's line": { gameId: "g1", source: "s", kind: live() },
  "one with periods": {
    gameId: "g1",
    kind: live({ periods: [{ period: 1, totals: { points: 3 } }] }),
  },
  "one without a time": { gameId: "g1", kind: live({ happenedTime: undefined }) },
  "one of a clock that was behind": { gameId: "g1", clockOffsetMs: 90_000n, kind: live() },
  "one of a clock that was ahead": { gameId: "g1", clockOffsetMs: -90_001n, kind: live() },
  "a team's line": { gameId: "game-of-another-name", source: "s", kind: team },
  "an official line": {
    gameId: "g1",
    kind: {
      case: "official",
      value: { revision: 7n, line: { playerId: "p", teamId: "t1", totals: {} } },
    },
  },
  "a fact": {
    gameId: "g1",
    kind: { case: "game", value: { revision: 9n, game: { gameId: "g1" } } },
  },
  "a line held back": {
    gameId: "g1",
    kind: {
      case: "quarantined",
      value: { of: live(), broken: [{ field: "totals", description: "is odd" }] },
    },
  },
  "a team's line that was let go": {
    gameId: "g1",
    kind: { case: "released", value: { of: team } },
  },
  "a player's line that was let go": {
    gameId: "g1",
    kind: { case: "released", value: { of: live() } },
  },
};

function rowOf(body: Uint8Array, entries: number) {
  return { firstOffset: 40, entries, recordedAt: 1_000, term: 1, digest: "", body };
}

/** The heads as whole entries have them. */
function expectedHeads(row: ReturnType<typeof rowOf>) {
  return decodeRow(row).map(({ offset, recordedAt, bytes, entry }) => ({
    ...{ offset, recordedAt, bytes: hexOf(bytes), kind: entry.kind, gameId: entry.gameId },
    ...{ subjectId: "", epoch: 0, happenedAt: undefined, released: false },
    ...placeOf(entry),
  }));
}

/** The heads that are found, each with the bytes that it points to. */
function found(row: ReturnType<typeof rowOf>) {
  return headsOf(row).map(({ body, from, until, lineFrom, lineUntil, ...head }) => {
    return { ...head, bytes: hexOf(body.subarray(from, until)) };
  });
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function placeOf(entry: Entry) {
  switch (entry.kind) {
    case "live":
    case "team": {
      const { epoch, number, happenedAt } = entry.line;
      const subjectId = entry.kind === "live" ? entry.playerId : entry.teamId;
      return { subjectId, epoch, number, happenedAt, released: entry.released ?? false };
    }
    case "official":
      return { subjectId: entry.playerId, number: entry.line.revision };
    case "quarantined":
      return { epoch: entry.epoch, number: entry.number };
    case "game":
      return { number: entry.revision };
  }
}

describe("headsOf", () => {
  it.each(Object.entries(ENTRIES))("finds in %s what decoding it finds", (_, entry) => {
    const row = rowOf(encodeEntries([entry]), 1);

    expect(found(row)).toEqual(expectedHeads(row));
  });

  it("finds each entry of a row in its place, and its bytes", () => {
    const entries = Object.values(ENTRIES);
    const row = rowOf(encodeEntries([...entries, ...entries]), 2 * entries.length);

    const heads = found(row);

    expect(heads).toEqual(expectedHeads(row));
    expect(heads.map(({ offset }) => offset)).toEqual(heads.map((_, place) => 40 + place));
  });

  it("passes over fields that it does not know, and takes those that it does in any order", () => {
    const line = new BinaryWriter();
    line.tag(900, WireType.Bit32).fixed32(1).tag(901, WireType.Bit64).fixed64(1);
    line
      .tag(902, WireType.Varint)
      .uint64(2n ** 64n - 1n)
      .tag(4, WireType.LengthDelimited)
      .bytes(new Uint8Array());
    line
      .tag(2, WireType.LengthDelimited)
      .string("t1")
      .tag(1, WireType.LengthDelimited)
      .string("p9");
    const value = new BinaryWriter();
    value.tag(3, WireType.LengthDelimited).bytes(line.finish());
    value.tag(2, WireType.Varint).uint32(5).tag(1, WireType.Varint).uint32(6);
    const entry = new BinaryWriter();
    entry.tag(3, WireType.LengthDelimited).bytes(value.finish());
    entry
      .tag(77, WireType.LengthDelimited)
      .string("?")
      .tag(1, WireType.LengthDelimited)
      .string("g");
    const body = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(entry.finish()).finish();
    const row = rowOf(body, 1);

    expect(found(row)).toEqual(expectedHeads(row));
    expect(headsOf(row)[0]).toMatchObject({ gameId: "g", subjectId: "p9", epoch: 6, number: 5 });
  });

  it("throws at what is no row of that many entries", () => {
    const body = encodeEntries([{ gameId: "g1", kind: live() }]);

    expect(() => headsOf(rowOf(body, 2))).toThrow("a row of 2 entries holds 1");
    expect(() => headsOf(rowOf(body.subarray(0, -1), 1))).toThrow();
    expect(() => headsOf(rowOf(encodeEntries([{ gameId: "g1" }]), 1))).toThrow("nothing");
    expect(() => headsOf(rowOf(Uint8Array.of(0x08, 1), 1))).toThrow("field");
  });
});
