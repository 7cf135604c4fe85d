import type { AskedSeason } from "../../cli/seasons.ts";
import type { History } from "./history.ts";
import type { FaultMesh, MeshOptions } from "./mesh.ts";
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
  /** What has to be set up for it in a mesh of its own. */
  readonly mesh?: Pick<MeshOptions, "disks" | "nodeFlags">;
  /** Whether it leaves the mesh in a state that no other fault is to begin with. */
  readonly spoils?: boolean;
  /** Whether it asks of the mesh what no other fault may keep away meanwhile. */
  readonly isAlone?: boolean;
  /** Whether it comes from a client that misbehaves: then others are to notice next to nothing. */
  readonly byClient?: boolean;
  /**
   * Whether what was observed says that the fault did what it was meant to. Without it nothing of that is to be
   * observed, and {@link Harm.isEvident} or that it was done at all has to do.
   */
  readonly hadEffect?: (observed: Observed) => boolean;
  /** Does harm. */
  inject(on: Target): Promise<Harm>;
};

/** What a fault is done to. */
export type Target = {
  readonly mesh: FaultMesh;
  readonly history: History;
  /** The season that the load writes to, and its slot. */
  readonly season: AskedSeason;
  readonly slot: string;
  /** Games that are being played, newest last. */
  readonly gameIds: readonly string[];
  /** Draws from the seed of the run: 0 to below 1. */
  readonly random: () => number;
};

/** Harm that is being done. */
export type Harm = {
  /** Who suffers it, for people. */
  readonly target: string;
  /** Ends it, and returns when what it was done to runs again. */
  heal(): Promise<unknown>;
  /** What was not as it has to be, beside what clients saw; known once it is healed. */
  readonly complaints?: () => readonly string[];
  /** Whether it did what it was meant to, where what clients saw does not say so; known once it is healed. */
  readonly isEvident?: () => boolean;
};
