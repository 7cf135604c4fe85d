import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from "node:fs";

const LOG_BYTES_MAX = 20 * 1024 * 1024;
const TAIL_BYTES_MAX = 16 * 1024;

/**
 * Opens a log for appending and returns its file descriptor. A log over 20 MB begins anew and leaves
 * its former content in `<file>.old`.
 */
export function appendTo(file: string): number {
  boundLog(file);
  return openSync(file, "a", 0o600);
}

/**
 * Begins a log over 20 MB anew. Writers that opened it for appending need not be told; what they
 * write during the copy may be lost.
 */
export function boundLog(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_BYTES_MAX) return;
  copyFileSync(file, `${file}.old`);
  truncateSync(file);
}

/** The last lines of a log, from byte `from` on; empty when there is none. */
export function tailOf(file: string, lineCount: number, from = 0): string {
  let log: number;
  try {
    log = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(log);
    const begin = Math.max(from, size - TAIL_BYTES_MAX, 0);
    const bytes = Buffer.alloc(Math.max(size - begin, 0));
    const count = readSync(log, bytes, 0, bytes.length, begin);
    const lines = bytes.toString("utf8", 0, count).trimEnd().split("\n");
    return lines.slice(-lineCount).join("\n");
  } finally {
    closeSync(log);
  }
}
