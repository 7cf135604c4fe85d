import { Code } from "@connectrpc/connect";
import { GivenUp } from "#client";
import { reasonOf } from "#runtime/rpc";
import { FileFault } from "./files/index.ts";
import { Complaint } from "./shell.ts";

/** What to tell a person about an error: one sentence, without a stack. Total. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Complaint || error instanceof FileFault) return error.message;
  if (error instanceof GivenUp) return sentenceOf(error.cause);
  const { code, reason, message, fieldViolations } = reasonOf(error);
  const [violation] = fieldViolations;
  if (violation !== undefined) return `${violation.field}: ${sentence(violation.description)}`;
  if (reason !== undefined) return sentence(message);
  switch (code) {
    case Code.Unavailable:
    case Code.DeadlineExceeded: {
      // What the transport says has many words and only one that helps: where it was.
      const where = /\b[\w.[\]:-]+:\d{2,5}\b/.exec(message)?.[0];
      const who = where === undefined ? "A service does not answer" : `Nobody answers at ${where}`;
      return `${who}: \`npm run -s courtside -- status\` shows what runs.`;
    }
    default:
      return sentence(firstLine(message));
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}

/** With a capital at its beginning and a full stop at its end. */
function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
