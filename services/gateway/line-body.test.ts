import { describe, expect, it } from "vitest";
import {
  GAME_LINE_EXAMPLE,
  gameLineOf,
  LINES_EXAMPLE,
  type LinesSaid,
  linesOf,
} from "./line-body.ts";
import { problemOf } from "./problems.ts";

const NOW = 1_700_000_000_000;

/** The fields that a request is refused for. */
function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    const { status, errors = [] } = problemOf(error).body;
    expect(status).toBe(400);
    return errors.map(({ field }) => field);
  }
  return [];
}

function onlyLine({ lines }: LinesSaid) {
  const [line] = lines;
  if (lines.length !== 1 || line?.of?.case !== "player") throw new Error("not one player's line");
  return line.of.value;
}

const ids = { gameId: "1008", teamId: "19", playerId: "19" };

describe("gameLineOf", () => {
  it("reads the example of the document", () => {
    const said = gameLineOf(GAME_LINE_EXAMPLE, NOW);

    expect(said).toMatchObject({ gameId: "1008", season: "", league: "", source: "rest" });
    expect(onlyLine(said)).toMatchObject({
      playerId: "19",
      teamId: "19",
      happenedTime: { seconds: BigInt(NOW / 1_000) },
      totals: {
        ...{ points: 10, rebounds: 8, assists: 54, steals: 2, blocks: 4, turnovers: 3 },
        ...{ personalFouls: 2, secondsPlayed: 34 * 60 },
      },
    });
  });

  it("takes ids as numbers, and refuses those that a number cannot hold", () => {
    const said = gameLineOf({ gameId: 1008, teamId: 19, playerId: 2 ** 53 - 1 }, NOW);
    expect(said.gameId).toBe("1008");
    expect(onlyLine(said).playerId).toBe("9007199254740991");

    const wrong = { gameId: 2 ** 53, teamId: -1, playerId: 1.5 };
    expect(faultsOf(() => gameLineOf(wrong, NOW))).toEqual(["gameId", "teamId", "playerId"]);
  });

  it("leaves a statistic unknown that is not sent or null, and keeps a 0", () => {
    const { totals } = onlyLine(gameLineOf({ ...ids, points: 0, assists: null }, NOW));

    expect(totals).toEqual({ points: 0 });
  });

  it.each([
    [{ minutes: 34.5 }, 2_070],
    [{ seconds: 2_041 }, 2_041],
    [{ secondsPlayed: 7 }, 7],
  ])("reads the time on court of %j", (time, seconds) => {
    expect(onlyLine(gameLineOf({ ...ids, ...time }, NOW)).totals).toEqual({
      secondsPlayed: seconds,
    });
  });

  it("P7: refuses a statistic that is said twice under two names", () => {
    expect(faultsOf(() => gameLineOf({ ...ids, minutes: 1, seconds: 60 }, NOW))).toEqual([
      "minutes",
    ]);
    expect(faultsOf(() => gameLineOf({ ...ids, fouls: 1, personalFouls: 1 }, NOW))).toEqual([
      "fouls",
    ]);
  });

  it("P7: names each field that is wrong, missing or not known", () => {
    const body = {
      ...{ gameId: "", teamId: "19", points: -1, rebounds: "8", assists: 1.5, points2: 3 },
      ...{ season: "2023", revision: 0, happenedTime: "yesterday", minutes: 1e9, toString: 1 },
    };

    expect(faultsOf(() => gameLineOf(body, NOW))).toEqual([
      ...["gameId", "points", "rebounds", "assists", "points2", "season", "revision"],
      ...["happenedTime", "minutes", "toString", "playerId"],
    ]);
  });

  it("P9: names 16 fields and counts the others", () => {
    const body = Object.fromEntries([...Array(40).keys()].map((at) => [`x${at}`, 1]));

    let problem = problemOf(undefined);
    try {
      gameLineOf(body, NOW);
    } catch (error) {
      problem = problemOf(error);
    }

    expect(problem.body.errors).toHaveLength(16);
    expect(problem.body.detail).toMatch(/x15 and 27 more\.$/);
  });

  it.each([null, [], "text", 7])("refuses %j, which is no object", (body) => {
    expect(faultsOf(() => gameLineOf(body, NOW))).toContain("body");
  });

  it("reads periods, with the same names of statistics", () => {
    const periods = [
      { period: 1, points: 4, minutes: 2 },
      { period: 2, fouls: 1 },
    ];

    expect(onlyLine(gameLineOf({ ...ids, points: 4, periods }, NOW)).periods).toEqual([
      { period: 1, totals: { points: 4, secondsPlayed: 120 } },
      { period: 2, totals: { personalFouls: 1 } },
    ]);
    const wrong = [{ period: 0 }, { points: 1 }, { period: 3, goals: 1 }, 5];
    expect(faultsOf(() => gameLineOf({ ...ids, periods: wrong }, NOW))).toEqual([
      "periods[0].period",
      "periods[1].period",
      "periods[2].goals",
      "periods[3]",
    ]);
  });
});

describe("linesOf", () => {
  it("reads the example of the document, and one line alone", () => {
    expect(linesOf("g1", LINES_EXAMPLE, NOW).lines).toHaveLength(2);
    expect(onlyLine(linesOf("g1", { teamId: 1, playerId: 2, points: 3 }, NOW)).totals).toEqual({
      points: 3,
    });
  });

  it("reads what is said once for all lines", () => {
    const happenedTime = "2023-10-24T23:41:07Z";
    const head = { season: "2023-24", type: "playoffs", source: "a", revision: 7, league: "wnba" };
    const said = linesOf("g1", { ...head, lines: [{ teamId: 1, playerId: 2, happenedTime }] }, NOW);

    expect(said).toMatchObject({ ...head, revision: 7n });
    expect(onlyLine(said).happenedTime?.seconds).toBe(BigInt(Date.parse(happenedTime) / 1_000));
  });

  it("P7: refuses a game other than the path's, and names each line's fault", () => {
    const lines = [{ teamId: "t" }, { teamId: "t", playerId: "p", goals: 1 }];

    expect(faultsOf(() => linesOf("g1", { gameId: "g2", lines }, NOW))).toEqual([
      "gameId",
      "lines[0].playerId",
      "lines[1].goals",
    ]);
    expect(faultsOf(() => linesOf("g1", { lines: [], points: 1 }, NOW))).toEqual([
      "lines",
      "points",
    ]);
  });

  it("P9: takes a hundred lines and no more", () => {
    const lines = (count: number) =>
      [...Array(count).keys()].map((playerId) => ({ teamId: "t", playerId }));

    expect(linesOf("g1", { lines: lines(100) }, NOW).lines).toHaveLength(100);
    expect(faultsOf(() => linesOf("g1", { lines: lines(101) }, NOW))).toEqual(["lines"]);
  });
});
