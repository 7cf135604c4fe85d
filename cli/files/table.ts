import { CsvError, parse } from "csv-parse/sync";
import { FileFault, saying } from "./fault.ts";
import { wholeText } from "./lines.ts";

/** One row of a CSV file, read by the heading of its columns. */
export type Row = {
  /** The text below a heading; throws FileFault when the column is missing or the cell empty. */
  text(column: string): string;
  /** The text below a heading; undefined when the column is missing or the cell empty. */
  optional(column: string): string | undefined;
  /** A whole number from 0; throws FileFault otherwise. */
  count(column: string): number;
  /** A moment in ISO 8601 with its zone, in milliseconds since the epoch; throws FileFault otherwise. */
  time(column: string): number;
  /** The error to throw when what the row says cannot be: names file and line. */
  fault(fault: string): FileFault;
};

const COUNT = /^\d{1,9}$/;

/**
 * The rows of a CSV file (`.csv`, or `.csv.gz`), whose first line is the heading. Throws FileFault
 * naming file, line and column when it is not one or lacks a column of `columns`.
 */
export async function readTable(file: string, columns: readonly string[]): Promise<Row[]> {
  const text = await wholeText(file);
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      columns: (heading: string[]) => checkedHeading(file, heading, columns),
      info: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    if (error instanceof FileFault) throw error;
    const line = error instanceof CsvError ? Number(error.lines) || undefined : undefined;
    throw new FileFault(file, line, `is not CSV: ${saying(error)}.`, error);
  }
  if (text.trim() === "") throw new FileFault(file, undefined, "is empty.");
  return records.map(({ record, info }) => rowOf(file, info.lines, record));
}

function checkedHeading(file: string, heading: string[], columns: readonly string[]): string[] {
  const missing = columns.filter((column) => !heading.includes(column));
  if (missing.length === 0) return heading;
  const name = missing.length === 1 ? "column" : "columns";
  throw new FileFault(file, 1, `lacks the ${name} ${missing.join(", ")}.`);
}

function rowOf(file: string, line: number, record: Record<string, string>): Row {
  const fault = (text: string) => new FileFault(file, line, text);
  const optional = (column: string) => record[column]?.trim() || undefined;
  const text = (column: string) => {
    const cell = optional(column);
    if (cell === undefined) throw fault(`column ${column} is empty.`);
    return cell;
  };
  return {
    text,
    optional,
    count(column) {
      const cell = text(column);
      if (COUNT.test(cell)) return Number(cell);
      throw fault(`column ${column} must be a whole number from 0, not "${cell}".`);
    },
    time(column) {
      const moment = Date.parse(text(column));
      if (!Number.isNaN(moment)) return moment;
      throw fault(`column ${column} must be a time such as 2023-10-24T23:30:00Z.`);
    },
    fault,
  };
}
