import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { buildingKey, cursorKey, keysOf } from "../../stores/hotstore/keys.ts";
import { exists, FILES, isTest, pageOf, SOURCES, textOf } from "./sources.fixture.ts";

const pages = FILES.filter((file) => file.endsWith(".md") && !file.startsWith("third_party/"));

/** The words that mean one thing each, in code, documents and talk. */
const WORDS = [
  "archive",
  "board",
  "cursor",
  "entry",
  "fold",
  "hot store",
  "journal",
  "line",
  "log",
  "member",
  "offset",
  "owner",
  "position",
  "projector",
  "row",
  "score event",
  "slot",
  "standing",
  "upload",
  "window",
];

describe("docs/keys.md", () => {
  const page = pageOf("docs/keys.md");

  it("names each key as stores/hotstore/keys.ts makes it, and no other", () => {
    // What a key is filled in with stands in angle brackets, and the page says it by its own word.
    const blank = (key: string) => key.replaceAll(/<[^>]*>/g, "<>");
    const made = Object.entries(keysOf("<>", "<>")).map(([name, key]) => [
      name,
      typeof key === "string" ? key : (key as (id: string) => string)("<>"),
    ]);
    const said = [...page.matchAll(/^\| (\w+) \| `(courtside:[^`]+)` \|/gm)].map(
      ([, name = "", key = ""]) => [name, blank(key)],
    );

    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries([
        ["cursorKey", cursorKey("<>")],
        ["buildingKey", buildingKey("<>", "<>")],
        ...made,
      ]),
    );
  });

  it("names each table and view of the migrations, and no other", () => {
    const sql = FILES.filter((file) => file.startsWith("stores/postgres/"))
      .map(textOf)
      .join("\n");
    const made = [...sql.matchAll(/create (?:table(?: if not exists)?|view) (\w+)/g)];
    const [, tables = ""] = page.split("\n## Postgres\n");
    const said = [...tables.matchAll(/^\| `(\w+)` \|/gm)];

    expect(said.map(([, name]) => name).sort()).toEqual(made.map(([, name]) => name).sort());
  });

  it("is right that no other place writes the name of a key", () => {
    const faults = SOURCES.filter(
      (file) => !isTest(file) && file !== "stores/hotstore/keys.ts",
    ).filter((file) => /courtside:\{/.test(textOf(file)));

    expect(faults).toEqual([]);
  });
});

describe("docs/glossary.md", () => {
  const words = [...pageOf("docs/glossary.md").matchAll(/^\| \*\*([^*]+)\*\* \|/gm)].map(
    ([, word = ""]) => word,
  );

  it("has each word of the contract", () => {
    expect(WORDS.filter((word) => !words.includes(word))).toEqual([]);
  });

  it("has each word once, in order", () => {
    expect(words).toEqual([...new Set(words)].sort());
  });
});

describe("documents", () => {
  it.each(pages)("%s links to files that are there", (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)];
    const faults = links.filter(([, to = ""]) => !exists(normalize(join(dirname(page), to))));

    expect(faults.map(([, to]) => to)).toEqual([]);
  });

  it.each(pages)("%s names npm scripts that there are", (page) => {
    const { scripts } = JSON.parse(textOf("package.json"));
    const run = [
      ...textOf(page).matchAll(/\bnpm (?:run (?:-s )?([a-z][\w:]*)|(start|test)\b)/g),
    ].map(([, named, short]) => named ?? short ?? "");

    expect(run.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(pages)("%s names verbs that the command line has", (page) => {
    const verbs = FILES.filter((file) => file.startsWith("cli/verbs/")).flatMap((file) =>
      [...textOf(file).matchAll(/\.command\("([\w-]+)/g)].map(([, verb]) => verb),
    );
    const named = [...textOf(page).matchAll(/\bcourtside -- ([a-z]+)/g)].map(
      ([, verb = ""]) => verb,
    );

    expect(named.filter((verb) => !verbs.includes(verb))).toEqual([]);
  });

  it("decisions are numbered from 0001 without a gap", () => {
    const numbers = FILES.filter((file) => file.startsWith("docs/decisions/")).map(
      (file) => /^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1],
    );

    expect(numbers).toEqual(numbers.map((_, at) => String(at + 1).padStart(4, "0")));
  });
});
