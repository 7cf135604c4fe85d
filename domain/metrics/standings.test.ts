import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FinalScore, gamesBehind, teamStandings, winningPercentage } from "./index.ts";

/** A game of the day-th of January, told as "home 100 - 90 away". */
function played(day: number, told: string): FinalScore {
  const [homeTeamId = "", homeScore = "", , awayScore = "", awayTeamId = ""] = told.split(" ");
  const date = `2024-01-${String(day).padStart(2, "0")}`;
  const scores = { homeScore: Number(homeScore), awayScore: Number(awayScore) };
  // Ids fall as days rise: only the date may tell what came first.
  return { gameId: `g${99 - day}`, date, homeTeamId, awayTeamId, ...scores };
}

const orderOf = (games: readonly FinalScore[]) => teamStandings(games).map(({ teamId }) => teamId);

describe("teamStandings", () => {
  it("counts wins and losses, at home and away, points and the last streak", () => {
    const games = [
      played(3, "bos 100 - 90 lal"),
      played(1, "lal 95 - 94 bos"),
      played(5, "den 80 - 81 bos"),
    ];

    const [first, second, third] = teamStandings(games);
    expect(first).toEqual({
      teamId: "bos",
      ...{ wins: 2, losses: 1, percentage: 2 / 3, gamesBehind: 0 },
      streak: { result: "won", games: 2 },
      home: { wins: 1, losses: 0 },
      away: { wins: 1, losses: 1 },
      ...{ pointsFor: 275, pointsAgainst: 265 },
    });
    expect(second).toMatchObject({ teamId: "lal", percentage: 0.5, gamesBehind: 0.5 });
    expect(second?.streak).toEqual({ result: "lost", games: 1 });
    expect(third).toMatchObject({ teamId: "den", percentage: 0, gamesBehind: 1 });
  });

  it("tells a streak by the days of the games, not by the order they are given in", () => {
    const games = [
      played(2, "bos 9 - 8 lal"),
      played(9, "bos 7 - 8 lal"),
      played(1, "lal 7 - 8 bos"),
    ];

    expect(teamStandings(games)[0]).toMatchObject({
      teamId: "bos",
      streak: { result: "lost", games: 1 },
    });
  });

  it("puts tied teams in the order of their games against each other", () => {
    // bos lost heavily to others and so has the worse difference, but beat lal.
    const games = [
      played(1, "bos 90 - 89 lal"),
      played(2, "den 150 - 80 bos"),
      played(3, "lal 150 - 80 uta"),
    ];

    expect(orderOf(games).filter((team) => team === "bos" || team === "lal")).toEqual([
      "bos",
      "lal",
    ]);
  });

  it("begins anew with those whom a step leaves tied", () => {
    // All three are .500. Among them a is 3-1 and leads; b and c are 1-2, and of these c beat b, who
    // has by far the better difference.
    const games = [
      played(1, "a 90 - 80 b"),
      played(2, "a 90 - 80 c"),
      played(3, "a 90 - 80 c"),
      played(4, "b 90 - 80 a"),
      played(5, "c 90 - 80 b"),
      played(6, "x 90 - 80 a"),
      played(7, "x 90 - 80 a"),
      played(8, "c 90 - 80 x"),
      played(9, "b 150 - 80 x"),
      played(10, "y 90 - 80 x"),
    ];

    expect(orderOf(games)).toEqual(["y", "a", "c", "b", "x"]);
  });

  it("goes by point difference where not all of the tied teams have met", () => {
    const games = [
      played(1, "a 90 - 80 x"),
      played(2, "b 90 - 70 y"),
      played(3, "c 90 - 85 z"),
      played(4, "a 90 - 80 w"),
      played(5, "c 90 - 89 a"),
      played(6, "a 90 - 80 v"),
    ];

    // b and c are 1.000; they have not met, and b won by more.
    expect(orderOf(games).slice(0, 2)).toEqual(["b", "c"]);
  });

  it("has teams without a game last, by id, and games without a winner nowhere", () => {
    const table = teamStandings(
      [played(1, "b 90 - 80 a"), played(2, "a 80 - 80 b"), played(3, "e 0 - 0 f")],
      ["d", "c", "a"],
    );

    expect(table.map(({ teamId }) => teamId)).toEqual(["b", "a", "c", "d"]);
    expect(table[2]).toMatchObject({ wins: 0, losses: 0, gamesBehind: 0.5 });
    expect([table[2]?.percentage, table[2]?.streak]).toEqual([undefined, undefined]);
    expect(teamStandings([])).toEqual([]);
  });

  it("adds up, in any order of the games", () => {
    const team = fc.constantFrom("a", "b", "c", "d", "e");
    const score = fc.integer({ min: 70, max: 75 });
    const game = fc
      .record({ homeTeamId: team, awayTeamId: team, homeScore: score, awayScore: score })
      .filter(({ homeTeamId, awayTeamId }) => homeTeamId !== awayTeamId);
    const season = fc
      .array(game, { maxLength: 40 })
      .map((games) => games.map((one, at) => ({ ...one, gameId: `g${at}`, date: "2024-01-01" })));

    fc.assert(
      fc.property(season, (games) => {
        const table = teamStandings(games);

        const sum = (of: (row: (typeof table)[number]) => number) =>
          table.reduce((total, row) => total + of(row), 0);
        const decided = games.filter(({ homeScore, awayScore }) => homeScore !== awayScore);
        expect(sum(({ wins }) => wins)).toBe(decided.length);
        expect(sum(({ losses }) => losses)).toBe(decided.length);
        expect(sum(({ pointsFor, pointsAgainst }) => pointsFor - pointsAgainst)).toBe(0);
        for (const { wins, losses, home, away, streak } of table) {
          expect([home.wins + away.wins, home.losses + away.losses]).toEqual([wins, losses]);
          expect(streak!.games).toBeLessThanOrEqual(streak!.result === "won" ? wins : losses);
        }
        const percentages = table.map(({ percentage }) => percentage!);
        expect(percentages).toEqual(percentages.toSorted((one, other) => other - one));
        expect(table[0]?.gamesBehind ?? 0).toBe(0);
        expect(teamStandings(games.toReversed())).toEqual(table);
      }),
    );
  });
});

describe("gamesBehind", () => {
  it("is half the sum of the wins and losses that differ", () => {
    expect(gamesBehind({ wins: 41, losses: 41 }, { wins: 57, losses: 25 })).toBe(16);
    expect(gamesBehind({ wins: 5, losses: 1 }, { wins: 1, losses: 0 })).toBe(-1.5);
  });
});

describe("winningPercentage", () => {
  it("is undefined before the first game", () => {
    expect(winningPercentage({ wins: 0, losses: 0 })).toBeUndefined();
    // Golden State, 2023-24: 46-36, .561.
    expect(winningPercentage({ wins: 46, losses: 36 })).toBeCloseTo(0.561, 3);
  });
});
