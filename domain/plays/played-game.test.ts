import { describe, expect, it } from "vitest";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";
import { type Play, playedGame } from "./index.ts";
import {
  exchanged,
  last,
  linesOf,
  playOf,
  said,
  substitution,
  TEN,
  TIP_OFF_MS,
} from "./plays.fixture.ts";

const counted = (...plays: readonly Play[]) => said(linesOf(...plays), "counted");

describe("playedGame: what counts", () => {
  it("gives a made two-pointer to its scorer and the assist to the passer", () => {
    const shot = { action: "2pt", made: true, playerId: "h1", assisterId: "h2" };

    expect(counted(playOf(1, "1 11:40", shot))).toEqual([
      "h1: 2 points, 1 fieldGoalsMade, 1 fieldGoalsAttempted",
      "h2: 1 assists",
    ]);
  });

  it("counts a three-pointer as a field goal as well", () => {
    const shot = { action: "3pt", playerId: "a1" };

    expect(
      counted(playOf(1, "1 11:40", shot), playOf(2, "1 11:20", { ...shot, made: true })),
    ).toEqual([
      "a1: 1 fieldGoalsAttempted, 1 threePointersAttempted",
      "a1: 3 points, 1 fieldGoalsMade, 2 fieldGoalsAttempted, 1 threePointersMade, 2 threePointersAttempted",
    ]);
  });

  it("gives no assist on a shot that missed", () => {
    const shot = { action: "2pt", made: false, playerId: "h1", assisterId: "h2" };

    expect(counted(playOf(1, "1 11:40", shot))).toEqual(["h1: 1 fieldGoalsAttempted"]);
  });

  it("counts free throws apart from field goals", () => {
    const throwing = { action: "freethrow", playerId: "h1" };

    expect(
      counted(playOf(1, "1 11:40", throwing), playOf(2, "1 11:40", { ...throwing, made: true })),
    ).toEqual([
      "h1: 1 freeThrowsAttempted",
      "h1: 1 points, 1 freeThrowsMade, 2 freeThrowsAttempted",
    ]);
  });

  it.each([
    ["steal", "steals"],
    ["block", "blocks"],
    ["turnover", "turnovers"],
  ])("counts a %s for who is credited with it", (action, statistic) => {
    expect(counted(playOf(1, "1 11:40", { action, playerId: "h1" }))).toEqual([
      `h1: 1 ${statistic}`,
    ]);
  });

  it("counts a foul as personal only where the feed numbers it so", () => {
    const foul = { action: "foul", playerId: "h1" };
    const technical = { ...foul, description: "H. One technical FOUL (1 Tech)" };
    const personal = { ...foul, description: "H. One personal FOUL (1 PF)" };

    expect(counted(playOf(1, "1 11:40", technical), playOf(2, "1 11:30", personal))).toEqual([
      "h1: 1 personalFouls",
    ]);
  });

  it("leaves timeouts, substitutions and plays of a kind it does not know without a line", () => {
    const unknown = playOf(3, "1 11:00", { action: "violation", playerId: "h1" });

    expect(
      counted(playOf(1, "1 11:40"), substitution(2, "1 11:30", "out", "h1", TEN.slice(1)), unknown),
    ).toEqual([]);
  });

  it("has all sixteen statistics on each player's line and all four on each team's", () => {
    const lines = linesOf(playOf(1, "1 11:40", { action: "turnover" }));

    for (const { kind, totals } of lines) {
      const statistics = kind === "player" ? STATISTICS : TEAM_STATISTICS;
      expect(Object.keys(totals).sort()).toEqual([...statistics].sort());
    }
    expect(new Set(lines.map(({ kind }) => kind))).toEqual(new Set(["player", "team"]));
  });
});

