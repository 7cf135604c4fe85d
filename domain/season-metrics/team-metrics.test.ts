import { describe, expect, it } from "vitest";
import { EMPTY_SIDE } from "#domain/season";
import { NBA, SEASONS } from "../metrics/examples.fixture.ts";
import { teamMetrics } from "./index.ts";
import { tallyOf } from "./seasons.fixture.ts";

const GAMES = 82;

describe("teamMetrics", () => {
  // The published figures count the turnovers of the team, which the example's totals have in them.
  it.each(SEASONS)("gives $team its published pace and ratings", (season) => {
    const { own, opponents, published } = season;
    const side = (totals: typeof own | typeof opponents, teamTurnovers: number) => ({
      players: tallyOf({ ...totals, turnovers: totals.turnovers! - teamTurnovers }, GAMES),
      team: { ...EMPTY_SIDE.team, teamTurnovers },
    });

    const metrics = teamMetrics({ own: side(own, 40), opponents: side(opponents, 30) }, NBA);

    expect(metrics.pace).toBeCloseTo(published.pace, 1);
    expect(metrics.offensiveRating).toBeCloseTo(published.offensiveRating, 1);
    expect(metrics.defensiveRating).toBeCloseTo(published.defensiveRating, 1);
    expect(metrics.netRating).toBe(metrics.offensiveRating! - metrics.defensiveRating!);
    expect(metrics.perGame.points).toBe(own.points! / GAMES);
    expect(metrics.opponentPerGame.points).toBe(opponents.points! / GAMES);
    expect(metrics.perGame.turnovers).toBe((own.turnovers! - 40) / GAMES);
    expect(metrics.shooting.fieldGoalPercentage).toBe(
      own.fieldGoalsMade! / own.fieldGoalsAttempted!,
    );
    expect(metrics.opponentShooting.fieldGoalPercentage).toBe(
      opponents.fieldGoalsMade! / opponents.fieldGoalsAttempted!,
    );
    expect(metrics.possessions! / GAMES).toBeCloseTo(published.pace, 0);
    // Basketball-Reference, team page of 2016-17: a team's four factors are those of its rows.
    expect(metrics.fourFactors?.offence.freeThrows).toBe(
      own.freeThrowsMade! / own.fieldGoalsAttempted!,
    );
    expect(metrics.fourFactors?.defence.shooting).toBe(
      metrics.opponentShooting.effectiveFieldGoalPercentage,
    );
  });

  it("knows of a team what one of its lines does not hide", () => {
    const metrics = teamMetrics(
      {
        own: { ...EMPTY_SIDE, players: tallyOf({ points: 90, rebounds: 40 }, 1) },
        opponents: {
          ...EMPTY_SIDE,
          players: tallyOf({ points: 80, assists: 20, turnovers: 10 }, 1),
        },
      },
      NBA,
    );

    expect(metrics.perGame).toEqual({ points: 90, rebounds: 40 });
    expect(metrics.pace).toBeUndefined();
    expect(metrics.offensiveRating).toBeUndefined();
    expect(metrics.assistToTurnover).toBeUndefined();
    expect(metrics.shooting.fieldGoalPercentage).toBeUndefined();
  });
});
