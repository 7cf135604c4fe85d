import { describe, expect, it } from "vitest";
import { SEASON_TYPES } from "#domain/games";
import { seasonOfSlot, slotOf } from "./index.ts";

describe("seasonOfSlot", () => {
  it("reads back every season that slotOf named, and nothing else", () => {
    for (const type of SEASON_TYPES) {
      const season = { league: "wnba", season: "2023-24", type };
      expect(seasonOfSlot(slotOf(season))).toEqual(season);
    }
    expect(["", "nba", "nba:2023-24:summer", ":2023-24:regular"].map(seasonOfSlot)).toEqual([
      ...[undefined, undefined, undefined, undefined],
    ]);
  });
});
