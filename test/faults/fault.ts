import type { FaultMesh } from "./mesh.ts";
import type { Observed } from "./observed.ts";
import type { TopologyName } from "./topology.ts";

/** Something that goes wrong with a mesh, and what may come of it. */
export type Fault = {
  /** Names it on the command line, such as "ingest-killed". */
  readonly name: string;
  /** What happens, in a few words. */
  readonly what: string;
  /** The topologies that can have it. */
  readonly topologies: readonly TopologyName[];
  /** How long it lasts, in s. */
  readonly lastsS: number;
  /** From when it is healed until both folds have come as far as the journal had then, in s, at most. */
  readonly caughtUpWithinS: number;
  /** The longest time that a client may wait for an ack, and for an answer to a read, in s. */
  readonly withoutWritesS: number;
  readonly withoutReadsS: number;
  /** Whether what was observed says that the fault did what it was meant to. */
  readonly hadEffect: (observed: Observed) => boolean;
  /** Does harm. */
  inject(on: Target): Promise<Harm>;
};

/** What a fault is done to. */
export type Target = {
  readonly mesh: FaultMesh;
  /** The slot that the load writes to. */
  readonly slot: string;
  /** Draws from the seed of the run: 0 to below 1. */
  readonly random: () => number;
};

/** Harm that is being done. */
export type Harm = {
  /** Who suffers it, for people. */
  readonly target: string;
  /** Ends it, and returns when what it was done to runs again. */
  heal(): Promise<unknown>;
};
