import { Code, ConnectError } from "@connectrpc/connect";
import {
  LineOutcome,
  type UploadAck,
  type UploadOpened,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { failure } from "#runtime/rpc";

/** What has become of an upload's lines. */
export type UploadProgress = {
  /** Lines that were sent, each counted once however often it was. */
  readonly sent: number;
  /** Lines that had been taken before: not sent, or answered so. */
  readonly duplicates: number;
  /**
   * Lines that were taken while an official line decides. Those whose answer was lost with its
   * connection are not in it.
   */
  readonly superseded: number;
  /** Lines that broke a rule: they are durable and count nowhere. */
  readonly heldBack: number;
  /** Lines that are durable. */
  readonly durable: number;
  /** How often the connection had to be opened again. */
  readonly reconnects: number;
  /** Which owner of the game this upload is, from 1; 0 until the service said so. */
  readonly epoch: number;
};

const HELD_BACK: readonly LineOutcome[] = [LineOutcome.INVALID, LineOutcome.QUARANTINED];

/** Counts what becomes of the lines of one upload, over all its connections. */
export type Tally = {
  progress(): UploadProgress;
  hasOpened(): boolean;
  /** Throws UPLOAD_FENCED if the game has got another owner since it was opened first. */
  opened(opened: UploadOpened): void;
  /** All lines up to this number have been sent. */
  sentThrough(number: number): void;
  /** True if more is durable than before. Throws on a line that was not taken. */
  acknowledged(ack: UploadAck): boolean;
  finished(): void;
  reconnects(): void;
};

/** The tally of an upload of so many lines. */
export function newTally(lines: number): Tally {
  // Numbers up to `before` were durable when the upload began.
  let before = 0;
  let sentThrough = 0;
  let durable = 0;
  let resultsThrough = 0;
  let duplicates = 0;
  let superseded = 0;
  let heldBack = 0;
  let reconnects = 0;
  let epoch = 0;
  return {
    progress: () => ({
      sent: Math.max(0, sentThrough - before),
      duplicates: before + duplicates,
      superseded,
      heldBack,
      durable,
      reconnects,
      epoch,
    }),
    hasOpened: () => epoch > 0,
    opened(opened) {
      const through = Math.min(Number(opened.nextNumber) - 1, lines);
      if (epoch === 0) before = through;
      else if (opened.epoch !== epoch) {
        throw failure("UPLOAD_FENCED", "Another run has taken the game over.");
      }
      epoch = opened.epoch;
      durable = through;
      resultsThrough = Math.max(resultsThrough, through);
    },
    sentThrough(number) {
      sentThrough = Math.max(sentThrough, number);
    },
    acknowledged({ through, results }) {
      for (const { number, outcome } of results) {
        // Lines that a service lost and was sent again are not counted twice.
        if (number <= resultsThrough) continue;
        if (outcome === LineOutcome.DUPLICATE) duplicates += 1;
        else if (outcome === LineOutcome.SUPERSEDED) superseded += 1;
        else if (HELD_BACK.includes(outcome)) heldBack += 1;
        else throw notTaken(number, outcome);
      }
      resultsThrough = Math.max(resultsThrough, Number(through));
      const more = Number(through) > durable;
      durable = Number(through);
      return more;
    },
    finished() {
      durable = lines;
    },
    reconnects() {
      reconnects += 1;
    },
  };
}

function notTaken(number: bigint, outcome: number): ConnectError {
  const message = `Line ${number} was not taken: outcome ${outcome}, which this client does not know.`;
  return new ConnectError(message, Code.FailedPrecondition);
}
