import { describe, expect, it } from "vitest";
import type { GameFacts } from "#domain/boxscore";
import { teamTable } from "./index.ts";

const game = (facts: GameFacts, home?: number, away?: number) => ({
  facts: { homeTeamId: "h", awayTeamId: "a", date: "2023-10-24", ...facts },
  points: new Map([
    ...(home === undefined ? [] : [["h", home] as const]),
    ...(away === undefined ? [] : [["a", away] as const]),
  ]),
});

const winsAndLosses = (...games: ReturnType<typeof game>[]) =>
  Object.fromEntries(
    teamTable(new Map(games.map((one, at) => [`g${at}`, one]))).map((row) => [
      row.teamId,
      [row.wins, row.losses],
    ]),
  );

describe("teamTable", () => {
  it("counts games that are final, by the points of both teams", () => {
    const final = game({ status: "final" }, 110, 100);
    const live = game({ status: "live" }, 90, 100);

    expect(winsAndLosses(final, live, game({}, 80, 90))).toEqual({ h: [1, 0], a: [0, 1] });
    const [first] = teamTable(new Map([["g1", final]]));
    expect(first).toMatchObject({ teamId: "h", pointsFor: 110, pointsAgainst: 100 });
  });

  it("counts no final game of which a team has no line, or is not known", () => {
    const half = game({ status: "final" }, 110);
    const unknown = game({ status: "final", awayTeamId: undefined }, 110, 100);

    expect(winsAndLosses(half, unknown)).toEqual({ h: [0, 0], a: [0, 0] });
  });

  it("has the teams of games to come", () => {
    const planned = game({ status: "scheduled", homeTeamId: "x", awayTeamId: "y" });

    expect(winsAndLosses(planned)).toEqual({ x: [0, 0], y: [0, 0] });
  });

  it("takes games in the order of their days, one without a day last", () => {
    const won = game({ status: "final", date: "2023-12-01" }, 110, 100);
    const lost = game({ status: "final", date: "2023-11-01" }, 90, 100);
    const undated = game({ status: "final", date: undefined }, 90, 100);
    const streakOf = (...games: ReturnType<typeof game>[]) =>
      teamTable(new Map(games.map((one, at) => [`g${at}`, one]))).find((row) => row.teamId === "h")
        ?.streak;

    expect(streakOf(won, lost)).toEqual({ result: "won", games: 1 });
    expect(streakOf(undated, won)).toEqual({ result: "lost", games: 1 });
  });
});
