import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { FileFault, saying } from "./fault.ts";

/** One line of a text file: its 1-based number, and its text without the line's end. */
export type TextLine = { readonly number: number; readonly text: string };

/** Longer than any line of ours by far; a file without line ends must not fill the memory. */
const LINE_LENGTH_MAX = 1 << 20;

/**
 * The lines of a UTF-8 file in order, unpacked on the way where its name ends in `.gz`. Empty lines
 * are counted and left out. Throws FileFault when the file cannot be read, the gzip data is cut off
 * or damaged, or a line has no end.
 */
export async function* linesOf(file: string): AsyncGenerator<TextLine> {
  let number = 0;
  let carry = "";
  try {
    for await (const chunk of textOf(file)) {
      const lines = (carry + chunk).split("\n");
      carry = lines.pop() ?? "";
      for (const line of lines) {
        number += 1;
        if (line.trim() !== "") yield { number, text: line };
      }
      if (carry.length > LINE_LENGTH_MAX) {
        throw new FileFault(file, number + 1, `is longer than ${LINE_LENGTH_MAX} characters.`);
      }
    }
  } catch (error) {
    if (error instanceof FileFault) throw error;
    // The line at which it broke off is the one that was being read.
    const line = number === 0 && carry === "" ? undefined : number + 1;
    throw new FileFault(file, line, `cannot be read: ${saying(error)}.`, error);
  }
  if (carry.trim() !== "") yield { number: number + 1, text: carry };
}

/** The whole text of a file, as {@link linesOf} reads it. */
export async function wholeText(file: string): Promise<string> {
  let text = "";
  try {
    for await (const chunk of textOf(file)) text += chunk;
  } catch (error) {
    throw new FileFault(file, undefined, `cannot be read: ${saying(error)}.`, error);
  }
  return text;
}

function textOf(file: string): AsyncIterable<string> {
  const bytes = createReadStream(file);
  if (!file.endsWith(".gz")) return bytes.setEncoding("utf8");
  // pipeline hands an error of either stream to the reader and closes both when reading stops.
  return pipeline(bytes, createGunzip(), () => {}).setEncoding("utf8");
}
