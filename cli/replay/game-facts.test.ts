import { describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { GamePlays, ScheduledGame } from "../files/index.ts";
import { clockFact, finalFact, liveFact, scheduledFact, timestampOf } from "./game-facts.ts";

const game: GamePlays = {
  gameId: "0022300061",
  league: "nba",
  season: "2023-24",
  type: "regular",
  date: "2023-10-24",
  tipOff: Date.parse("2023-10-24T23:30:00Z"),
  home: { teamId: "1610612743", tricode: "DEN" },
  away: { teamId: "1610612747", tricode: "LAL" },
  playerNames: new Map(),
  isOver: true,
  plays: [],
};
const scheduled: ScheduledGame = { ...game, home: game.home!, away: game.away! };

const over = (periods: number) => ({ periods, score: { home: 112, away: 109 } });

describe("the facts of a game", () => {
  it("rise with the game: scheduled, live, each second, each period, final", () => {
    const clocks = [1, 2, 3, 4, 5, 6].flatMap((period) => {
      const lengthMs = period <= 4 ? 720_000 : 300_000;
      return [lengthMs, lengthMs - 1_000, 30_000, 0].map((clockLeftMs) => ({
        period,
        clockLeftMs,
      }));
    });
    const facts = [
      scheduledFact(scheduled),
      liveFact(game),
      ...clocks.map((clock) => clockFact(game.gameId, clock)),
      finalFact(game, over(6)),
    ];
    const revisions = facts.map(({ revision }) => revision);

    expect(revisions).toEqual(revisions.toSorted((a, b) => Number(a - b)));
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it("stay below what a person records at any time, microseconds since the epoch", () => {
    expect(finalFact(game, over(100)).revision).toBeLessThan(1_000_000n * 1_000_000n);
  });

  it("end with the last period and nothing left of it", () => {
    expect(finalFact(game, over(5)).game).toMatchObject({
      status: GameStatus.FINAL,
      period: 5,
      clockLeftMs: 0,
      homeScore: 112,
      awayScore: 109,
      homeTeamId: "1610612743",
      awayTeamId: "1610612747",
    });
  });
});

describe("who does not play", () => {
  const inactive = { playerId: "1", teamId: "2", inactive: true, reason: "X", description: "" };
  const onBench = { ...inactive, playerId: "2", inactive: false };
  const told = { ...game, didNotPlay: [inactive, onBench] };

  it("is known of those who are not active from the beginning, of the others at the end", () => {
    expect(liveFact(told).didNotPlay?.players).toEqual([inactive]);
    expect(finalFact(told, over(4)).didNotPlay?.players).toEqual([inactive, onBench]);
  });

  it("is not said where no file says it", () => {
    expect(liveFact(game)).not.toHaveProperty("didNotPlay");
    expect(finalFact(game, over(4))).not.toHaveProperty("didNotPlay");
  });
});

describe("timestampOf", () => {
  it("keeps milliseconds, also before the epoch", () => {
    expect(timestampOf(1_500)).toEqual({ seconds: 1n, nanos: 500_000_000 });
    expect(timestampOf(-500)).toEqual({ seconds: -1n, nanos: 500_000_000 });
  });
});
