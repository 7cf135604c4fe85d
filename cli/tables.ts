import Table from "cli-table3";

/** A column of a table: its heading, and the side on which its cells stand. */
export type Column = { readonly head: string; readonly align?: "left" | "right" };

/** A cell: numbers and texts as they are, and a dash for what is not known. */
export type Cell = string | number | undefined;

/** The rows of a table, and those below a second rule. */
export type Rows = {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly totals?: readonly (readonly Cell[])[];
};

const FIRST_COLUMN_MIN = 8;

/**
 * A table as text, without a line end: a heading, a rule, and the rows. Where it would be wider than
 * `width`, its columns come closer and then its first one is cut, as far as that helps.
 */
export function tableOf(table: Rows, width = Number.POSITIVE_INFINITY): string {
  const wide = lines(table, 2);
  if (widest(wide) <= width) return ruled(wide, table);
  const close = lines(table, 1);
  const excess = widest(close) - width;
  if (excess <= 0) return ruled(close, table);
  const { columns, rows, totals = [] } = table;
  const firsts = [columns[0]?.head ?? "", ...[...rows, ...totals].map(([cell]) => textOf(cell))];
  const longest = Math.max(...firsts.map((text) => text.length));
  return ruled(lines(table, 1, Math.max(FIRST_COLUMN_MIN, longest - excess)), table);
}

function lines({ columns, rows, totals = [] }: Rows, gap: number, firstMax?: number): string[] {
  const table = new Table({
    chars: CHARS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap, compact: true },
    colAligns: columns.map(({ align = "left" }) => align),
  });
  table.push(cut(columns.map(({ head }) => head)));
  for (const row of [...rows, ...totals]) table.push(cut(row.map(textOf)));
  const text = table.toString();
  return text.split("\n").map((line) => line.trimEnd());

  function cut(cells: string[]): string[] {
    return cells.map((cell, at) => (at === 0 ? cell.slice(0, firstMax) : cell));
  }
}

function ruled(lines: readonly string[], { rows, totals = [] }: Rows): string {
  const rule = "─".repeat(widest(lines));
  const [head = "", ...others] = lines;
  const between = totals.length > 0 && rows.length > 0 ? [rule] : [];
  const below = others.slice(rows.length);
  return [head, rule, ...others.slice(0, rows.length), ...between, ...below].join("\n");
}

function widest(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => line.length));
}

// What is in a table of ours never has a line of its own.
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
