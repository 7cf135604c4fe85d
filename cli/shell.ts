import { once } from "node:events";

/** Where a verb's words go, and what the world around it says. */
export type Shell = {
  /** Writes a part of the answer, and nothing but that, with its line end. */
  out(text: string): Promise<void>;
  /** Tells the person something that is not the answer. */
  note(sentence: string): void;
  /** How wide a line of the answer may be; absent where nobody looks at it as it comes. */
  readonly columns?: number;
  /** Where notes and progress go. */
  readonly screen: Screen;
  readonly env: NodeJS.ProcessEnv;
};

/** A place that a person may look at: a terminal, or a log. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
};

/** A fault that a person can act on: its message is one sentence, and no stack is shown. */
export class Complaint extends Error {
  override readonly name = "Complaint";
}

/** Ends the verb with this exit status, after all there is to say has been said. */
export class Ended extends Error {
  override readonly name = "Ended";
  readonly status: number;

  constructor(status: number) {
    super(`ended with status ${status}`);
    this.status = status;
  }
}

/** The shell of this process. */
export function processShell(): Shell {
  return {
    async out(text) {
      if (!process.stdout.write(`${text}\n`)) await once(process.stdout, "drain");
    },
    note(sentence) {
      process.stderr.write(`${sentence}\n`);
    },
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    screen: process.stderr,
    env: process.env,
  };
}
