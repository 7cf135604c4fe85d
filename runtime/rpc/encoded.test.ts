import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { encodedFields, partsOf, takesBinary, withEncoded } from "./encoded.ts";

describe("withEncoded", () => {
  it("is on the wire what the message with all fields is", () => {
    const shared = {
      game: { gameId: "g1", period: 300 },
      teams: [{ players: [{ playerId: "curry" }, { playerId: "green" }] }, { flags: ["late"] }],
    };
    const own = { position: "p1" };
    const encoded = encodedFields(GetBoxScoreResponseSchema, shared);
    const sent = toBinary(
      GetBoxScoreResponseSchema,
      withEncoded(GetBoxScoreResponseSchema, own, encoded),
    );

    expect(fromBinary(GetBoxScoreResponseSchema, sent)).toEqual(
      create(GetBoxScoreResponseSchema, { ...shared, ...own }),
    );
  });
});

describe("partsOf", () => {
  const shared = encodedFields(GetBoxScoreResponseSchema, { game: { gameId: "g1" } });

  it("gives what is shared as it is, and the message when put together", () => {
    const of = (position: string) =>
      partsOf(
        GetBoxScoreResponseSchema,
        withEncoded(GetBoxScoreResponseSchema, { position }, shared),
      );
    const [one, other] = [of("p1"), of("p2")];

    expect(one[1]).toBe(other[1]);
    expect(fromBinary(GetBoxScoreResponseSchema, Buffer.concat(one))).toMatchObject({
      position: "p1",
      game: { gameId: "g1" },
    });
  });

  it("keeps fields that came with a message and are not known", () => {
    const message = create(GetBoxScoreResponseSchema, { position: "p1" });
    message.$unknown = [{ no: 900, wireType: WireType.Varint, data: Uint8Array.of(7) }];

    const parts = partsOf(GetBoxScoreResponseSchema, message);

    expect(Buffer.concat(parts)).toEqual(Buffer.from(toBinary(GetBoxScoreResponseSchema, message)));
  });
});

describe("takesBinary", () => {
  it.each([
    ["application/grpc", true],
    ["application/grpc+proto", true],
    ["application/grpc-web+proto", true],
    ["application/proto", true],
    ["application/json", false],
    ["application/grpc+json", false],
    ["application/connect+json", false],
  ])("%s: %s", (contentType, expected) => {
    const requestHeader = new Headers({ "content-type": contentType });

    expect(takesBinary({ requestHeader })).toBe(expected);
  });

  it("takes a call without a type for one that is not", () => {
    expect(takesBinary({ requestHeader: new Headers() })).toBe(false);
  });
});
