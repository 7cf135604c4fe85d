/** What is wrong with a file that a user named, as one sentence that says where: file and line. */
export class FileFault extends Error {
  override readonly name = "FileFault";

  /** `line` is 1-based; absent when the fault is the whole file's. */
  constructor(file: string, line: number | undefined, fault: string, cause?: unknown) {
    super(`${file}${line === undefined ? "" : `, line ${line}`}: ${fault}`, { cause });
  }
}

/** What an error of Node's says, for the end of a sentence. */
export function saying(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
