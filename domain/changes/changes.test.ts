import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EMPTY_BOX_SCORE, type Entry, foldBoxScores } from "#domain/boxscore";
import { ranked } from "#domain/ranking";
import { foldSeason } from "#domain/season";
import { absentOf, factsOf, liveOf, officialOf, teamLineOf } from "../boxscore/lines.fixture.ts";
import { applied, changesBetween, gameRows, isSameRows, type Rows } from "./index.ts";

const small = fc.integer({ min: 1, max: 9 });
const player = fc.constantFrom("curry", "green", "klay");

/** Entries of one game: lines that rise and fall, change teams, become official and are taken back. */
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc
    .tuple(player, small, small)
    .map(([who, number, points]) => liveOf(who, number, { points }, { teamId: `t${points % 2}` })),
  fc
    .tuple(player, small)
    .map(([who, revision]) =>
      officialOf(who, revision, revision % 3 === 0 ? undefined : { points: revision }),
    ),
  fc.tuple(small, small).map(([number, count]) => teamLineOf("t1", number, count)),
  small.map((revision) => factsOf(revision, { period: revision })),
  fc
    .tuple(small, fc.dictionary(player, fc.constantFrom("", "INACTIVE_COACH")))
    .map(([revision, reasons]) => absentOf(revision, reasons)),
);
const entries = fc.array(entry, { maxLength: 12 });

const gameOf = (told: Entry[]) => foldBoxScores(new Map(), told).get("g1") ?? EMPTY_BOX_SCORE;
const playersOf = (told: Entry[]) => {
  const games = foldBoxScores(new Map(), told);
  return foldSeason({ players: new Map(), teams: new Map() }, new Map(), games).players;
};
const boardOf = (scores: Record<string, number>) => {
  const rows = Object.entries(scores).map(([member, score]) => ({ member, score }));
  rows.sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1));
  return new Map(ranked(rows, 0, 0).map((row) => [row.member, row]));
};

const scores = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), small);
const states = {
  "a box score": entries.map((told): Rows<unknown> => gameRows(gameOf(told))),
  "players' seasons": entries.map((told): Rows<unknown> => playersOf(told)),
  "a board": scores.map((told): Rows<unknown> => boardOf(told)),
};

describe("changesBetween", () => {
  it.each(Object.entries(states))("leads from any state of %s to any other", (_, state) => {
    fc.assert(
      fc.property(state, state, (was, now) => {
        expect(applied(was, changesBetween(was, now))).toEqual(now);
      }),
    );
  });

  it.each(Object.entries(states))("finds nothing between equal states of %s", (_, state) => {
    fc.assert(
      fc.property(state, (rows) => {
        const copy = structuredClone(rows);

        expect(isSameRows(rows, copy)).toBe(true);
        expect(changesBetween(rows, copy)).toEqual({ upserts: new Map(), removed: [] });
      }),
    );
  });

  it("names only the rows that differ", () => {
    const was = gameRows(gameOf([liveOf("curry", 1, { points: 2 }), liveOf("green", 2, {})]));
    const now = gameRows(gameOf([liveOf("curry", 3, { points: 2 }), liveOf("klay", 4, {})]));

    const { upserts, removed } = changesBetween(was, now);
    expect([...upserts.keys()]).toEqual(["player:klay"]);
    expect(removed).toEqual(["player:green"]);
  });

  it("names who did not play, and no longer once that player has a line", () => {
    const entries = [absentOf(1, { klay: "INACTIVE_COACH", curry: "" })];
    const was = gameRows(gameOf(entries));
    const now = gameRows(gameOf([...entries, liveOf("curry", 1, {})]));

    expect([...was.keys()]).toEqual(["facts", "absence:klay", "absence:curry"]);
    expect(changesBetween(was, now).removed).toEqual(["absence:curry"]);
  });

  it("tells 0 from unknown", () => {
    const was = gameRows(gameOf([liveOf("curry", 1, {})]));
    const now = gameRows(gameOf([liveOf("curry", 2, { points: 0 })]));

    expect(isSameRows(was, now)).toBe(false);
  });
});

describe("applied", () => {
  it("leaves the rows it was given as they were", () => {
    const rows = new Map([["a", 1]]);

    applied(rows, { upserts: new Map([["b", 2]]), removed: ["a"] });

    expect([...rows]).toEqual([["a", 1]]);
  });
});
