import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { observedIn } from "./observed.ts";
import { isGood, openResults, tableOf, writeBetweenMarkers } from "./results.ts";
import type { Outcome } from "./run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "courtside-results-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const GOOD: Outcome = {
  ...{ fault: "ingest-killed", topology: "single", seed: 1, target: "ingest-1" },
  observed: { ...observedIn([]), acked: 900, withoutWritesS: 1.5, caughtUpS: 0.2 },
  ...{ lost: 0, doubled: 0, wrong: 0, compared: 250 },
  ...{ violations: [], hadEffect: true, patience: 1 },
};

describe("results", () => {
  it("are there again for a series that goes on, and gone for one that begins", () => {
    const file = join(folder, "deep", "results.jsonl");
    const results = openResults(file, false);
    results.add({ ...GOOD, hadEffect: false });
    results.add({ ...GOOD, topology: "cluster" });
    results.add(GOOD);

    const latest = [GOOD, { ...GOOD, topology: "cluster" }];
    expect(openResults(file, true).all()).toEqual(latest);
    expect(openResults(file, false).all()).toEqual([]);
  });

  it("are good only of a fault that had an effect and did no harm", () => {
    expect(isGood(GOOD)).toBe(true);
    expect(isGood({ ...GOOD, hadEffect: false })).toBe(false);
    expect(isGood({ ...GOOD, violations: [{ check: "I1", what: "gone" }] })).toBe(false);
  });

  it("are a table that says what did not hold", () => {
    const endless = { ...GOOD.observed, caughtUpS: Number.POSITIVE_INFINITY };
    const bad: Outcome = {
      ...GOOD,
      observed: endless,
      violations: [{ check: "I10", what: "late" }],
    };
    const rows = tableOf([GOOD, bad, { ...GOOD, hadEffect: false }]).split("\n");

    expect(
      rows.slice(2).map((row) =>
        row
          .split("|")
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
    ).toEqual([
      ["ingest-killed", "single", "900", "0", "0", "0 of 250", "1.5 s", "0 s", "0.2 s", "yes"],
      ["ingest-killed", "single", "900", "0", "0", "0 of 250", "1.5 s", "0 s", "never", "I10"],
      [
        "ingest-killed",
        "single",
        "900",
        "0",
        "0",
        "0 of 250",
        "1.5 s",
        "0 s",
        "0.2 s",
        "no effect",
      ],
    ]);
  });

  it("stand between the markers of a page, and nothing else of it changes", () => {
    const page = join(folder, "page.md");
    writeFileSync(page, "a\n<!-- results -->\nold\n<!-- end of results -->\nb\n");
    writeBetweenMarkers(page, "new");

    expect(readFileSync(page, "utf8")).toBe(
      "a\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nb\n",
    );
    writeFileSync(page, "nothing");
    expect(() => writeBetweenMarkers(page, "new")).toThrow("does not have");
  });
});
