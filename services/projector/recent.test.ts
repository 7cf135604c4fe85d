import { describe, expect, it } from "vitest";
import { known, Recent } from "./recent.ts";

describe("Recent", () => {
  it("lets go of what was asked for or set longest ago, and keeps no more than it may", () => {
    const recent = new Recent<string, number>(2);
    recent.setAll([
      ["a", 1],
      ["b", 2],
    ]);
    recent.get("a");
    recent.set("c", 3);

    expect(["a", "b", "c"].map((key) => recent.get(key))).toEqual([1, undefined, 3]);
  });

  it("has a value once, the last one set", () => {
    const recent = new Recent<string, number>(2);
    recent.setAll([
      ["a", 1],
      ["b", 2],
      ["a", 3],
    ]);
    recent.set("c", 4);

    expect(["a", "b", "c"].map((key) => recent.get(key))).toEqual([3, undefined, 4]);
  });
});

describe("known", () => {
  it("loads what is missing and nothing else, and leaves out what nobody knows", async () => {
    const recent = new Recent<string, number>(9);
    recent.set("a", 1);
    const asked: string[][] = [];

    const found = await known(recent, ["a", "b", "c"], async (missing) => {
      asked.push(missing);
      return new Map([["b", 2]]);
    });

    expect(asked).toEqual([["b", "c"]]);
    expect(Object.fromEntries(found)).toEqual({ a: 1, b: 2 });
  });
});
