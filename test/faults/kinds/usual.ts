import type { Fault } from "../fault.ts";

/** What most faults have in common; each says what differs. */
export const USUAL = {
  topologies: ["single"],
  lastsS: 3,
  caughtUpWithinS: 5,
  withoutWritesS: 8,
  withoutReadsS: 3,
} satisfies Partial<Fault>;

/** A fault of Redis is one however that stands, and one of Postgres too. */
export const EVERY_REDIS = ["single", "sentinel", "cluster"] as const;
export const EVERY_POSTGRES = ["single", "replicated"] as const;
