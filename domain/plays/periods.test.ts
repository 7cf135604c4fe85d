import { describe, expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import type { PlayedLine, PlayerLine } from "./index.ts";
import { linesOf, playOf } from "./plays.fixture.ts";

const steal = (actionNumber: number, at: string) =>
  playOf(actionNumber, at, { action: "steal", playerId: "h1" });
const foul = (actionNumber: number, at: string) =>
  playOf(actionNumber, at, { action: "foul", playerId: "h1", description: "X FOUL (1 PF)" });

/** The lines of h1 as "period: steals and fouls, seconds" each, joined. */
function periodsIn(lines: readonly PlayedLine[]): string[] {
  return playersOf(lines, "h1").map(({ periods }) =>
    periods
      .map(({ period, totals }) => {
        const { steals, personalFouls, secondsPlayed } = totals;
        return `${period}: ${steals} ${personalFouls} ${secondsPlayed}`;
      })
      .join(", "),
  );
}

function playersOf(lines: readonly PlayedLine[], playerId: string): PlayerLine[] {
  return lines.filter((line) => line.kind === "player" && line.playerId === playerId) as never;
}

describe("playedGame: periods", () => {
  it("counts a play in its period, and one of overtime in the fifth", () => {
    const lines = linesOf(steal(1, "1 11:40"), foul(2, "2 11:00"), steal(3, "5 4:00"));

    expect(periodsIn(lines)).toEqual([
      "1: 1 0 20",
      "1: 1 0 720",
      "1: 1 0 720, 2: 0 1 60",
      "1: 1 0 720, 2: 0 1 720",
      "1: 1 0 720, 2: 0 1 720, 5: 1 0 60",
      "1: 1 0 720, 2: 0 1 720, 5: 1 0 300",
    ]);
  });

  it("counts a play that was entered late in the period that it belongs to", () => {
    const lines = linesOf(steal(1, "1 11:40"), foul(2, "2 11:00"), steal(3, "1 0:30"));

    expect(periodsIn(lines).slice(2)).toEqual([
      "1: 1 0 720, 2: 0 1 60",
      "1: 2 0 720, 2: 0 1 60",
      "1: 2 0 720, 2: 0 1 720",
    ]);
  });

  it("adds up to the totals on every line, to the second", () => {
    const out = { action: "substitution", playerId: "h1", description: "SUB out: X" };
    const back = { action: "substitution", playerId: "h1", description: "SUB in: X" };
    const lines = linesOf(
      steal(1, "1 11:40"),
      // Half a second in one period and half a second in another are one second of the game.
      playOf(2, "1 0:30.5", out),
      playOf(3, "2 11:00", { onCourt: ["h2"] }),
      playOf(4, "2 0:30.5", { ...back, onCourt: ["h1"] }),
      steal(5, "2 0:10"),
      foul(6, "1 0:50"),
    );

    for (const { periods, totals } of lines.filter((line) => line.kind === "player")) {
      for (const statistic of STATISTICS) {
        const sum = periods.reduce((all, row) => all + row.totals[statistic], 0);
        expect([statistic, sum]).toEqual([statistic, totals[statistic]]);
      }
    }
    expect(playersOf(lines, "h1").at(-1)?.totals.secondsPlayed).toBe(720);
  });
});
