import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { COUNTING } from "#domain/statistics";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import type { OfficialGame, OfficialRow } from "../files/index.ts";
import { checkedAgainst } from "./official-check.ts";
import { plainScore } from "./plain-score.ts";
import { redrawnOn } from "./redrawn.ts";
import { scoreboardLines } from "./scoreboard.ts";

type BoxInit = MessageInitShape<typeof GetBoxScoreResponseSchema>;
const boxOf = (init: BoxInit) => create(GetBoxScoreResponseSchema, init);

const playersOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    playerId: String(at),
    name: `Player with a rather long name ${at}`,
    totals: { secondsPlayed: 1_753, points: at, fieldGoalsMade: 10, fieldGoalsAttempted: 16 },
  }));

const box = boxOf({
  game: { gameId: "g", period: 2, clockLeftMs: 247_000 },
  teams: ["LAL", "DEN"].map((tricode) => ({
    team: { teamId: tricode, tricode, city: "City of", name: tricode },
    players: playersOf(13),
    totals: { points: 45 },
  })),
});

describe("scoreboardLines", () => {
  it.each([
    [80, 24],
    [110, 40],
    [60, 12],
    [200, 100],
  ])("fits a terminal of %i columns and %i rows", (columns, rows) => {
    const lines = scoreboardLines({ box, leaders: [] }, { columns, rows });

    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it("shows every player where there is room", () => {
    const lines = scoreboardLines({ box, leaders: [] }, { columns: 110, rows: 50 });

    expect(lines.filter((line) => line.startsWith("Player with"))).toHaveLength(26);
  });
});

describe("redrawnOn", () => {
  it("draws over what it drew before, and gives the cursor back", () => {
    const written: string[] = [];
    const lines = redrawnOn({ isTTY: true, write: (text) => written.push(text) });
    lines.draw(["one", "two"]);
    lines.draw(["three"]);
    lines.erase();
    lines.erase();

    expect(written[0]).toContain("\x1b[?25l");
    expect(written[1]).toContain("\r\x1b[2Athree\x1b[K\n\x1b[J");
    expect(written.slice(2).join("")).toBe("\r\x1b[1A\x1b[J\x1b[?25h");
  });
});

describe("plainScore", () => {
  const at = (period: number, clockLeftMs: number) =>
    boxOf({ teams: box.teams, game: { gameId: "g", period, clockLeftMs } });

  it("says a minute once, and each period's end", () => {
    const worthALine = plainScore();
    const clocks = [
      at(1, 700_000),
      at(1, 690_000),
      at(1, 650_000),
      at(1, 0),
      at(1, 0),
      at(2, 700_000),
    ];

    expect(clocks.map(worthALine)).toEqual([
      "Q1 11:40  LAL 45  DEN 45",
      undefined,
      "Q1 10:50  LAL 45  DEN 45",
      "Q1   end  LAL 45  DEN 45",
      undefined,
      "Q2 11:40  LAL 45  DEN 45",
    ]);
  });

  it("says nothing of a game whose clock is not known, nor of one that goes back", () => {
    const worthALine = plainScore();
    worthALine(at(3, 300_000));

    expect(worthALine(boxOf({ game: { gameId: "g" } }))).toBeUndefined();
    expect(worthALine(at(2, 0))).toBeUndefined();
  });
});

describe("checkedAgainst", () => {
  const zeros = Object.fromEntries(COUNTING.map((one) => [one, 0])) as OfficialRow["totals"];
  const official = (...rows: [string, Partial<OfficialRow["totals"]>][]): OfficialGame => ({
    gameId: "g",
    rows: rows.map(([playerId, totals]) => ({
      playerId,
      teamId: "t",
      totals: { ...zeros, ...totals },
    })),
  });
  const shown = (...players: [string, Partial<OfficialRow["totals"]>][]) =>
    boxOf({
      teams: [
        { players: players.map(([playerId, totals]) => ({ playerId, name: playerId, totals })) },
      ],
    });

  it("finds no difference where all counts are equal", () => {
    const check = checkedAgainst(shown(["a", { points: 3 }]), official(["a", { points: 3 }]));

    expect(check).toEqual({ players: 1, differences: [] });
  });

  it.each(COUNTING)("names a difference in %s", (statistic) => {
    const { differences } = checkedAgainst(shown(["a", { [statistic]: 2 }]), official(["a", {}]));

    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(/^a: \w+ is 2, officially 0\.$/);
  });

  it("names players whom only one of them has", () => {
    const { players, differences } = checkedAgainst(shown(["a", {}]), official(["b", {}]));

    expect(players).toBe(2);
    expect(differences).toEqual([
      "b is only in the official box score.",
      "a is not in the official box score.",
    ]);
  });
});
