// @ts-check
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What tells one process from every other: a pid alone may be given to another process later, a pid
 * with its start may not.
 * @typedef {{ pid: number, start: string }} ProcessIdentity
 */

/** The identity of a running process, or undefined when no process has that pid. */
export function identityOf(/** @type {number} */ pid) {
  const start = startOf(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Whether that very process still runs. A zombie does not. */
export function isRunning(/** @type {ProcessIdentity} */ { pid, start }) {
  return startOf(pid) === start;
}

/**
 * The command line of a process, its words joined by blanks; empty when it is gone or not ours to
 * read.
 */
export function commandLineOf(/** @type {number} */ pid) {
  if (process.platform !== "linux") return ps(pid, "command=") ?? "";
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
  } catch {
    return "";
  }
}

/**
 * @param {number} pid
 * @returns {string | undefined} when the process began: on Linux in ticks since boot
 */
function startOf(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform !== "linux") return ps(pid, "lstart=");
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in brackets, which may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * @param {number} pid
 * @param {string} field
 */
function ps(pid, field) {
  const { status, stdout } = spawnSync("ps", ["-o", field, "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  const text = stdout?.trim();
  return status === 0 && text ? text : undefined;
}
