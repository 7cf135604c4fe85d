import { describe, expect, it } from "vitest";
import { tableOf } from "./tables.ts";

const columns = [{ head: "Player" }, { head: "PTS", align: "right" as const }];
const rows = [
  ["Nikola Jokić", 29],
  ["Braxton Key", undefined],
];

describe("tableOf", () => {
  it("stands numbers below each other, and shows a dash for what is not known", () => {
    expect(tableOf({ columns, rows }).split("\n")).toEqual([
      "Player        PTS",
      "─────────────────",
      "Nikola Jokić   29",
      "Braxton Key     -",
    ]);
  });

  it("keeps totals below a rule of their own", () => {
    const lines = tableOf({ columns, rows, totals: [["Totals", 29]] }).split("\n");

    expect(lines.slice(-2)).toEqual(["─────────────────", "Totals         29"]);
  });

  it("comes closer and cuts the first column where there is no room", () => {
    const lines = tableOf({ columns, rows }, 14).split("\n");

    expect(lines[2]).toBe("Nikola Jok  29");
    expect(Math.max(...lines.map((line) => line.length))).toBe(14);
  });

  it("is a heading and a rule when there is no row", () => {
    expect(tableOf({ columns, rows: [] })).toBe("Player  PTS\n───────────");
  });
});
