import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { UploadOpened } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { failure, reasonOf, untilAborted } from "#runtime/rpc";
import { type Identity, type TakeOver, writeIdentity } from "./identity.ts";
import { type Change, type Disk, newChange, type Spool } from "./spool/index.ts";
import { toldBy, type UplinkEvents } from "./uplink-events.ts";
import type { Sender } from "./upload.ts";

/** The service has lines that the spool has lost. */
export class SpoolBehind extends Error {
  override readonly name = "SpoolBehind";
}

/** What a spooled upload works on. */
export type SpooledUploadOptions = {
  readonly spool: Spool;
  readonly disk: Disk;
  readonly folder: string;
  readonly identity: Identity;
  /** The clock by which lines say when they happened, in ms since 1970; undefined if that is not known. */
  readonly now: () => number | undefined;
  /** Whether lines that the service has and the spool does not are no fault. */
  readonly numbersAreGiven: boolean;
  readonly tell: <Name extends keyof UplinkEvents>(name: Name, ...args: UplinkEvents[Name]) => void;
};

/** The upload of what a spool has and gets. */
export type SpooledUpload = {
  readonly sender: Sender;
  connected(): boolean;
  epoch(): number;
  /** The last failure as a sentence; "" after something went well. */
  lastFailure(): string;
  /** Tells when more is acknowledged. */
  readonly acknowledged: Change;
  /** Lets the upload end once all that the spool has is sent. */
  close(): void;
};

/** The upload of a spool, as its identity says; what was begun of a take-over is ended first. */
export async function spooledUpload(options: SpooledUploadOptions): Promise<SpooledUpload> {
  const { spool, disk, folder, now, numbersAreGiven, tell } = options;
  let { identity } = options;
  let connected = false;
  let lastFailure = "";
  let closing = false;
  // Numbers from here on are given since the spool was opened …
  const begun = spool.nextNumber();
  // … and below this one, the first that the service expects, they were given before and are lost.
  let firstExpected: number | undefined;
  const linesAt = linesOf(spool, () => closing);
  const acknowledged = newChange();
  if (identity.takeOver !== undefined) await beginAnew(identity.takeOver);

  async function become(changed: Partial<Identity>) {
    const next = { ...identity, ...changed };
    await writeIdentity(disk, folder, next);
    identity = next;
  }

  // In an order in which each step can be done again: the numbers of the upload begin with what is the
  // first line then, once the current lines are before it.
  async function beginAnew(takeOver: TakeOver) {
    await become({ takeOver });
    await spool.restoreCurrent();
    await become({ base: spool.firstNumber() - 1 });
  }

  async function settle({ epoch, nextNumber }: UploadOpened) {
    const { base, takeOver } = identity;
    const next = Number(nextNumber) + base;
    if (takeOver === undefined && identity.epoch !== 0 && identity.epoch < epoch) {
      throw failure("UPLOAD_FENCED", "Another run has taken the game over.");
    }
    if (takeOver === undefined && identity.epoch > epoch) {
      // Its numbers may be those of a former upload of ours.
      await beginAnew({});
      throw new ConnectError(
        `the service has lost owner ${identity.epoch}: the game is taken over anew`,
        Code.Aborted,
      );
    }
    if (next < spool.firstNumber()) {
      const hole = { firstNumber: next, lastNumber: spool.firstNumber() - 1 };
      await beginAnew({
        hole: { firstNumber: next - base, lastNumber: hole.lastNumber - base },
      });
      tell("hole", hole);
      throw new ConnectError(
        `lines ${hole.firstNumber} to ${hole.lastNumber} are gone: the game is taken over anew`,
        Code.Aborted,
      );
    }
    if (takeOver !== undefined || identity.epoch === 0) {
      await become({ epoch, takeOver: undefined });
    }
  }

  const acknowledge = async (through: number) => {
    await spool.acknowledge(Math.min(through, spool.nextNumber() - 1));
    acknowledged.wake();
  };

  const sender: Sender = {
    open() {
      const { source, instance, gameId, season, takeOver } = identity;
      const nowMs = now();
      const sentTime = nowMs === undefined ? undefined : timestampFromMs(nowMs);
      const open = { source, instance, gameId, season, sentTime };
      if (takeOver === undefined) return open;
      if (takeOver.hole === undefined) return { ...open, takeOver: true };
      const { firstNumber, lastNumber } = takeOver.hole;
      const hole = { firstNumber: BigInt(firstNumber), lastNumber: BigInt(lastNumber) };
      return { ...open, takeOver: true, hole };
    },
    async opened(opened) {
      await settle(opened);
      const expected = Number(opened.nextNumber) + identity.base;
      firstExpected ??= expected;
      // What was taken and never seen to be is sent again, so that the service compares it.
      const from = Math.min(expected, spool.acknowledgedThrough() + 1);
      await acknowledge(from - 1);
      connected = true;
      lastFailure = "";
      tell("connected", { epoch: identity.epoch, nextNumber: expected });
      return from - identity.base;
    },
    async lines(wanted) {
      const lines = await linesAt({ ...wanted, from: wanted.from + identity.base });
      const last = wanted.from + identity.base + (lines?.length ?? 0) - 1;
      const isLost = last >= begun && begun < (firstExpected ?? 0);
      if (isLost && !numbersAreGiven) throw behind(begun, firstExpected ?? 0);
      return lines;
    },
    sent() {},
    async acknowledged(ack) {
      const { acked, refused } = toldBy(ack, identity.base);
      const isMore = acked.through > spool.acknowledgedThrough();
      await acknowledge(acked.through);
      tell("acked", acked);
      for (const one of refused) tell("refused", one);
      return isMore;
    },
    finished() {
      connected = false;
    },
    reconnects(failure) {
      connected = false;
      lastFailure = reasonOf(failure).message;
      tell("disconnected", { failure });
    },
  };
  return {
    sender,
    connected: () => connected,
    epoch: () => identity.epoch,
    lastFailure: () => lastFailure,
    acknowledged,
    close() {
      closing = true;
      spool.change.wake();
    },
  };
}

function behind(begun: number, expected: number): SpoolBehind {
  return new SpoolBehind(
    `The service expects number ${expected}, and the spool has lost what is from ${begun} on: ` +
      "take the game over to begin anew.",
  );
}

/** The lines of a spool as they become readable; they end when it is closing and all were given. */
function linesOf(spool: Spool, closing: () => boolean): Sender["lines"] {
  const read = spool.reader();
  return async ({ from, linesMax, bytesMax, signal, waited }) => {
    let number = from;
    while (spool.readableThrough() < number) {
      if (closing() && spool.nextNumber() <= number) return undefined;
      await untilAborted(signal, spool.change.next());
      waited();
    }
    const lines: Uint8Array[] = [];
    let bytes = 0;
    while (lines.length < linesMax) {
      const record = await read(number);
      if (record === undefined) break;
      bytes += record.payload.length;
      if (lines.length > 0 && bytes > bytesMax) break;
      lines.push(record.payload);
      number += 1;
    }
    return lines;
  };
}
