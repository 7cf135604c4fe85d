import type { Fault } from "../fault.ts";
import { TOPOLOGIES } from "../topology.ts";

/** What most faults have in common; each says what differs. */
export const USUAL = {
  topologies: TOPOLOGIES,
  lastsS: 3,
  caughtUpWithinS: 5,
  withoutWritesS: 8,
  withoutReadsS: 3,
} satisfies Partial<Fault>;
