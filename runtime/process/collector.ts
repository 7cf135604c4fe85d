import { readdirSync, readFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";

/**
 * By how much of what is alive garbage may grow before it is collected, in percent. V8 lets a small heap
 * grow threefold where the machine has memory; twofold costs a service 5 % more time and 70 MB less.
 */
const HEAP_GROWTH_PERCENT = 100;

/** After how much of that growth marking begins, in percent, where stops are to be short. */
const MARK_EARLY_PERCENT = 15;

const THREADS = "/proc/self/task";

/** Has V8 collect in time for what a container has of memory. */
export function limitGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/**
 * Keeps the stops short that collecting old garbage takes: often, a little each time, and with V8's own threads
 * running only where a processor is free, not in place of the thread that answers.
 */
export function shortenStops(): void {
  setFlagsFromString(`--incremental-marking-soft-trigger=${MARK_EARLY_PERCENT}`);
  // Elsewhere a thread has no priority of its own.
  if (process.platform !== "linux") return;
  for (const thread of readdirSync(THREADS)) letYield(thread);
}

function letYield(thread: string): void {
  try {
    if (isOfV8(thread)) setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended meanwhile, or the container forbids it: the stops are longer then, and no more than that.
  }
}

// Their name in full is "node-V8Worker", or without "node-" in former versions.
function isOfV8(thread: string): boolean {
  return readFileSync(`${THREADS}/${thread}/comm`, "utf8").trimEnd().endsWith("V8Worker");
}
