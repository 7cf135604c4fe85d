import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BoxScores, type Entry, foldBoxScores } from "#domain/boxscore";
import { factsOf, liveOf, officialOf } from "../boxscore/lines.fixture.ts";
import {
  foldSeason,
  foldWindows,
  type SeasonTotals,
  sumOfTallies,
  type Tally,
  WINDOW_KINDS,
  type WindowTotals,
  windowName,
  windowsOf,
} from "./index.ts";

const NO_WINDOWS: WindowTotals = { players: new Map(), teams: new Map() };
const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

/** Folds entries in batches of one slot after the other, as the projector does. */
function foldedInBatches(batches: readonly (readonly Entry[])[]) {
  let boxes: BoxScores = new Map();
  let windows = NO_WINDOWS;
  for (const batch of batches) {
    const now = foldBoxScores(boxes, batch);
    windows = merged(windows, foldWindows(windows, boxes, now));
    boxes = new Map([...boxes, ...now]);
  }
  return { boxes, windows };
}

function merged(was: WindowTotals, now: WindowTotals): WindowTotals {
  const all = (side: "players" | "teams") => {
    const found = new Map(was[side]);
    for (const [id, windows] of now[side]) {
      const own = new Map([...(found.get(id) ?? []), ...windows]);
      for (const [name, tally] of own) if (tally.games === 0) own.delete(name);
      if (own.size === 0) found.delete(id);
      else found.set(id, own);
    }
    return found;
  };
  return { players: all("players"), teams: all("teams") };
}

function sumOfKind(windows: ReadonlyMap<string, Tally> | undefined, kind: string): Tally {
  const own = [...(windows ?? [])].filter(([name]) => name.startsWith(`${kind}:`));
  return sumOfTallies(own.map(([, tally]) => tally));
}

const named = (date: string) =>
  windowsOf(date).map((window) => `${windowName(window)}..${window.until}`);

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

const game = (entry: Entry, gameId: string): Entry => ({ ...entry, gameId });

describe("foldWindows", () => {
  it("counts a line in the windows of its game's own date, whenever it or a correction came", () => {
    const { windows } = foldedInBatches([
      [liveOf("curry", 1, { points: 3 })],
      [factsOf(1, { date: "2023-10-24" })],
      [liveOf("curry", 2, { points: 9 })],
      [officialOf("curry", 1, { points: 8 })],
    ]);

    const tallies = [...(windows.players.get("curry") ?? [])];
    expect(tallies.map(([name, { games, totals }]) => [name, games, totals.points])).toEqual([
      ["day:2023-10-24", 1, 8],
      ["week:2023-10-23", 1, 8],
      ["month:2023-10-01", 1, 8],
    ]);
  });

  it("moves a game that gets another date, and leaves nothing behind", () => {
    const { windows } = foldedInBatches([
      [factsOf(1, { date: "2023-10-31" }), liveOf("curry", 1, { points: 3 })],
      [factsOf(2, { date: "2023-11-01" })],
    ]);

    for (const side of [windows.players.get("curry"), windows.teams.get("t1")]) {
      expect([...(side ?? [])].map(([name, { games }]) => [name, games])).toEqual([
        ["week:2023-10-30", 1],
        ["day:2023-11-01", 1],
        ["month:2023-11-01", 1],
      ]);
    }
  });

  it("counts a game once for a team, whoever of it plays, and moves a player between teams", () => {
    const { windows } = foldedInBatches([
      [factsOf(1, { date: "2023-10-24" })],
      [liveOf("curry", 1, { points: 3 }), liveOf("green", 2, { points: 4 })],
      [liveOf("green", 3, { points: 5 }, { teamId: "t2" })],
    ]);
    const day = (teamId: string) => windows.teams.get(teamId)?.get("day:2023-10-24");

    expect(day("t1")).toMatchObject({ games: 1, totals: { points: 3 } });
    expect(day("t2")).toMatchObject({ games: 1, totals: { points: 5 } });
  });

  it("says only what changed", () => {
    const { boxes, windows } = foldedInBatches([
      [factsOf(1, { date: "2023-10-24" })],
      [liveOf("curry", 1, { points: 3 }), liveOf("green", 2, { points: 4 })],
    ]);
    const now = foldBoxScores(boxes, [liveOf("curry", 3, { points: 6 })]);

    expect([...foldWindows(windows, boxes, now).players.keys()]).toEqual(["curry"]);
  });

  it("P2: comes to the same in any batches, and each kind of window adds up to the season", () => {
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
          fc.tuple(small, dates).map(([revision, date]) => factsOf(revision, { date })),
        ),
        fc.constantFrom("g1", "g2", "g3"),
      )
      .map(([one, gameId]) => game(one, gameId));
    const dated = ["g1", "g2", "g3"].map((gameId, at) =>
      game(factsOf(at + 90, { date: `2023-11-0${at + 4}` }), gameId),
    );

    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 12 }), (batches) => {
        const { boxes, windows } = foldedInBatches([...batches, dated]);
        const atOnce = merged(NO_WINDOWS, foldWindows(NO_WINDOWS, new Map(), boxes));
        expect(windows).toEqual(atOnce);

        const season = foldSeason(NO_SEASONS, new Map(), boxes);
        for (const kind of WINDOW_KINDS) {
          for (const [id, { all }] of season.players) {
            expect(sumOfKind(windows.players.get(id), kind)).toEqual(all);
          }
          for (const [id, { players }] of season.teams) {
            expect(sumOfKind(windows.teams.get(id), kind)).toEqual(players);
          }
        }
      }),
    );
  });
});
