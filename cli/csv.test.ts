import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { csvLine } from "./csv.ts";
import { rowsOf } from "./verbs/export.ts";

describe("csvLine", () => {
  it("quotes only what must be quoted", () => {
    expect(csvLine(["0022300061", 7, 'a "b"', "c,d"])).toBe('0022300061,7,"a ""b""","c,d"');
  });
});

describe("rowsOf", () => {
  const totals = { points: 7, assists: 2 };
  const box = create(GetBoxScoreResponseSchema, {
    teams: [
      {
        team: { teamId: "2" },
        players: [
          { playerId: "30", totals },
          { playerId: "20", totals },
        ],
      },
      { team: { teamId: "1" }, players: [{ playerId: "10" }] },
    ],
  });

  it("has a row for every player with a line, by team and player", () => {
    expect(rowsOf("g", box).map((row) => row.slice(0, 3))).toEqual([
      ["g", "1", "10"],
      ["g", "2", "20"],
      ["g", "2", "30"],
    ]);
  });

  it("leaves no cell empty: what is not known counts 0", () => {
    const [unknown, known] = rowsOf("g", box);

    expect(unknown?.slice(3)).toEqual(Array.from({ length: 16 }, () => 0));
    expect(known?.slice(3)).toEqual([0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  });
});
