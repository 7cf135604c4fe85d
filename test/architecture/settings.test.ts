import { describe, expect, it } from "vitest";
import { FILES, isTest, pageOf, SOURCES, textOf } from "./sources.fixture.ts";

/** What may read the environment. All else is told what it needs. */
const READERS = /^(services\/[^/]+\/main\.ts$|local\/|cli\/|test\/|bench\/)/;

const page = pageOf("docs/settings.md");

/** A setting as a config reads it, or as the page says it; a bound that is absent is empty. */
type Setting = { readonly default: string; readonly min: string; readonly max: string };

/** The settings of a service's config, by name. */
function settingsRead(config: string): Record<string, Setting> {
  const calls = config.matchAll(/setting\.\w+\(\s*"(COURTSIDE_\w+)"([^;]*?)\),\n/g);
  return Object.fromEntries(
    [...calls].map(([, name = "", options = ""]) => {
      const said = (what: string) =>
        new RegExp(`\\b${what}: "?([^",}\\s]+)`).exec(options)?.[1]?.replaceAll("_", "") ?? "";
      return [name, { default: said("default"), min: said("min"), max: said("max") }];
    }),
  );
}

/** The rows of the table under a heading of the page: name, default, unit, range, what. */
function settingsSaid(heading: string): Record<string, Setting> {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const [own = ""] = section.split("\n## ");
  const rows = own.matchAll(/^\| `(COURTSIDE_\w+)` \|([^|]*)\|[^|]*\|([^|]*)\|/gm);
  return Object.fromEntries(
    [...rows].map(([, name = "", preset = "", range = ""]) => {
      const [, min = "", max = ""] = /^ (\d+) to (\d+) $/.exec(range) ?? [];
      return [name, { default: /`([^`]*)`/.exec(preset)?.[1] ?? "", min, max }];
    }),
  );
}

describe("settings", () => {
  it("only a service's main.ts, local and cli read the environment", () => {
    const faults = SOURCES.filter((file) => !READERS.test(file)).filter((file) =>
      textOf(file)
        .split("\n")
        .some((line) => /process\.env|"node:process"/.test(line) && !/^\s*(\*|\/[*/])/.test(line)),
    );

    expect(faults).toEqual([]);
  });

  const configs = FILES.filter((file) => /^services\/[^/]+\/config\.ts$/.test(file));

  it.each(configs)("docs/settings.md says each setting of %s, its default and range", (file) => {
    const read = settingsRead(textOf(file));

    expect(Object.keys(read)).not.toEqual([]);
    expect(settingsSaid(file.split("/")[1] ?? "")).toEqual(read);
  });

  const namesIn = (text: string): string[] => text.match(/\bCOURTSIDE_[A-Z][A-Z_]*\b/g) ?? [];
  const namesOf = (files: readonly string[]) => files.flatMap((file) => namesIn(textOf(file)));

  it("docs/settings.md names every COURTSIDE_ variable of what ships", () => {
    const said = namesIn(page);

    expect(
      namesOf(SOURCES.filter((file) => !isTest(file))).filter((name) => !said.includes(name)),
    ).toEqual([]);
  });

  it("docs/settings.md names no variable that nothing reads", () => {
    const read = namesOf(SOURCES.filter((file) => !file.startsWith("test/architecture/")));

    expect(namesIn(page).filter((name) => !read.includes(name))).toEqual([]);
  });
});
