import { readdirSync } from "node:fs";
import { commandLineOf } from "../../local/setup/processes.js";

/** Ends every process at once whose command line names something in a folder, where there is a /proc. */
export function endAllOf(folder: string): void {
  if (process.platform !== "linux") return;
  for (const pid of readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    if (pid !== process.pid && commandLineOf(pid).includes(`${folder}/`)) end(pid);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
