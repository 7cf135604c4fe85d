import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PlayerMetricsSchema, TeamMetricsSchema } from "#gen/courtside/metrics/v1/metrics_pb.ts";
import {
  metricsJson,
  percent,
  playerMetricsText,
  ratingsText,
  teamMetricsText,
} from "./metrics-text.ts";

const player = create(PlayerMetricsSchema, {
  shooting: { fieldGoalPercentage: 0.5274, trueShootingPercentage: 1.014 },
  ...{ assistToTurnover: 2.125, usagePercentage: 0.3008, gameScore: 25.22, doubleDoubles: 4 },
  per36: { points: 28 },
});

/** The cells of a line, without what aligns them. */
const cells = (line: string | undefined) => line?.trim().split(/\s{1,}/);

describe("playerMetricsText", () => {
  it("has fractions per cent, ratios as they are, and a dash for what is not known", () => {
    const text = playerMetricsText([{ name: "DEN", metrics: player }], undefined);

    const [head, , row, , per36, , rates] = text.split("\n");
    const found = new Map((cells(head) ?? []).map((name, at) => [name, cells(row)?.[at]]));
    expect(Object.fromEntries(found)).toEqual({
      ...{ Metrics: "DEN", "FG%": "52.7", "3P%": "-", "FT%": "-", "eFG%": "-", "TS%": "101.4" },
      ...{ "AST/TO": "2.13", "TOV%": "-", "USG%": "30.1", GmSc: "25.2", PER: "-" },
      ...{ DD2: "4", TD3: "0" },
    });
    expect(cells(per36)?.slice(0, 4)).toEqual(["Per", "36", "MIN", "PTS"]);
    expect(cells(rates)?.slice(0, 3)).toEqual(["DEN", "36:00", "28.0"]);
  });

  it("says nothing of 36 minutes of who was never on court", () => {
    const text = playerMetricsText(
      [{ name: "DEN", metrics: create(PlayerMetricsSchema) }],
      undefined,
    );

    expect(cells(text.split("\n").at(-1))?.slice(0, 3)).toEqual(["DEN", "-", "-"]);
  });
});

describe("teamMetricsText", () => {
  const team = create(TeamMetricsSchema, {
    shooting: { fieldGoalPercentage: 0.5 },
    opponentShooting: { fieldGoalPercentage: 0.4 },
    ...{ pace: 99.81, offensiveRating: 115.6, defensiveRating: 104, netRating: 11.6 },
    possessions: 393.6,
    fourFactors: {
      offence: { turnovers: 0.131, rebounding: 0.208, freeThrows: 0.111 },
      defence: { turnovers: 0.124, rebounding: 0.738 },
    },
  });

  it("has both sides, and pace and ratings below", () => {
    const lines = teamMetricsText(team).split("\n");

    expect(cells(lines[2])).toEqual(["own", "50.0", "-", "-", "-", "-", "13.1", "20.8", "0.111"]);
    expect(cells(lines[3])).toEqual(["opponents", "40.0", "-", "-", "-", "-", "12.4", "73.8", "-"]);
    expect(lines.at(-1)).toBe("Pace 99.8 · ORtg 115.6 · DRtg 104.0 · NRtg +11.6 · possessions 394");
  });

  it("has dashes where nothing is known", () => {
    expect(ratingsText(undefined)).toBe("Pace - · ORtg - · DRtg - · NRtg - · possessions -");
  });
});

describe("metricsJson", () => {
  it("has null for what is not known, and the zeros that are", () => {
    expect(metricsJson(PlayerMetricsSchema, player)).toMatchObject({
      shooting: { fieldGoalPercentage: 0.5274, threePointPercentage: null },
      ...{ turnoverPercentage: null, doubleDoubles: 4, tripleDoubles: 0 },
      perGame: null,
      per36: { points: 28, rebounds: null },
    });
    expect(metricsJson(PlayerMetricsSchema, undefined)).toBeNull();
  });
});

describe("percent", () => {
  it("has one decimal", () => {
    expect([0.5, 1 / 3, 0, undefined].map(percent)).toEqual(["50.0", "33.3", "0.0", undefined]);
  });
});
