import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { GameSchema, GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { StandingSchema } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { LineSchema, TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type JsonSchema, jsonOf, schemaOf } from "./json.ts";

describe("jsonOf", () => {
  it("leaves out what is unknown and keeps a zero", () => {
    expect(jsonOf(TotalsSchema, create(TotalsSchema, { points: 0 }))).toEqual({ points: 0 });
    expect(jsonOf(StandingSchema, create(StandingSchema, { memberId: "p" }))).toEqual({
      ...{ rank: 0, memberId: "p", score: 0 },
    });
  });

  it("writes words, times and large numbers as people read them", () => {
    const game = create(GameSchema, {
      gameId: "g",
      status: GameStatus.FINAL,
      tipOffTime: timestampFromMs(Date.parse("2023-10-24T23:30:00Z")),
    });

    expect(jsonOf(GameSchema, game)).toEqual({
      ...{ gameId: "g", status: "final", tipOffTime: "2023-10-24T23:30:00.000Z" },
    });
    const standing = create(StandingSchema, {
      rank: 1,
      memberId: "p",
      name: "P",
      score: 2n ** 50n,
    });
    expect(jsonOf(StandingSchema, standing)).toMatchObject({ score: 2 ** 50 });
  });

  it("leaves out a status that is not known", () => {
    expect(jsonOf(GameSchema, create(GameSchema, { gameId: "g" }))).toEqual({ gameId: "g" });
  });

  it("keeps messages within lists", () => {
    const line = create(LineSchema, { periods: [{ period: 1, totals: { points: 2 } }] });

    expect(jsonOf(LineSchema, line)).toEqual({ periods: [{ period: 1, totals: { points: 2 } }] });
  });
});

describe("schemaOf", () => {
  it("names each message once, with what is always there", () => {
    const schemas = new Map<string, JsonSchema>();

    expect(schemaOf(GetBoxScoreResponseSchema, schemas)).toEqual({
      $ref: "#/components/schemas/GetBoxScoreResponse",
    });
    expect(schemas.get("PlayerBox")).toMatchObject({ required: ["official", "periods"] });
    expect(schemas.get("Game")).toMatchObject({
      properties: {
        status: { type: "string", enum: ["scheduled", "live", "final", "postponed"] },
        tipOffTime: { type: "string", format: "date-time" },
      },
      required: [],
    });
  });
});
