import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "./error-code.ts";

/** Another spool, of this process or another, works in the folder. */
export class SpoolInUse extends Error {
  override readonly name = "SpoolInUse";
}

// In this process: two spools of one process have one pid.
const held = new Set<string>();

/**
 * Keeps every other spool out of `folder` until the function that it returns is called, or this
 * process ends in whatever way. Throws SpoolInUse.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "lock");
  const mine = `${process.pid} ${startOf(process.pid)}`;
  while (!created(file, mine)) {
    const theirs = readIfThere(file);
    if (theirs === undefined) continue;
    const isOurs = theirs === mine;
    if (isOurs ? held.has(file) : isRunning(theirs)) {
      throw new SpoolInUse(`The spool in ${folder} is in use by process ${theirs.split(" ")[0]}.`);
    }
    removeStale(file, theirs);
  }
  held.add(file);
  return async () => {
    held.delete(file);
    if (readIfThere(file) === mine) rmSync(file, { force: true });
  };
}

function created(file: string, mine: string): boolean {
  // Written under another name and linked, so that nobody ever reads a lock without its holder.
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

// Another one may have moved the stale lock away and taken its own since it was read: then what is
// moved here is that one's, and goes back.
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale.tmp`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (readIfThere(aside) !== stale) linkSync(aside, file);
  rmSync(aside, { force: true });
}

/** Whether the process that a lock names runs: that very one, not a later one with its pid. */
function isRunning(holder: string): boolean {
  const [pid = "", start = ""] = holder.split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  return startOf(Number(pid)) === start;
}

/** When a process began, in ticks since boot; "" where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in brackets, which may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // One that has ended, and whose parent has not looked yet.
    return fields[0] === "Z" ? "ended" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
