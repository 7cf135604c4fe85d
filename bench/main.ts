/**
 * Runs benches, one after the other: those named as arguments, or all. Each prints a line of JSON a
 * result; docs of each stand in its file, and what was found in RESULTS.md.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BENCHES = [
  "end-to-end",
  "backlog",
  "rebuild",
  "reads",
  "uploads-idle",
  "waiting-readers",
  "read-your-writes",
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}: pass ${BENCHES.join(", ")}, or nothing.`);
  process.exit(1);
}
for (const name of asked.length > 0 ? asked : BENCHES) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: "inherit" });
  const [status] = await once(child, "exit");
  if (status !== 0) process.exitCode = 1;
}
