import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, foldBoxScores } from "#domain/boxscore";
import { factsOf, liveOf, officialOf, teamLineOf } from "../boxscore/lines.fixture.ts";
import { gameLogsOf } from "./game-logs.fixture.ts";
import {
  byWindow,
  EMPTY_SIDE,
  foldSeason,
  gamesIn,
  playerSeasonOver,
  plusSide,
  type SeasonTotals,
  sumOfTallies,
  teamSeason,
  WINDOW_KINDS,
  windowOf,
  windowsOf,
} from "./index.ts";

const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

const named = (date: string) =>
  windowsOf(date).map(({ kind, from, until }) => `${kind}:${from}..${until}`);

describe("windowsOf", () => {
  it.each([
    ["2023-10-23", "2023-10-23..2023-10-24", "2023-10-23..2023-10-30", "2023-10-01..2023-11-01"],
    ["2023-10-29", "2023-10-29..2023-10-30", "2023-10-23..2023-10-30", "2023-10-01..2023-11-01"],
    ["2023-12-31", "2023-12-31..2024-01-01", "2023-12-25..2024-01-01", "2023-12-01..2024-01-01"],
    ["2024-01-01", "2024-01-01..2024-01-02", "2024-01-01..2024-01-08", "2024-01-01..2024-02-01"],
    ["2024-02-29", "2024-02-29..2024-03-01", "2024-02-26..2024-03-04", "2024-02-01..2024-03-01"],
  ])("has day, week from Monday, and month of %s", (date, day, week, month) => {
    expect(named(date)).toEqual([`day:${day}`, `week:${week}`, `month:${month}`]);
  });

  it.each([undefined, "", "2024-02-30", "2024-13-01", "2024-1-1"])("has none of %s", (date) => {
    expect(windowsOf(date)).toEqual([]);
  });

  it("has every day of a year in one window of each kind, without gap or overlap", () => {
    for (const kind of WINDOW_KINDS) {
      const starts = new Map<string, string>();
      for (let at = 0; at < 366; at++) {
        const date = new Date(Date.UTC(2024, 0, 1 + at)).toISOString().slice(0, 10);
        const [window, another] = windowsOf(date).filter((one) => one.kind === kind);
        expect(another).toBeUndefined();
        expect(date >= window!.from && date < window!.until).toBe(true);
        starts.set(window!.from, window!.until);
      }
      const ends = [...starts.values()].slice(0, -1);
      expect(ends).toEqual([...starts.keys()].slice(1));
    }
  });
});

describe("windowOf", () => {
  it("is the one of its kind, and none for what is no day", () => {
    expect(windowOf("week", "2024-02-29")).toEqual({
      kind: "week",
      from: "2024-02-26",
      until: "2024-03-04",
    });
    expect(windowOf("month", "2024-02-30")).toBeUndefined();
  });
});

const game = (entry: Entry, gameId: string): Entry => ({ ...entry, gameId });
const logOf = (playerId: string, entries: readonly Entry[]) =>
  gameLogsOf(foldBoxScores(new Map(), entries)).players.get(playerId) ?? [];

describe("byWindow", () => {
  it("counts a game whole by its own date, whenever it or a correction came", () => {
    const log = logOf("curry", [
      liveOf("curry", 1, { points: 3 }),
      factsOf(1, { date: "2023-10-31" }),
      liveOf("curry", 2, { points: 9 }),
      officialOf("curry", 1, { points: 8 }),
      factsOf(2, { date: "2023-11-01" }),
    ]);

    expect(
      WINDOW_KINDS.map((kind) =>
        byWindow(kind, log).map(({ window, games }) => [
          window.from,
          games.map(({ line }) => line.totals.points),
        ]),
      ),
    ).toEqual([[["2023-11-01", [8]]], [["2023-10-30", [8]]], [["2023-11-01", [8]]]]);
  });

  it("has no game without a date", () => {
    const log = logOf("curry", [liveOf("curry", 1, { points: 3 })]);

    expect(log).toHaveLength(1);
    expect(byWindow("day", log)).toEqual([]);
  });

  it("P2: splits any season so that its windows of a kind add up to it, for players and teams", () => {
    const who = fc.constantFrom("curry", "green", "klay");
    const small = fc.integer({ min: 1, max: 6 });
    const dates = fc.constantFrom("2023-10-29", "2023-10-30", "2023-11-01", "2023-11-06");
    const entry = fc
      .tuple(
        fc.oneof(
          fc
            .tuple(who, small, small)
            .map(([player, epoch, number]) =>
              liveOf(
                player,
                number,
                { points: 7 * epoch + number },
                { epoch, teamId: `t${number % 2}` },
              ),
            ),
          fc
            .tuple(who, small)
            .map(([player, revision]) =>
              officialOf(player, revision, revision % 3 === 0 ? undefined : { points: revision }),
            ),
          small.map((number) => teamLineOf(`t${number % 2}`, number, number)),
          fc
            .tuple(small, dates, fc.constantFrom("live" as const, "final" as const))
            .map(([revision, date, status]) => factsOf(revision, { date, status })),
        ),
        fc.constantFrom("g1", "g2", "g3"),
      )
      .map(([one, gameId]) => game(one, gameId));
    const dated = ["g1", "g2", "g3"].map((gameId, at) =>
      game(factsOf(at + 90, { date: `2023-11-0${at + 4}` }), gameId),
    );

    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const boxes = foldBoxScores(new Map(), [...entries, ...dated]);
        const logs = gameLogsOf(boxes);
        const season = foldSeason(NO_SEASONS, new Map(), boxes);
        for (const kind of WINDOW_KINDS) {
          for (const [id, { all, live }] of season.players) {
            const parts = byWindow(kind, logs.players.get(id) ?? []);
            const seasons = parts.map(({ games }) => playerSeasonOver(games));
            expect(sumOfTallies(seasons.map((part) => part.all))).toEqual(all);
            const days = parts.map(({ window }) => window.from);
            expect(days).toEqual([...new Set(days)].sort());
            expect(sumOfTallies(seasons.map((part) => part.live))).toEqual(live);
            for (const { window, games } of parts) {
              expect(games.length).toBeGreaterThan(0);
              expect(gamesIn(window, logs.players.get(id) ?? [])).toEqual(games);
            }
          }
          for (const [id, { live, opponents, ...own }] of season.teams) {
            const parts = byWindow(kind, logs.teams.get(id) ?? []);
            const seasons = parts.map(({ games }) => teamSeason(games));
            expect(sumOfTallies(seasons.map((part) => part.live))).toEqual(live);
            expect(seasons.reduce((sum, part) => plusSide(sum, part), EMPTY_SIDE)).toEqual(own);
            const theirs = seasons.map((part) => part.opponents);
            expect(theirs.reduce((sum, part) => plusSide(sum, part), EMPTY_SIDE)).toEqual(
              opponents,
            );
          }
        }
      }),
    );
  });
});
