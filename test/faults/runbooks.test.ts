import { globSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./catalogue.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = fileURLToPath(new URL("../../docs/runbooks", import.meta.url));
const FAULTS_SAID = /^Faults?: ([^.;]*)[.;]/m;

const pages = readdirSync(FOLDER).filter((page) => page !== "README.md");
const textOf = (page: string) => readFileSync(`${FOLDER}/${page}`, "utf8");

describe("docs/runbooks", () => {
  it("has each fault on one page, and names no other", () => {
    const named = pages.flatMap((page) =>
      [...(FAULTS_SAID.exec(textOf(page))?.[1] ?? "").matchAll(/`([^`]+)`/g)].map(
        ([, name]) => name,
      ),
    );
    expect(named.toSorted()).toEqual(FAULTS.map(({ name }) => name).sort());
  });

  it("quotes only what is logged", () => {
    const code = globSync("{runtime,stores,services}/**/*.ts", { cwd: ROOT })
      .filter((file) => !file.endsWith(".test.ts"))
      .map((file) => readFileSync(`${ROOT}/${file}`, "utf8"))
      .join("");
    // The first of each row; the store's name is put before what is the same of all.
    const quoted = pages.flatMap((page) => {
      const [, table = ""] = textOf(page).split(/^\| Log \|.*$/m);
      return [...table.matchAll(/^\| `(?:postgres |hot store )?([^`]+)`/gm)].map(
        ([, said = ""]) => said,
      );
    });
    const parts = quoted.flatMap((said) => said.split("…"));

    expect(quoted.length).toBeGreaterThan(10);
    expect(parts.filter((part) => !code.includes(part))).toEqual([]);
  });

  it("has each page on the first one", () => {
    expect(pages.filter((page) => !textOf("README.md").includes(`(${page})`))).toEqual([]);
  });
});
