export { madeOnce } from "./made-once.ts";
export type { Subject } from "./subject.ts";
export { type Step, type Watcher, type Watches, type WatchLimits, watchesOver } from "./watches.ts";
