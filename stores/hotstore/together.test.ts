import { describe, expect, it } from "vitest";
import { together } from "./together.ts";

/** Answers each item with itself and its key; notes what it was asked. */
function askedOnce() {
  const asked: string[] = [];
  const askPlace = together(async ({ key }, items: readonly number[]) => {
    asked.push(`${key}: ${items.length}`);
    if (items.includes(0)) throw new Error("nothing is 0");
    return [`cursor of ${key}`, items.map((item) => `${key} ${item}`)];
  });
  const ask = (key: string, items: readonly number[]) =>
    askPlace({ slot: "nba:2023-24:regular", key }, items);
  return { ask, asked };
}

describe("together", () => {
  it("asks once for what is asked of a key in one turn, and gives each its own", async () => {
    const { ask, asked } = askedOnce();

    const answers = await Promise.all([
      ask("a", [1, 2]),
      ask("b", [3]),
      ask("a", []),
      ask("a", [4]),
    ]);

    expect(asked).toEqual(["a: 3", "b: 1"]);
    expect(answers).toEqual([
      ["cursor of a", ["a 1", "a 2"]],
      ["cursor of b", ["b 3"]],
      ["cursor of a", []],
      ["cursor of a", ["a 4"]],
    ]);
  });

  it("asks anew for what is asked while a question is on its way", async () => {
    const { ask, asked } = askedOnce();
    const first = ask("a", [1]);
    await new Promise(setImmediate);

    await Promise.all([first, ask("a", [1])]);

    expect(asked).toEqual(["a: 1", "a: 1"]);
  });

  it("keeps a question short, and takes a long one whole", async () => {
    const { ask, asked } = askedOnce();
    const items = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

    const answers = await Promise.all([
      ask("a", items(200)),
      ask("a", items(100)),
      ask("a", items(999)),
    ]);

    expect(asked).toEqual(["a: 200", "a: 100", "a: 999"]);
    expect(answers.map(([, replies]) => replies.length)).toEqual([200, 100, 999]);
  });

  it("fails all that share a question that fails, and no other", async () => {
    const { ask } = askedOnce();

    const outcomes = await Promise.allSettled([ask("a", [1]), ask("a", [0]), ask("b", [1])]);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  });
});
