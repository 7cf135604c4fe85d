import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { FILES, SOURCES, textOf } from "./sources.fixture.ts";

const LINES_MAX = 60;

const scripts = FILES.filter((file) => file.endsWith(".lua"));

/** The comment that a file opens with, without its dashes. */
function headerOf(file: string): string {
  const lines = textOf(file).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("--"));
  return lines
    .slice(0, end)
    .map((line) => line.slice(2))
    .join("\n");
}

describe("Lua scripts", () => {
  it.each(scripts)("%s opens with a sentence that says what it does", (file) => {
    expect(headerOf(file)).toMatch(/^ [A-Z][^.]*\.\n/);
  });

  it.each(scripts)("%s says its keys, arguments and reply", (file) => {
    const header = headerOf(file);

    expect(header).toMatch(/^ KEYS {3}1 /m);
    expect(header).toMatch(/^ ARGV {3}1/m);
    expect(header).toMatch(/^ Reply {2}\S/m);
  });

  it.each(scripts)(`%s is shorter than ${LINES_MAX} lines`, (file) => {
    expect(textOf(file).trimEnd().split("\n").length).toBeLessThan(LINES_MAX);
  });

  it("each script is run by name, and each name is a script's", () => {
    const names = scripts.map((file) => basename(file, ".lua"));
    const run = SOURCES.filter((file) => file.startsWith("stores/")).flatMap((file) =>
      [...textOf(file).matchAll(/\bscriptIn\(\w+, "(\w+)"[,)]/g)].map(([, name]) => name),
    );

    expect([...new Set(run)].sort()).toEqual(names.sort());
  });
});
