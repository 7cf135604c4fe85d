import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./catalogue.ts";

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

  it("has each page on the first one", () => {
    expect(pages.filter((page) => !textOf("README.md").includes(`(${page})`))).toEqual([]);
  });
});
