import { describe, expect, it } from "vitest";
import type { AppendItem, AppendVerdict } from "./journal.ts";
import { runsOf, verdictsOf } from "./runs.ts";

const GAME = { slot: "nba:2023-24:regular", league: "nba", gameId: "g1" };

function lines(number: number, entries: number, more: object = {}): AppendItem {
  const body = Buffer.from(`${number}+${entries} `);
  return { ...GAME, kind: "lines", epoch: 1, number, entries, body, ...more } as AppendItem;
}

const facts = (more: object = {}): AppendItem => ({
  ...{ ...GAME, kind: "facts", revision: 1, final: undefined, entries: 1, body: Buffer.alloc(1) },
  ...more,
});

function shown(items: AppendItem[]) {
  return runsOf(items).map(({ item, places }) => [
    item.entries,
    item.kind === "lines" ? Buffer.from(item.body).toString().trim() : item.kind,
    ...places,
  ]);
}

describe("runsOf", () => {
  it("puts lines of one upload together that follow each other, also between those of others", () => {
    const other = { gameId: "g2" };

    expect(
      shown([lines(1, 2), lines(1, 1, other), lines(3, 1), lines(4, 5), lines(2, 1, other)]),
    ).toEqual([
      [8, "1+2 3+1 4+5", 0, 2, 3],
      [2, "1+1 2+1", 1, 4],
    ]);
  });

  it.each([
    ["a gap", lines(4, 1)],
    ["a repetition", lines(1, 2)],
    ["another epoch", lines(3, 1, { epoch: 2 })],
    ["another slot", lines(3, 1, { slot: "nba:2022-23:regular" })],
    ["more than a row holds", lines(3, 499)],
  ])("leaves %s apart", (_, item) => {
    expect(runsOf([lines(1, 2), item]).map(({ places }) => places)).toEqual([[0], [1]]);
  });

  it("moves no line of a game across what else is said of it", () => {
    expect(shown([lines(1, 1), facts(), lines(2, 1), lines(3, 1)])).toEqual([
      [1, "1+1", 0],
      [1, "facts", 1],
      [2, "2+1 3+1", 2, 3],
    ]);
  });
});

describe("verdictsOf", () => {
  it("tells each part where it begins, behind those before it", () => {
    const items = [lines(1, 2), facts(), lines(3, 4), lines(7, 1)];
    const verdict = { verdict: "appended", firstOffset: 40 } as AppendVerdict;

    const told = [...verdictsOf([0, 2, 3], verdict, items)];

    expect(told.map(([place, { firstOffset }]) => [place, firstOffset])).toEqual([
      [0, 40],
      [2, 42],
      [3, 46],
    ]);
  });
});