describe("playedGame: rebounds", () => {
  const rebound = (actionNumber: number, at: string, counters: string, playerId = "h1") =>
    playOf(actionNumber, at, {
      action: "rebound",
      playerId,
      description: `X REBOUND (${counters})`,
    });

  it("takes the end whose running counter rose since the player's previous rebound", () => {
    const lines = linesOf(
      rebound(1, "1 11:40", "Off:0 Def:1"),
      rebound(2, "1 11:30", "Off:1 Def:0", "a1"),
      rebound(3, "1 11:20", "Off:1 Def:1"),
      rebound(4, "1 11:10", "Off:1 Def:2"),
    );

    expect(said(lines, "counted")).toEqual([
      "h1: 1 defensiveRebounds, 1 rebounds",
      "a1: 1 offensiveRebounds, 1 rebounds",
      "h1: 1 offensiveRebounds, 1 defensiveRebounds, 2 rebounds",
      "h1: 1 offensiveRebounds, 2 defensiveRebounds, 3 rebounds",
    ]);
  });

  it("compares in game order when one was entered late", () => {
    const lines = linesOf(
      rebound(1, "1 10:00", "Off:1 Def:1"),
      // Taken before that one and entered after it: its counters are of back then.
      rebound(2, "1 11:00", "Off:1 Def:0"),
    );

    expect(said(lines, "counted")).toEqual([
      "h1: 1 defensiveRebounds, 1 rebounds",
      "h1: 1 offensiveRebounds, 1 defensiveRebounds, 2 rebounds",
    ]);
  });

  it("says which rebound has no counters", () => {
    const bare = playOf(7, "1 11:40", { action: "rebound", playerId: "h1", description: "X" });

    expect(() => linesOf(bare)).toThrow('Play 7 is a rebound without its counters: "X".');
  });
});

describe("playedGame: a team's own line", () => {
  const teamLines = (...plays: readonly Play[]) =>
    linesOf(...plays).flatMap((line) => (line.kind === "team" ? [[line.teamId, line.totals]] : []));

  it("is whole after each play that belongs to no player", () => {
    const offensive = { action: "rebound", description: "TEAM offensive REBOUND" };
    const defensive = { action: "rebound", description: "TEAM defensive REBOUND", teamId: "away" };
    const turnover = { action: "turnover", description: "TEAM shot clock Team TURNOVER" };
    const zero = {
      teamOffensiveRebounds: 0,
      teamDefensiveRebounds: 0,
      teamTurnovers: 0,
      benchTechnicals: 0,
    };

    expect(
      teamLines(
        playOf(1, "1 11:40", offensive),
        playOf(2, "1 11:30", defensive),
        playOf(3, "1 11:20", turnover),
        playOf(4, "1 11:10"),
      ),
    ).toEqual([
      ["home", { ...zero, teamOffensiveRebounds: 1 }],
      ["away", { ...zero, teamDefensiveRebounds: 1 }],
      ["home", { ...zero, teamOffensiveRebounds: 1, teamTurnovers: 1 }],
    ]);
  });

  it("has the technical fouls of team and coach, and the coach gets no line", () => {
    const technical = { action: "foul", description: "TEAM foul technical" };
    const coach = { ...technical, playerId: "coach", teamId: "home" };
    const lines = linesOf(playOf(1, "1 11:40", technical), playOf(2, "1 11:30", coach));

    expect(lines.filter(({ kind }) => kind === "team").at(-1)?.totals).toMatchObject({
      benchTechnicals: 2,
    });
    expect(lines.some((line) => line.kind === "player" && line.playerId === "coach")).toBe(false);
  });
});

