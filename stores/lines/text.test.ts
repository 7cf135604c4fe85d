import { describe, expect, it } from "vitest";
import { absenceOf, absenceText, liveOf, liveText } from "./index.ts";

const LINE = {
  teamId: "t1",
  epoch: 1,
  number: 7,
  happenedAt: 1_000,
  totals: { points: 5, assists: 1 },
};

describe("liveText", () => {
  it("is undone by liveOf, with periods and without", () => {
    const periods = [
      { period: 1, totals: { points: 3 } },
      { period: 5, totals: { points: 2, assists: 1 } },
    ];

    expect(liveOf(liveText(LINE))).toEqual(LINE);
    expect(liveOf(liveText({ ...LINE, periods }))).toEqual({ ...LINE, periods });
  });

  it("is what it was before lines had periods where a line has none, and such a text still reads", () => {
    const older = `["t1",1,7,1000,[null,5,null,null,null,null,null,null,null,null,null,1,null,null,null,null]]`;

    expect(JSON.stringify(liveText(LINE))).toBe(older);
    expect(liveOf(JSON.parse(older))).toEqual(LINE);
  });
});

describe("absenceText", () => {
  it("is undone by absenceOf, on the active list or not", () => {
    for (const inactive of [true, false]) {
      const why = { inactive, reason: "INACTIVE_INJURY", description: "Left Ankle; Sprain" };
      const absence = { playerId: "p1", teamId: "t1", ...why };
      expect(absenceOf(JSON.parse(JSON.stringify(absenceText(absence))))).toEqual(absence);
    }
  });
});
