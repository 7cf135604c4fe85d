import { describe, expect, it } from "vitest";
import { SEASON_TYPES } from "#domain/games";
import { SeasonType } from "#gen/courtside/game/v1/game_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { seasonAsked, seasonOfGameAsked, seasonOnWire } from "./index.ts";

const asked = (season: string, type: SeasonType = SeasonType.UNSPECIFIED, league = "") => ({
  league,
  season,
  type,
});

describe("seasonAsked", () => {
  it("takes the league and the type that are usual where none is named", () => {
    expect(seasonAsked(asked("2023-24"))).toEqual({
      league: "nba",
      season: "2023-24",
      type: "regular",
    });
  });

  it("reads back every season that seasonOnWire wrote", () => {
    for (const type of SEASON_TYPES) {
      const season = { league: "wnba", season: "2024-25", type };
      expect(seasonAsked(seasonOnWire(season))).toEqual(season);
    }
  });

  it.each([undefined, asked("")])("names the field where no season is named", (nothing) => {
    let failed: unknown;
    try {
      seasonAsked(nothing);
    } catch (error) {
      failed = error;
    }
    expect(reasonOf(failed).fieldViolations).toMatchObject([{ field: "season.season" }]);
  });
});

describe("seasonOfGameAsked", () => {
  it("reads season and type from the league's id rule", () => {
    expect(seasonOfGameAsked(undefined, "0042300401")).toEqual({
      league: "nba",
      season: "2023-24",
      type: "playoffs",
    });
  });

  it("goes by what is named, field by field", () => {
    expect(seasonOfGameAsked(asked("2025-26"), "0042300401")).toMatchObject({
      season: "2025-26",
      type: "playoffs",
    });
    expect(seasonOfGameAsked(asked("", SeasonType.REGULAR), "0042300401")).toMatchObject({
      season: "2023-24",
      type: "regular",
    });
  });

  it("does not guess where nobody tells", () => {
    expect(seasonOfGameAsked(undefined, "1008")).toBeUndefined();
    expect(
      seasonOfGameAsked(asked("", SeasonType.UNSPECIFIED, "wnba"), "0042300401"),
    ).toBeUndefined();
  });
});