describe("playedGame: appearances", () => {
  it("gives a line to all ten at the first play, in which who counts is said once", () => {
    const lines = linesOf(playOf(1, "1 11:40", { action: "steal", playerId: "h3" }));

    expect(said(lines, "appeared")).toEqual(TEN.filter((id) => id !== "h3").map((id) => `${id}: `));
    expect(said(lines, "counted")).toEqual(["h3: 1 steals"]);
  });

  it("gives one to who comes in, once, also if nothing is ever counted", () => {
    const out = substitution(2, "1 6:00", "out", "h1", TEN.slice(1));
    const into = substitution(3, "1 6:00", "in", "h6", exchanged({ h1: "h6" }));
    const later = playOf(4, "1 5:00", { onCourt: exchanged({ h1: "h6" }) });

    expect(said(linesOf(playOf(1, "1 11:40"), out, into, later), "appeared")).toEqual(
      [...TEN, "h6"].map((id) => `${id}: `),
    );
  });

  it("gives one to who goes out without having been listed", () => {
    const out = substitution(1, "1 6:00", "out", "h1", TEN.slice(1));

    expect(said(linesOf(out), "appeared")).toContain("h1: ");
  });

  it("knows the team of a player who only ever stands on court", () => {
    const acting = TEN.slice(0, 9).map((playerId, i) =>
      playOf(i + 1, "1 11:40", { action: "steal", playerId }),
    );
    const { lines } = playedGame(acting, TIP_OFF_MS);

    expect(lines.find((line) => line.kind === "player" && line.playerId === "a5")?.teamId).toBe(
      "away",
    );
  });

  it("knows the team of a player who does no more than pass", () => {
    const acting = TEN.filter((playerId) => playerId !== "h5" && playerId !== "a5").map(
      (playerId, i) => playOf(i + 1, "1 11:40", { action: "steal", playerId }),
    );
    const shot = { action: "2pt", made: true, playerId: "h1", assisterId: "h5" };
    const { lines } = playedGame([...acting, playOf(20, "1 11:00", shot)], TIP_OFF_MS);

    expect(lines.find((line) => line.kind === "player" && line.playerId === "h5")?.teamId).toBe(
      "home",
    );
  });

  it("says so when that cannot be known", () => {
    expect(() => playedGame([playOf(1, "1 11:40")], TIP_OFF_MS)).toThrow(
      `Play 1 has ${TEN.join(", ")} on court for no known team.`,
    );
  });
});

describe("playedGame: order", () => {
  const steal = (actionNumber: number, at: string, playerId: string) =>
    playOf(actionNumber, at, { action: "steal", playerId });

  it("goes by the order of entry, not by the clock", () => {
    const late = steal(3, "1 11:30", "h1");

    expect(counted(steal(1, "1 11:40", "h2"), steal(2, "1 11:00", "h3"), late)).toEqual([
      "h2: 1 steals",
      "h3: 1 steals",
      "h1: 1 steals",
    ]);
  });

  it("is the same in whatever order the plays come", () => {
    const plays = [
      steal(1, "1 11:40", "h2"),
      substitution(2, "1 6:00", "out", "h1", TEN.slice(1)),
      substitution(3, "1 6:00", "in", "h6", exchanged({ h1: "h6" })),
      steal(4, "2 11:00", "h3"),
      steal(5, "1 0:30", "h6"),
    ];

    expect(linesOf(...plays.toReversed())).toEqual(linesOf(...plays));
  });

  it("leaves the plays it was given as they were", () => {
    const plays = [...TEN.entries()].map(([i, playerId]) => steal(10 - i, "1 11:40", playerId));
    const before = [...plays];
    playedGame(plays, TIP_OFF_MS);

    expect(plays).toEqual(before);
  });
});

