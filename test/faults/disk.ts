import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** Whether this process may make disks. */
export const canMakeDisks = process.platform === "linux" && process.getuid?.() === 0;

/** Makes a disk of its own of a folder; the function returned takes it away again, and all that is on it. */
export function makeDisk(folder: string, megabytes: number): () => void {
  mkdirSync(folder, { recursive: true });
  const options = `size=${megabytes}m,mode=755`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "courtside-faults", folder]);
  return () => void execFileSync("umount", ["--lazy", folder]);
}
