import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Outcome } from "./run.ts";

/** Outcomes that are kept in a file, so that a series that was broken off can go on. */
export type Results = {
  /** The last outcome of each fault in each topology, in the order in which they were first run. */
  all(): readonly Outcome[];
  add(outcome: Outcome): void;
};

/** Opens the results in a file: those of before, or none of them. */
export function openResults(file: string, isResumed: boolean): Results {
  mkdirSync(dirname(file), { recursive: true });
  if (!isResumed) rmSync(file, { force: true });
  const latest = new Map<string, Outcome>();
  const keep = (outcome: Outcome) =>
    void latest.set(`${outcome.topology} ${outcome.fault}`, outcome);
  for (const line of linesOf(file)) keep(JSON.parse(line) as Outcome);
  return {
    all: () => [...latest.values()],
    add(outcome) {
      keep(outcome);
      appendFileSync(file, `${JSON.stringify(outcome)}\n`);
    },
  };
}

/** Whether a run held what is promised, and showed that the fault was one. */
export function isGood({ violations, hadEffect }: Outcome): boolean {
  return violations.length === 0 && hadEffect;
}

/** Puts a table in place of what stands between the two markers of a page. */
export function writeBetweenMarkers(page: string, table: string): void {
  const [begin, end] = ["<!-- results -->", "<!-- end of results -->"];
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} does not have ${begin} and ${end}.`);
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`);
}

const HEADINGS = [
  ...["Fault", "Topology", "Acknowledged", "Lost", "Doubled", "Wrong answers"],
  ...["Without writes", "Without reads", "Caught up after", "Held"],
];

/** The outcomes as a table in Markdown, aligned for those who read it as it is. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { fault, topology, observed, lost, doubled, wrong, compared } = outcome;
    const { acked, withoutWritesS, withoutReadsS, caughtUpS } = observed;
    return [
      ...[fault, topology, String(acked), String(lost), String(doubled), `${wrong} of ${compared}`],
      // What is endless is nothing in JSON.
      ...[withoutWritesS, withoutReadsS, caughtUpS].map((s) =>
        Number.isFinite(s) ? `${s} s` : "never",
      ),
      heldText(outcome),
    ];
  });
  const widths = HEADINGS.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(HEADINGS), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join(
    "\n",
  );
}

function heldText({ violations, hadEffect }: Outcome): string {
  if (violations.length > 0) return [...new Set(violations.map(({ check }) => check))].join(" ");
  return hadEffect ? "yes" : "no effect";
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
