import { describe, expect, it } from "vitest";
import { LEADER_CATEGORIES, NBA_LEADER_MINIMUMS } from "#domain/metrics";
import { NBA, ZEROS } from "../metrics/examples.fixture.ts";
import { CATEGORIES, leaderBoard, type Qualifier, seasonContext } from "./index.ts";
import { type Played, seasonOf } from "./seasons.fixture.ts";

const NONE: Qualifier = { kind: "none" };
const LEAGUE: Qualifier = { kind: "league", minimums: NBA_LEADER_MINIMUMS };

const played = (playerId: string, totals: object, games = 1, teamId = "t1"): Played[] =>
  Array.from({ length: games }, (_, at) => ({
    gameId: `${teamId}-g${at}`,
    teamId,
    playerId,
    totals: { ...ZEROS, secondsPlayed: 1200, ...totals },
  }));

const contextOf = (...lines: Played[][]) => seasonContext(seasonOf(lines.flat()), NBA);

const rowsOf = (...args: Parameters<typeof leaderBoard>) =>
  leaderBoard(...args).leaders.map(({ playerId, rank, value }) => [playerId, rank, value]);

describe("leaderBoard", () => {
  it("ranks the best first, shares ranks, and keeps equal values in the order of ids", () => {
    const context = contextOf(
      played("d", { points: 10 }),
      played("b", { points: 20 }),
      played("a", { points: 10 }, 2),
      played("c", { points: 5 }),
    );

    expect(rowsOf(context, "pointsPerGame", NONE)).toEqual([
      ["b", 1, 20],
      ["a", 2, 10],
      ["d", 2, 10],
      ["c", 4, 5],
    ]);
  });

  it("has fewest turnovers first, as a share of plays", () => {
    const context = contextOf(
      played("loose", { turnovers: 5, fieldGoalsAttempted: 5 }),
      played("sure", { turnovers: 0, fieldGoalsAttempted: 5 }),
    );

    expect(rowsOf(context, "turnoverPercentage", NONE)).toEqual([
      ["sure", 1, 0],
      ["loose", 2, 0.5],
    ]);
  });

  it("does not rank a value that is not known", () => {
    const context = contextOf(
      played("shooter", { fieldGoalsMade: 1, fieldGoalsAttempted: 3 }),
      played("none", {}),
      played("unknown", { fieldGoalsMade: 1, fieldGoalsAttempted: undefined }),
    );

    expect(rowsOf(context, "fieldGoalPercentage", NONE)).toEqual([["shooter", 1, 1 / 3]]);
    expect(leaderBoard(context, "fieldGoalPercentage", LEAGUE).unqualified).toBe(1);
    expect(rowsOf(context, "playerEfficiencyRating", NONE)).toEqual([]);
  });

  it("asks for the league's minimum, at the pace of the team's games", () => {
    const context = contextOf(
      played("starter", { points: 20 }, 7),
      played("ghost", { points: 40 }, 6),
      played("team", { points: 1 }, 10),
    );

    const board = leaderBoard(context, "pointsPerGame", LEAGUE);
    expect(board.leaders.map(({ playerId }) => playerId)).toEqual(["starter", "team"]);
    expect(board.unqualified).toBe(1);
    expect(leaderBoard(context, "pointsPerGame", NONE)).toMatchObject({ unqualified: 0 });
  });

  it("counts a traded player's games against the busiest of the teams", () => {
    const context = contextOf(
      played("traded", { points: 20 }, 3),
      played("traded", { points: 20 }, 4, "t2"),
      played("others", { points: 1 }, 5),
      played("rivals", { points: 1 }, 11, "t2"),
    );

    const board = leaderBoard(context, "pointsPerGame", LEAGUE);
    expect(board.leaders.map(({ playerId }) => playerId)).toEqual(["others", "rivals"]);
    expect(rowsOf(context, "pointsPerGame", NONE)[0]).toEqual(["traded", 1, 20]);
  });

  it.each([
    [{ games: 2 }, ["often"]],
    [{ attempted: 9 }, ["much"]],
    [{ made: 4 }, ["much", "often"]],
    [{ made: 5 }, ["much"]],
    [{ secondsPlayed: 1201 }, ["often"]],
    [{}, ["much", "often", "once"]],
  ])("asks for numbers of the asker's own: %o", (least, expected) => {
    const context = contextOf(
      played("often", { fieldGoalsMade: 2, fieldGoalsAttempted: 4 }, 2),
      played("much", { fieldGoalsMade: 6, fieldGoalsAttempted: 10 }),
      played("once", { fieldGoalsMade: 1, fieldGoalsAttempted: 5 }),
    );
    const asked = { games: 0, secondsPlayed: 0, made: 0, attempted: 0, ...least };

    const board = leaderBoard(context, "fieldGoalPercentage", { kind: "own", least: asked });
    expect(board.leaders.map(({ playerId }) => playerId)).toEqual(expected);
    expect(board.unqualified).toBe(3 - expected.length);
  });

  it("ranks minutes, feats and rates", () => {
    const context = contextOf(
      played("big", { points: 10, rebounds: 10, assists: 10 }),
      played("small", { points: 9, rebounds: 10, assists: 10 }),
    );

    expect(rowsOf(context, "minutesPerGame", NONE)[0]).toEqual(["big", 1, 20]);
    expect(rowsOf(context, "doubleDoubles", NONE)).toEqual([
      ["big", 1, 1],
      ["small", 1, 1],
    ]);
    expect(rowsOf(context, "tripleDoubles", LEAGUE)).toEqual([
      ["big", 1, 1],
      ["small", 2, 0],
    ]);
    expect(rowsOf(context, "pointsPer36", NONE)[0]).toEqual(["big", 1, 18]);
  });

  it("has a rule for each category, and shots for percentages of shots alone", () => {
    expect(Object.keys(CATEGORIES).sort()).toEqual(LEADER_CATEGORIES.toSorted());
    const ofShots = LEADER_CATEGORIES.filter((name) => CATEGORIES[name].shots !== undefined);
    expect(ofShots).toEqual([
      "fieldGoalPercentage",
      "threePointPercentage",
      "freeThrowPercentage",
      "effectiveFieldGoalPercentage",
    ]);
  });
});
