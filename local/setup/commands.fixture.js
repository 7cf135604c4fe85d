// @ts-check
import { runCommands } from "./commands.js";

// Runs the commands in its first argument, a JSON array of arrays, and exits as they do.
process.exitCode = await runCommands(JSON.parse(process.argv[2] ?? "[]"), process.env);
