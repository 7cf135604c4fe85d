import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { MeshState } from "../local/mesh/index.ts";

/** What a process has used so far; a server of several processes counts as one. */
export type Usage = {
  /** Time on the processor, in ms. */
  readonly cpuMs: number;
  /** The most memory that it has had in Node's or its own heap and all else, in MB; 0 if several. */
  readonly peakMb: number;
};

/** Linux counts in hundredths of a second for programs, whatever the kernel does. */
const MS_PER_TICK = 10;

/** What each process of a mesh has used, by name; nothing where there is no /proc. */
export function usageOf(mesh: MeshState): Map<string, Usage> {
  const found = new Map<string, Usage>();
  if (!existsSync("/proc/self/stat")) return found;
  for (const { name, pid } of [...mesh.services, ...mesh.stores]) {
    const cpuMs = [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuMsOf(one), 0);
    found.set(name, { cpuMs, peakMb: peakMbOf(pid) });
  }
  return found;
}

/** What a process of this machine has used; undefined where there is no /proc. */
export function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it may hold anything. utime, stime, and those of children that have ended.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return MS_PER_TICK * fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  } catch {
    return 0;
  }
}

function peakMbOf(pid: number): number {
  const [, kilobytes = "0"] =
    /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}
