import { describe, expect, it } from "vitest";
import { FILES, textOf } from "./sources.fixture.ts";

/** What no file may say, and why. */
const BANNED: readonly (readonly [why: string, words: RegExp])[] = [
  ["work that is left has an owner: TODO(name)", /\bTODO\b(?!\(\w)/],
  ["what is known to be wrong is put right", /\bFIXME\b|\bXXX\b/],
  ["paths are those of every machine", /\/work\/|\/Users\/|\/home\/(?!\$|<)\w/],
  ["a clone stands alone: no number leads out of it", /\bissues? #?\d/i],
  ["the compiler is not silenced", /@ts-(ignore|nocheck)/],
  ["no test leaves the others out", /\b(it|test|describe)(\.\w+)*\.only\b/],
  ["a title states a fact", /\b(it|test|describe)(\.\w+)*\(\s*["'`][^"'`\n]*\bshould\b/],
];

const OWN = "test/architecture/words.test.ts";

const written = FILES.filter(
  (file) =>
    /\.(ts|js|json|md|lua|sql|proto|sh|ya?ml)$/.test(file) &&
    !/^(gen|third_party|data)\//.test(file) &&
    file !== "package-lock.json" &&
    file !== OWN,
).map((file) => ({ file, text: textOf(file) }));

describe("words", () => {
  it.each(BANNED)("%s", (_, words) => {
    const faults = written.flatMap(({ file, text }) =>
      text
        .split("\n")
        .map((line, at) => ({ at: `${file}:${at + 1}`, line }))
        .filter(({ line }) => words.test(line)),
    );

    expect(faults).toEqual([]);
  });
});
