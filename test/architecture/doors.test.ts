import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { exists, floorOf, IMPORTS, isTest, shown, targetOf } from "./sources.fixture.ts";

const toFiles = IMPORTS.map((one) => ({ ...one, to: targetOf(one) })).filter(
  (one): one is typeof one & { to: string } => one.to !== undefined,
);

/** Floors without a door of their own: their rooms are entered by `../<room>/index.ts`. */
const WITHOUT_DOOR = ["local", "cli"];

/** The folders from a file's own up to its floor. */
function foldersOf(file: string): string[] {
  const folders: string[] = [];
  for (let at = dirname(file); at !== "."; at = dirname(at)) folders.push(at);
  return folders;
}

describe("doors", () => {
  it("every import of a file of ours leads to one", () => {
    const faults = toFiles.filter(({ to }) => !exists(to));

    expect(faults.map(shown)).toEqual([]);
  });

  it("a room is entered by its index.ts, except by tests", () => {
    const faults = toFiles.filter(({ from, to }) => {
      if (isTest(from)) return false;
      const own = foldersOf(from);
      const entered = foldersOf(to).filter((folder) => !own.includes(folder));
      // The outermost room that is entered: what is inside is its own affair.
      const room = entered.toReversed().find((folder) => exists(`${folder}/index.ts`));
      return room !== undefined && to !== `${room}/index.ts`;
    });

    expect(faults.map(shown)).toEqual([]);
  });

  it("`../` stands in tests, local and cli alone", () => {
    const faults = IMPORTS.filter(
      ({ from, specifier }) =>
        specifier.startsWith("../") &&
        !isTest(from) &&
        !WITHOUT_DOOR.includes(floorOf(from)) &&
        floorOf(from) !== "gen",
    );

    expect(faults.map(shown)).toEqual([]);
  });

  it("what ships imports nothing of the tests", () => {
    const faults = toFiles.filter(({ from, to }) => !isTest(from) && isTest(to));

    expect(faults.map(shown)).toEqual([]);
  });

  it("no file imports itself by way of others, types included", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of toFiles) graph.set(from, [...(graph.get(from) ?? []), to]);

    expect(cyclesIn(graph)).toEqual([]);
  });
});

/** One cycle for each import that closes one, as "a → b → a". */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file].join(" → "));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
