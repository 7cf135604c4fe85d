import type { Slot } from "#domain/slots";
import { compared, type Position, positionAt } from "#runtime/positions";
import type { StoreProgress } from "./reads.ts";

/** The furthest positions that a process has answered: what is behind them is not used by it. */
export type Floors = {
  /** That of a slot; undefined before the first answer. */
  of(slot: Slot): Position | undefined;
  /** Whether an answer is not behind the floor that its read began with; the floor rises to it then. */
  keeps(slot: Slot, floor: Position | undefined, answered: StoreProgress): boolean;
};

/** Floors of a process that has answered nothing yet. */
export function answeredFloors(): Floors {
  const floors = new Map<Slot, Position>();
  return {
    of: (slot) => floors.get(slot),
    keeps(slot, floor, answered) {
      if (isBelow(answered, floor)) return false;
      // Another read may have begun later and been quicker.
      if (!isBelow(answered, floors.get(slot))) floors.set(slot, positionAt(slot, answered));
      return true;
    },
  };
}

/** Whether a store is behind a floor. What a failover lost is no floor: the journal itself went back. */
export function isBelow(progress: StoreProgress, floor: Position | undefined): boolean {
  return floor !== undefined && compared(floor, progress) === "behind";
}