describe("playedGame: time", () => {
  const steal = (actionNumber: number, at: string) =>
    playOf(actionNumber, at, { action: "steal", playerId: "h1" });
  const moments = (...plays: readonly Play[]) =>
    linesOf(...plays).flatMap(({ happenedAt, period, clockLeftMs, ...line }) =>
      line.kind === "player" && line.reason === "counted"
        ? [[happenedAt - TIP_OFF_MS, period, clockLeftMs]]
        : [],
    );

  it("is the tip-off and three times the game clock that has run, tenths included", () => {
    expect(moments(steal(1, "1 11:40"), steal(2, "4 0:00.3"), steal(3, "6 4:59"))).toEqual([
      [3 * 20_000, 1, 700_000],
      [3 * (48 * 60_000 - 300), 4, 300],
      [3 * (53 * 60_000 + 1000), 6, 299_000],
    ]);
  });

  it("never goes back when a play was entered late", () => {
    expect(moments(steal(1, "1 6:00"), steal(2, "1 7:00"), steal(3, "1 5:00"))).toEqual([
      [3 * 360_000, 1, 360_000],
      [3 * 360_000, 1, 360_000],
      [3 * 420_000, 1, 300_000],
    ]);
  });

  it("stays at the end of a period for what is entered late after it", () => {
    expect(moments(steal(1, "1 6:00"), steal(2, "2 12:00"), steal(3, "1 7:00"))).toEqual([
      [3 * 360_000, 1, 360_000],
      [3 * 720_000, 2, 720_000],
      [3 * 720_000, 2, 720_000],
    ]);
  });

  it("is moved by a play only if it gives a line", () => {
    expect(moments(steal(1, "1 7:00"), playOf(2, "1 2:00"), steal(3, "1 6:00")).at(-1)).toEqual([
      3 * 360_000,
      1,
      360_000,
    ]);
  });
});

