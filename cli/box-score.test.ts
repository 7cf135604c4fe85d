import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  FormulasSchema,
  LineMetricsSchema,
  TeamMetricsSchema,
} from "#gen/courtside/metrics/v1/metrics_pb.ts";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { boxScoreJson, boxScoreText } from "./box-score.ts";

const box = create(GetBoxScoreResponseSchema, {
  game: { gameId: "0022300061" },
  teams: [
    {
      team: { teamId: "t1", tricode: "LAL" },
      players: [
        {
          playerId: "p1",
          name: "LeBron James",
          totals: { secondsPlayed: 700, points: 9 },
          periods: [
            { period: 1, totals: { secondsPlayed: 600, points: 8 } },
            { period: 5, totals: { secondsPlayed: 100, points: 2 } },
          ],
          unassigned: { secondsPlayed: 0, points: -1 },
        },
      ],
      totals: { secondsPlayed: 700, points: 9 },
      periods: [{ period: 1, totals: { points: 8 } }],
    },
  ],
});

const withAbsent = create(GetBoxScoreResponseSchema, {
  teams: [
    {
      team: { teamId: "t1", tricode: "LAL" },
      didNotPlay: [
        { playerId: "p2", name: "Max Christie" },
        { playerId: "p3", name: "Cam Reddish", reason: "DND_LEAGUE_SUSPENSION" },
        {
          ...{ playerId: "p4", name: "Jarred Vanderbilt", inactive: true },
          ...{ reason: "INACTIVE_INJURY", description: "Left Heel; Bursitis" },
        },
      ],
    },
  ],
});

/** The first three columns of each row of the table. */
function rowsOf(text: string): string[] {
  return text.split("\n").map((line) => line.replace(/^(.{13}) +(\S+) +(\S+).*/, "$1|$2|$3"));
}

describe("boxScoreText", () => {
  it("has a row a period and one for what is in none, where they are asked for", () => {
    const rows = rowsOf(boxScoreText(box, undefined, true));

    expect(rows.slice(4)).toEqual([
      "LeBron James |11:40|9",
      " Q1          |10:00|8",
      " OT          |1:40|2",
      " unassigned  |0:00|-1",
      expect.stringMatching(/^─+$/),
      "Totals       |11:40|9",
      " Q1          |-|8",
    ]);
  });

  it("has metrics where they were asked for, and no columns of them else", () => {
    const [team] = box.teams;
    const [row] = team?.players ?? [];
    const shooting = { effectiveFieldGoalPercentage: 0.625 };
    const metrics = create(LineMetricsSchema, { shooting, gameScore: 20.34 });
    const ofTeam = create(TeamMetricsSchema, { pace: 98.5 });
    const measured = create(GetBoxScoreResponseSchema, {
      ...box,
      formulas: create(FormulasSchema, { formulas: ["gameScore/1"], coefficients: "nba/1" }),
      teams: [{ ...team!, players: [{ ...row!, metrics }], metrics: ofTeam }],
    });

    const lines = boxScoreText(measured, undefined, true).split("\n");
    expect(lines[2]).toMatch(/PF +eFG% +TS% +GmSc$/);
    expect(lines[4]).toMatch(/ 62\.5 +- +20\.3$/);
    expect(lines.at(-1)).toMatch(/^Pace 98\.5 /);
    expect(boxScoreText(box)).not.toMatch(/GmSc|Pace/);
    expect(boxScoreJson(measured)).toMatchObject({
      teams: [{ players: [{ metrics: { gameScore: 20.34 } }], metrics: { pace: 98.5 } }],
      formulas: { formulas: ["gameScore/1"], coefficients: "nba/1" },
    });
    expect(boxScoreJson(box)).not.toHaveProperty("formulas");
  });

  it("has none of them else", () => {
    expect(boxScoreText(box)).not.toMatch(/Q1|unassigned/);
  });
});

describe("boxScoreText of a team", () => {
  it("says who did not play and why, and nothing where nothing is known of it", () => {
    const [line = "", inactive] = boxScoreText(withAbsent).split("\n").slice(-2);

    expect(line).toBe("Did not play: Max Christie, Cam Reddish (league suspension).");
    expect(inactive).toBe("Inactive: Jarred Vanderbilt (injury: Left Heel; Bursitis).");
    expect(boxScoreText(box)).not.toContain("play");
  });
});

describe("boxScoreJson", () => {
  it("always has the periods; null is unknown, or nothing in none of them", () => {
    const [team] = boxScoreJson(box).teams;

    expect(team?.players[0]?.periods[1]).toMatchObject({ period: 5, totals: { points: 2 } });
    expect(team?.players[0]?.unassigned).toMatchObject({ points: -1, assists: null });
    expect(team?.unassigned).toBeNull();
  });
  it("has who did not play; null is no reason", () => {
    expect(boxScoreJson(withAbsent).teams[0]?.didNotPlay.slice(0, 2)).toEqual([
      { playerId: "p2", name: "Max Christie", inactive: false, reason: null, description: null },
      {
        ...{ playerId: "p3", name: "Cam Reddish", inactive: false },
        ...{ reason: "DND_LEAGUE_SUSPENSION", description: null },
      },
    ]);
  });
});
