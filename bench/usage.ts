import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { MeshState } from "../local/mesh/index.ts";

/** What a process has used so far; a server of several processes counts as one. */
export type Usage = {
  /** Time on the processor, in ms. */
  readonly cpuMs: number;
  /** The most memory that it has had, in MB: of a server of several processes, the first one's. */
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

/** Processor time in µs a line, flat: of all processes, and of each that took any. */
export function cpuPerLine(
  before: ReadonlyMap<string, Usage>,
  after: ReadonlyMap<string, Usage>,
  lines: number,
): Record<string, number> {
  const each = [...after]
    .map(([name, { cpuMs }]) => [name, cpuMs - (before.get(name)?.cpuMs ?? 0)] as const)
    .filter(([, ms]) => ms > 0)
    .map(([name, ms]) => [`cpu_${name}`, (ms * 1_000) / lines] as const);
  const all = each.reduce((sum, [, microseconds]) => sum + microseconds, 0);
  return { cpu: all, ...Object.fromEntries(each) };
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

/** The most memory that a process has had, in MB; NaN where there is no /proc. */
export function peakMbOf(pid: number): number {
  return statusMb(pid, "VmHWM");
}

/** The memory that a process has, in MB; NaN where there is no /proc. */
export function residentMbOf(pid: number): number {
  return statusMb(pid, "VmRSS");
}

function statusMb(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  } catch {
    return Number.NaN;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}
