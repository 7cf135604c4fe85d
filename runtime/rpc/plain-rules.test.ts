import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GameSchema, SeasonSchema, type SeasonType } from "#gen/courtside/game/v1/game_pb.ts";
import {
  RecordOfficialLinesRequestSchema,
  RecordRosterRequestSchema,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import {
  GetStandingsRequestSchema,
  ListStandingsRequestSchema,
  Statistic,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { LineSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { GetBoxScoreRequestSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { plainCheckOf } from "./plain-rules.ts";
import { violationsIn } from "./validation.ts";

const validator = createValidator();

function isValid<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): boolean {
  const { kind, error } = validator.validate(schema, create(schema, init));
  if (kind === "error") throw error;
  return kind === "valid";
}

function isSure<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): boolean {
  return plainCheckOf(schema)(create(schema, init));
}

// Around every bound: empty, at it, one above, and code points that are two units.
const id = fc.constantFrom(
  "",
  "a",
  "a b",
  "a\n",
  "a".repeat(64),
  "a".repeat(65),
  "🏀",
  "🏀".repeat(40),
);
const count = fc.constantFrom(undefined, 0, 1, 1_000_000, 1_000_001, 2 ** 32 - 1);
const time = fc.constantFrom(undefined, { seconds: 1n });
const totals = fc.option(fc.record({ points: count, secondsPlayed: count }), { nil: undefined });
const period = fc.record({ period: fc.constantFrom(0, 1, 2, 3, 20, 21), totals });
const periods = fc.array(period, { maxLength: 4 });
const player = fc.record({ playerId: id, teamId: id, happenedTime: time, totals, periods });
const teamLine = fc.record({ teamId: id, happenedTime: time, totals: fc.constant({}) });
const line = fc.oneof(
  fc.record({ case: fc.constant("player" as const), value: player }),
  fc.record({ case: fc.constant("team" as const), value: teamLine }),
  fc.constant({ case: undefined }),
);
const lines = fc.array(fc.record({ of: line }), { maxLength: 3 });
const upload = fc.oneof(
  fc.record({
    case: fc.constant("batch" as const),
    value: fc.record({ firstNumber: fc.constantFrom(0n, 1n, 2n ** 64n - 1n), lines }),
  }),
  fc.record({
    case: fc.constant("open" as const),
    value: fc.record({ source: id, instance: id, gameId: id }),
  }),
  fc.constant({ case: undefined }),
);

describe("plainCheckOf", () => {
  it("is never sure of an upload that protovalidate refuses", () => {
    fc.assert(
      fc.property(upload, (message) => {
        const sure = isSure(UploadLinesRequestSchema, { message });
        fc.pre(sure);
        return isValid(UploadLinesRequestSchema, { message });
      }),
      { numRuns: 300, maxSkipsPerRun: 1_000 },
    );
  });

  it("is sure of each upload of plain text that protovalidate takes", () => {
    fc.assert(
      fc.property(upload, (message) => {
        const sure = isSure(UploadLinesRequestSchema, { message });
        return sure === isValid(UploadLinesRequestSchema, { message });
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["", true],
    ["2023-24", true],
    ["2023-24\n", false],
    ["2023-2", false],
    ["x2023-24", false],
  ])("takes the season %j: %s", (season, expected) => {
    expect(isSure(SeasonSchema, { season })).toBe(expected);
    expect(isValid(SeasonSchema, { season })).toBe(expected);
  });

  it.each([0, 1, 3, 4, 99, -1])("agrees on the enum value %i", (number) => {
    // On the wire it may be any number.
    const type = number as SeasonType;
    expect(isSure(SeasonSchema, { type })).toBe(isValid(SeasonSchema, { type }));
  });

  it("counts items up to their most", () => {
    const teams = (length: number) => ({
      teams: Array.from({ length }, (_, i) => ({ teamId: `t${i}` })),
    });

    expect(isSure(RecordRosterRequestSchema, teams(500))).toBe(true);
    expect(isSure(RecordRosterRequestSchema, teams(501))).toBe(false);
  });

  it("leaves a rule that it does not know to protovalidate", () => {
    const official = (secondsPlayed?: number) => ({
      source: "s",
      gameId: "g",
      lines: [{ playerId: "p", teamId: "t", totals: { secondsPlayed } }],
    });

    expect(isSure(RecordOfficialLinesRequestSchema, official())).toBe(false);
    const checked = (seconds?: number) =>
      violationsIn(
        RecordOfficialLinesRequestSchema,
        create(RecordOfficialLinesRequestSchema, official(seconds)),
      );
    expect(checked()).toEqual([]);
    expect(checked(60).map(({ field }) => field)).toEqual(["lines[0].totals"]);
  });

  it("is sure of a line's periods while each comes once, and knows how many are too many", () => {
    const lineOf = (...numbers: number[]) => ({
      playerId: "p",
      teamId: "t",
      happenedTime: { seconds: 1n },
      totals: {},
      periods: numbers.map((number) => ({ period: number, totals: { points: 1 } })),
    });
    const all = Array.from({ length: 20 }, (_, at) => at + 1);

    expect(isSure(LineSchema, lineOf(...all))).toBe(true);
    for (const wrong of [lineOf(1, 2, 1), lineOf(...all, 21), lineOf(0), lineOf(...all, 1)]) {
      expect(isSure(LineSchema, wrong)).toBe(false);
      expect(isValid(LineSchema, wrong)).toBe(false);
    }
    const [violation] = violationsIn(LineSchema, create(LineSchema, lineOf(1, 2, 1)));
    expect(violation?.field).toBe("periods");
  });

  it("knows when a text comes twice in a list", () => {
    const board = { season: { season: "2023-24" }, statistic: Statistic.POINTS };
    fc.assert(
      fc.property(fc.array(id, { maxLength: 4 }), (memberIds) => {
        const asked = { board, memberIds };
        return (
          isSure(GetStandingsRequestSchema, asked) === isValid(GetStandingsRequestSchema, asked)
        );
      }),
    );
    expect(isSure(GetStandingsRequestSchema, { board, memberIds: ["a", "b"] })).toBe(true);
    expect(isSure(GetStandingsRequestSchema, { board, memberIds: ["a", "b", "a"] })).toBe(false);
  });

  // Where it is not sure of what is common, everything works and costs ten times as much.
  it("is sure of the requests that come often", () => {
    expect(isSure(GetBoxScoreRequestSchema, { gameId: "0022300061" })).toBe(true);
    expect(isSure(GameSchema, { gameId: "0022300061" })).toBe(true);
    const board = { season: { season: "2023-24" }, statistic: Statistic.POINTS };
    expect(isSure(ListStandingsRequestSchema, { board, pageSize: 25 })).toBe(true);
  });
});
