/** The command line: `node cli/main.ts <verb>`. See program.ts for the verbs. */
import { runProgram } from "./program.ts";
import { processShell } from "./shell.ts";

// Who reads only the beginning of an answer, as `head` does, has had enough: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

process.exitCode = await runProgram(process.argv.slice(2), processShell());
