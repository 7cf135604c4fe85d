import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATISTICS, type Totals } from "#domain/statistics";
import { UploadedLineSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LineSchema, type TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { violationsIn } from "#runtime/rpc";
import { decodeRow, encodeEntries } from "#stores/journal";
import { valid } from "./checked-lines.ts";
import { linesBody } from "./entries.ts";
import { scanLine } from "./line-scan.ts";

type Counts = MessageInitShape<typeof TotalsSchema>;

/** Mostly what a line may have, and now and then what it may not. */
const count = fc.oneof(
  { weight: 20, arbitrary: fc.nat({ max: 60 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1_000_000, 1_000_001, 10_000_000, 10_000_001, 2 ** 32 - 1),
  },
);
const totals: fc.Arbitrary<Counts> = fc.dictionary(fc.constantFrom(...STATISTICS), count);
const id = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/) },
  { weight: 1, arbitrary: fc.constantFrom("", "é", "a b", "x".repeat(64), "x".repeat(65), "a\n") },
);
const often = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.option(arbitrary, { nil: undefined, freq: 20 });
const time = fc.record({
  seconds: fc.bigInt(-5n, 2_000_000_000n),
  nanos: fc.nat({ max: 999_999_999 }),
});
const period = fc.record({ period: fc.integer({ min: 0, max: 21 }), totals: often(totals) });
const player = fc.record({
  playerId: id,
  teamId: id,
  happenedTime: often(time),
  totals: often(totals),
  periods: fc.array(period, { maxLength: 5 }),
});
const team = fc.record({
  teamId: id,
  happenedTime: often(time),
  totals: often(fc.record({ teamTurnovers: count, benchTechnicals: count }, { requiredKeys: [] })),
});
const line = fc.oneof(
  player.map((value) => ({ of: { case: "player" as const, value } })),
  team.map((value) => ({ of: { case: "team" as const, value } })),
  fc.constant({ of: { case: undefined } }),
);

const bytesOf = (value: MessageInitShape<typeof UploadedLineSchema>) =>
  toBinary(UploadedLineSchema, create(UploadedLineSchema, value));

describe("scanLine", () => {
  it("calls no line valid that breaks a rule of its .proto, and every other one", () => {
    let sound = 0;
    let faulty = 0;
    fc.assert(
      fc.property(line, (value) => {
        const bytes = bytesOf(value);
        const violations = violationsIn(UploadedLineSchema, fromBinary(UploadedLineSchema, bytes));
        const scanned = scanLine(bytes);
        expect(scanned === undefined).toBe(violations.length > 0);
        if (scanned === undefined) faulty += 1;
        else sound += 1;
        if (scanned?.of !== "player") return;
        const { totals, ...read } = fromBinary(LineSchema, scanned.inner);
        expect(plain(scanned.totals)).toEqual(plain(totals ?? {}));
        expect(read.playerId).toBe((value.of as { value: { playerId: string } }).value.playerId);
      }),
      { numRuns: 3_000 },
    );
    expect(sound).toBeGreaterThan(300);
    expect(faulty).toBeGreaterThan(300);
  });

  it("leaves what is cut, changed, doubled or has more in it to the decoder", () => {
    fc.assert(
      fc.property(line, fc.nat(), fc.nat({ max: 255 }), (value, at, byte) => {
        const bytes = bytesOf(value);
        const harmed = Uint8Array.from(bytes);
        if (harmed.length > 0) harmed[at % harmed.length] = byte;
        for (const some of [bytes.subarray(0, at % (bytes.length + 1)), harmed]) {
          if (scanLine(some) === undefined) continue;
          expect(violationsIn(UploadedLineSchema, fromBinary(UploadedLineSchema, some))).toEqual(
            [],
          );
        }
        expect(scanLine(Uint8Array.of(...bytes, ...bytes))).toBeUndefined();
        expect(scanLine(Uint8Array.of(...bytes, 0x18, 1))).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("linesBody", () => {
  it("makes the entries that the message's own encoder makes", () => {
    const number = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(2 ** 31, 2 ** 50, 2 ** 53 - 1),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 5 }),
        number,
        fc.integer(),
        (values, from, offset) => {
          const place = {
            gameId: "0022300001",
            source: "arena",
            epoch: 300,
            clockOffsetMs: offset,
          };
          const lines = values
            .filter(({ of }) => of.case !== undefined)
            .map((value) => create(UploadedLineSchema, value));
          const body = linesBody(place, lines.map(valid), () => from);

          const plainly = encodeEntries(
            lines.map(({ of }) => {
              const value = { epoch: 300, number: BigInt(from), line: of.value };
              const kind = { case: of.case === "team" ? "liveTeam" : "live", value };
              const { gameId, source } = place;
              return { gameId, source, clockOffsetMs: BigInt(offset), kind } as never;
            }),
          );
          const entries = lines
            .map(({ of }) => of.value?.totals)
            .every((known) => known !== undefined);
          if (!entries) return;
          const row = { firstOffset: 0, recordedAt: 0, term: 1, digest: "", entries: lines.length };
          const read = (body: Uint8Array) => decodeRow({ ...row, body }).map(({ entry }) => entry);
          expect(read(body)).toEqual(read(plainly));
        },
      ),
    );
  });
});

function plain(totals: Totals): Record<string, number> {
  return Object.fromEntries(
    STATISTICS.flatMap((name) => (totals[name] === undefined ? [] : [[name, totals[name]]])),
  );
}
