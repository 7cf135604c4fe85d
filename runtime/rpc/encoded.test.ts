import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { encodedFields, takesBinary, withEncoded } from "./encoded.ts";

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
