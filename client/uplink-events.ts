import {
  type Durability,
  LineOutcome,
  type UploadAck,
  type Violation,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { Hole } from "./identity.ts";

/** What an uplink tells. Numbers are those that `send` gave. */
export type UplinkEvents = {
  /** Lines are durable at the service. */
  acked: [Acked];
  /** A line was taken and does not count: it broke a rule. */
  refused: [Refused];
  /** A connection is open; which owner of the game this is, and the number that is expected next. */
  connected: [{ readonly epoch: number; readonly nextNumber: number }];
  /** A connection broke, or could not be opened. It is tried again. */
  disconnected: [{ readonly failure: unknown }];
  /** The service has lost lines that the spool does not have any more: the game is taken over anew. */
  hole: [Hole];
  /**
   * The service refuses the upload, or the disk has failed: then the uplink is to be closed and opened
   * anew. What is not acknowledged stays in the spool.
   */
  stopped: [{ readonly failure: unknown }];
};

/** Lines that are durable at the service. */
export type Acked = {
  /** All lines up to this one are durable. */
  readonly through: number;
  /** And all up to this one are seen by readers, as far as is known. */
  readonly appliedThrough: number;
  /** A read that names it sees all of these lines; empty from a relay. */
  readonly position: string;
  readonly durability: Durability;
  /** Lines since the last ack of which an official line decides the counting statistics. */
  readonly superseded: readonly number[];
};

/** A line that does not count. */
export type Refused = {
  readonly number: number;
  readonly outcome: LineOutcome;
  /** The rules that it breaks. */
  readonly violations: readonly Pick<Violation, "field" | "description">[];
};

/** What an ack tells, in numbers that are `base` above those of the upload. */
export function toldBy(
  { through, appliedThrough, position, durability, results }: UploadAck,
  base: number,
): { readonly acked: Acked; readonly refused: readonly Refused[] } {
  const told = results.map(({ number, outcome, violations }) => {
    return { number: Number(number) + base, outcome, violations };
  });
  const isSuperseded = ({ outcome }: Refused) => outcome === LineOutcome.SUPERSEDED;
  return {
    acked: {
      through: Number(through) + base,
      appliedThrough: Number(appliedThrough) + base,
      ...{ position, durability },
      superseded: told.filter(isSuperseded).map(({ number }) => number),
    },
    // What was sent twice counts once.
    refused: told.filter((one) => !isSuperseded(one) && one.outcome !== LineOutcome.DUPLICATE),
  };
}
