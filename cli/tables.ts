import Table from "cli-table3";

/** A column of a table: its heading, and the side on which its cells stand. */
export type Column = { readonly head: string; readonly align?: "left" | "right" };

/** A cell: numbers and texts as they are, and a dash for what is not known. */
export type Cell = string | number | undefined;

/**
 * A table as text, without a line end: a heading, a rule, and the rows. `totals` rows stand below
 * a second rule.
 */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  totals: readonly (readonly Cell[])[] = [],
): string {
  const table = new Table({
    chars: CHARS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2, compact: true },
    colAligns: columns.map(({ align = "left" }) => align),
  });
  table.push(columns.map(({ head }) => head));
  for (const row of [...rows, ...totals]) table.push(row.map(textOf));
  const lines = table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
  const rule = "─".repeat(Math.max(...lines.map((line) => line.length)));
  const ruled = [lines[0] ?? "", rule, ...lines.slice(1)];
  if (totals.length > 0 && rows.length > 0) ruled.splice(2 + rows.length, 0, rule);
  return ruled.join("\n");
}

// What is known only as text in a table of ours never has a line of its own.
function textOf(cell: Cell): string {
  return cell === undefined ? "-" : String(cell).replaceAll(/\s+/g, " ");
}

const CHARS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
