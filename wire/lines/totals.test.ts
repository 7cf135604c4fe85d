import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import { TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { totalsOnWire } from "./index.ts";

const known = fc.dictionary(fc.constantFrom(...STATISTICS), fc.integer({ min: 0, max: 10_000 }));

it("is sent, in binary and as JSON, as what protobuf's own create makes of it", () => {
  fc.assert(
    fc.property(known, (totals) => {
      const [ours, theirs] = [totalsOnWire(totals), create(TotalsSchema, totals)];

      expect(toBinary(TotalsSchema, ours)).toEqual(toBinary(TotalsSchema, theirs));
      expect(toJson(TotalsSchema, ours)).toEqual(toJson(TotalsSchema, theirs));
    }),
  );
});

it("leaves out what is unknown, be it absent or undefined", () => {
  const ours = totalsOnWire({ points: 0, assists: undefined });

  const read = fromBinary(TotalsSchema, toBinary(TotalsSchema, ours));
  expect(Object.keys(read)).toEqual(["$typeName", "points"]);
});
