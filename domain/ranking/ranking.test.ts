import { describe, expect, it } from "vitest";
import { ranked } from "./index.ts";

const rows = (...scores: number[]) => scores.map((score, at) => ({ member: `m${at}`, score }));
const ranks = (...args: Parameters<typeof ranked>) => ranked(...args).map(({ rank }) => rank);

describe("ranked", () => {
  it("shares a rank among equal scores and skips the next", () => {
    expect(ranks(rows(30, 20, 20, 10), 0, 0)).toEqual([1, 2, 2, 4]);
  });

  it("goes on with the rank of a score that is shared across the page's edge", () => {
    // Places 0 to 2 were 30, 20, 20; this page begins with the third member of score 20.
    expect(ranks(rows(20, 10), 3, 1)).toEqual([2, 5]);
  });

  it("gives nobody rank 0", () => {
    expect(ranks(rows(0, 0), 0, 0)).toEqual([1, 1]);
    expect(ranked([], 0, 0)).toEqual([]);
  });
});