describe("playedGame: time on court", () => {
  const steal = (actionNumber: number, at: string, playerId: string, onCourt?: string[]) =>
    playOf(actionNumber, at, { action: "steal", playerId, ...(onCourt && { onCourt }) });

  it("rides along in whole seconds, rounded down, up to the line's own clock", () => {
    const lines = linesOf(steal(1, "1 11:39.5", "h1"));

    expect(lines.filter((line) => line.kind === "player" && line.reason === "counted")).toEqual([
      expect.objectContaining({ totals: expect.objectContaining({ secondsPlayed: 20 }) }),
    ]);
  });

  it("is brought up to date at each period's end, for those alone whose time has changed", () => {
    const six = exchanged({ h1: "h6" });
    const lines = linesOf(
      playOf(1, "1 11:40"),
      substitution(2, "2 12:00", "out", "h1", TEN.slice(1)),
      substitution(3, "2 12:00", "in", "h6", six),
      steal(4, "2 11:00", "h6", six),
    );
    const ended = lines.flatMap((line) =>
      line.kind === "player" && line.reason === "period-ended"
        ? [`${line.period} ${line.playerId} ${line.totals.secondsPlayed} ${line.clockLeftMs}`]
        : [],
    );

    expect(ended).toEqual([
      ...TEN.map((playerId) => `1 ${playerId} 720 0`),
      ...TEN.slice(1).map((playerId) => `2 ${playerId} 1440 0`),
      "2 h6 720 0",
    ]);
  });

  it("gives the last period its lines after all that was entered", () => {
    const lines = linesOf(steal(1, "4 0:10", "h1"), steal(2, "4 2:00", "h2"));

    expect(lines.slice(-10).map((line) => line.kind === "player" && line.reason)).toEqual(
      TEN.map(() => "period-ended"),
    );
    expect(last(lines, "h1", "secondsPlayed")).toBe(2 * 720);
  });

  it("counts a substitution from when it happened, also if entered late", () => {
    const lines = linesOf(
      playOf(1, "1 11:40"),
      playOf(2, "1 3:00", { onCourt: exchanged({ h1: "h6" }) }),
      substitution(3, "1 6:00", "out", "h1", TEN.slice(1)),
      substitution(4, "1 6:00", "in", "h6", exchanged({ h1: "h6" })),
    );

    expect([last(lines, "h1", "secondsPlayed"), last(lines, "h6", "secondsPlayed")]).toEqual([
      360, 360,
    ]);
  });

  it("pairs substitutions in game order", () => {
    const lines = linesOf(
      playOf(1, "1 11:40"),
      substitution(2, "1 3:00", "out", "h6", TEN.slice(1)),
      substitution(3, "1 3:00", "in", "h1"),
      substitution(4, "1 6:00", "out", "h1", TEN.slice(1)),
      substitution(5, "1 6:00", "in", "h6", exchanged({ h1: "h6" })),
    );

    expect([last(lines, "h1", "secondsPlayed"), last(lines, "h6", "secondsPlayed")]).toEqual([
      360 + 180,
      180,
    ]);
  });

  it("takes who begins a period from its first play, past the substitutions ahead of it", () => {
    const seven = exchanged({ h1: "h7" });
    const lines = linesOf(
      playOf(1, "1 11:40"),
      // Between the periods h1 gave way to h6, who is never seen to come in, and who goes out at once.
      substitution(2, "2 11:00", "out", "h6", TEN.slice(1)),
      substitution(3, "2 11:00", "in", "h7", seven),
      playOf(4, "2 10:50", { onCourt: seven }),
    );

    expect(last(lines, "h1", "secondsPlayed")).toBe(720);
    expect(last(lines, "h6", "secondsPlayed")).toBe(60);
    expect(last(lines, "h7", "secondsPlayed")).toBe(660);
  });

  it("sees who came in and went out again ahead of the first play as on the bench before", () => {
    const lines = linesOf(
      playOf(1, "1 11:40"),
      substitution(2, "2 9:00", "out", "h1", TEN.slice(1)),
      substitution(3, "2 9:00", "in", "h6", exchanged({ h1: "h6" })),
      substitution(4, "2 8:00", "out", "h6", TEN.slice(1)),
      substitution(5, "2 8:00", "in", "h1"),
      playOf(6, "2 7:00"),
    );

    expect(last(lines, "h6", "secondsPlayed")).toBe(60);
    expect(last(lines, "h1", "secondsPlayed")).toBe(720 + 660);
  });

  it("holds for a period of nothing but substitutions", () => {
    const lines = linesOf(
      substitution(1, "2 6:00", "out", "h1", TEN.slice(1)),
      substitution(2, "2 6:00", "in", "h6", exchanged({ h1: "h6" })),
    );
    const seconds = ["h1", "h2", "h6"].map((playerId) => last(lines, playerId, "secondsPlayed"));

    expect(seconds).toEqual([720 + 360, 720 + 720, 360]);
  });

  it("counts who is sent in twice or out twice once", () => {
    const six = exchanged({ h1: "h6" });
    const lines = linesOf(
      playOf(1, "1 11:40"),
      substitution(2, "1 6:00", "out", "h1", TEN.slice(1)),
      substitution(3, "1 6:00", "in", "h6", six),
      substitution(4, "1 3:00", "out", "h1", six),
      substitution(5, "1 3:00", "in", "h6", six),
    );

    expect([last(lines, "h1", "secondsPlayed"), last(lines, "h6", "secondsPlayed")]).toEqual([
      360, 360,
    ]);
  });

  it("gives an overtime its five minutes", () => {
    const lines = linesOf(playOf(1, "4 1:00"), steal(2, "5 4:00", "h1"));

    // The cast of every test begins in the first period.
    expect(last(lines, "h1", "secondsPlayed")).toBe(720 + 720 + 300);
  });
});

describe("playedGame: the game", () => {
  const shot = (n: number, at: string, playerId: string, home: number, away: number) =>
    playOf(n, at, { action: "2pt", made: true, playerId, score: { home, away } });

  it("tells periods, score and sides, also where plays entered late name an older score", () => {
    const cast = TEN.map((playerId, i) => playOf(50 + i, "1 12:00", { action: "x", playerId }));
    const plays = [shot(1, "1 11:00", "a1", 0, 2), shot(3, "5 0:01", "h1", 4, 2)];
    const late = shot(4, "2 3:00", "h2", 2, 2);

    expect(playedGame([...plays, late, ...cast], TIP_OFF_MS)).toMatchObject({
      periods: 5,
      score: { home: 4, away: 2 },
      homeTeamId: "home",
      awayTeamId: "away",
    });
  });

  it("is empty without plays", () => {
    expect(playedGame([], TIP_OFF_MS)).toEqual({
      lines: [],
      periods: 0,
      score: { home: 0, away: 0 },
      homeTeamId: undefined,
      awayTeamId: undefined,
    });
  });
});
