import { describe, expect, it } from "vitest";
import { eachAtOnce } from "./each-at-once.ts";

const turn = () => new Promise(setImmediate);

describe("eachAtOnce", () => {
  it("gives the results in the order of the items, whichever was done first", async () => {
    const results = await eachAtOnce([3, 1, 2], 3, async (turns) => {
      for (let i = 0; i < turns; i++) await turn();
      return turns;
    });

    expect(results).toEqual([3, 1, 2]);
  });

  it("has no more of them running than it may", async () => {
    let running = 0;
    let most = 0;
    await eachAtOnce(Array.from({ length: 20 }), 4, async () => {
      most = Math.max(most, ++running);
      await turn();
      running -= 1;
    });

    expect(most).toBe(4);
  });

  it("throws the first failure after what was begun has ended, and begins nothing more", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const all = eachAtOnce([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error("no");
      await turn();
      ended.push(item);
    });

    await expect(all).rejects.toThrow("no");
    expect(ended).toEqual(begun.filter((item) => item !== 1));
    expect(begun.length).toBeLessThan(5);
  });
});
