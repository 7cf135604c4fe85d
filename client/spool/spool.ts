import { join } from "node:path";
import type { Change } from "./change.ts";
import { DISK, type Disk } from "./disk.ts";
import { type ReadRecord, readerOf } from "./reader.ts";
import { encodeRecord, PAYLOAD_BYTES_MAX, recordBytes } from "./record.ts";
import {
  behind,
  findSegments,
  readCurrent,
  restoreCurrent,
  type Segment,
  writeCurrent,
} from "./segments.ts";
import { openWriter, SpoolFull, type Sync } from "./writer.ts";

/** Where a spool is, and what it may take. */
export type SpoolOptions = {
  /** A folder of its own; made if there is none. */
  readonly folder: string;
  /** What lines that are not acknowledged may take on disk, in bytes. Default 64 MiB. */
  readonly bytesMax?: number;
  /** What acknowledged lines are kept beside them, should they be asked for again. Default 8 MiB. */
  readonly keepAckedBytes?: number;
  /** A file of so many bytes is followed by another. Default 1 MiB. */
  readonly segmentBytes?: number;
  /** When a line is made durable. Default "always". */
  readonly sync?: Sync;
  /** With "interval": how often, in ms. Default 50. */
  readonly syncEveryMs?: number;
  /**
   * Whose line a payload is. The newest of each key outlives the trim of the others: `restoreCurrent`
   * brings them back. Absent: none does.
   */
  readonly keyOf?: (payload: Uint8Array) => string;
  /** In ms since 1970. */
  readonly now?: () => number;
  readonly disk?: Disk;
};

/** What a spool holds at a moment. */
export type SpoolGauges = {
  /** All that it takes on disk, in bytes. */
  readonly bytes: number;
  /** Lines that are not acknowledged. */
  readonly lines: number;
  /** How long the oldest of them has been there, in ms; 0 without any. */
  readonly oldestMs: number;
};

/**
 * Numbered records on disk, which outlive this process. Records that were acknowledged are trimmed from
 * the front; those that were not are never dropped.
 */
export type Spool = {
  /** The lowest number that is there; nextNumber() when none is. */
  firstNumber(): number;
  /** The number that the next record gets. */
  nextNumber(): number;
  /** The highest mark of the records that were there when it was opened; 0 without any. */
  readonly highestMark: number;
  /** The bytes of a torn tail that were cut off when it was opened: records whose `append` never returned. */
  readonly cutBytes: number;
  /**
   * Adds a record and resolves with its number once it is as durable as the policy says. The number is
   * reserved at once, so that calls in one turn are in order and share a write.
   *
   * Rejects with SpoolFull when there is no room, with RangeError on a payload above 64 KiB, and with
   * what the disk said; after a failed sync all calls do until the spool is opened anew.
   */
  append(payload: Uint8Array, mark?: number): Promise<number>;
  /** At most so many payloads from a number on; none if that one has gone. */
  kept(from: number, recordsMax: number): Promise<Uint8Array[]>;
  /** A reader of its own of what may be sent, and is not acknowledged meanwhile. */
  reader(): ReadRecord;
  /** The highest number that may be sent. */
  readableThrough(): number;
  /** Tells when `readableThrough` has changed. Others may wake those who wait, too. */
  readonly change: Change;
  /** All up to this number is safe elsewhere: it may be trimmed. A lower number than before is taken. */
  acknowledge(through: number): Promise<void>;
  acknowledgedThrough(): number;
  /** Trims all that is acknowledged. */
  trimAll(): Promise<void>;
  /**
   * Puts the newest record of each key among those that were trimmed before the first that is there,
   * numbered so that they end right before it. Does nothing a second time, until more is trimmed.
   */
  restoreCurrent(): Promise<void>;
  gauges(): Promise<SpoolGauges>;
  /** Writes what waits, and lets go of the folder. */
  close(): Promise<void>;
};

const MIB = 1024 * 1024;
const BYTES_MAX_DEFAULT = 64 * MIB;
const KEEP_ACKED_BYTES_DEFAULT = 8 * MIB;
const SEGMENT_BYTES_DEFAULT = MIB;
const SYNC_EVERY_MS_DEFAULT = 50;
const NOTE_ACKED_EVERY_MS = 1_000;

/**
 * Opens the spool in a folder, and reads all of it to see that it is sound.
 *
 * Throws SpoolInUse while another one has it open, and SpoolCorrupt when a record was damaged that is
 * not in the last segment: there a damaged record is taken for the torn tail of a crash, and cut.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, disk = DISK } = options;
  await disk.makeFolder(folder);
  const release = await disk.lock(folder);
  try {
    return await spoolIn({ ...options, disk }, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function spoolIn(
  options: SpoolOptions & { readonly disk: Disk },
  release: () => Promise<void>,
): Promise<Spool> {
  const { disk, folder, keyOf, now = Date.now, bytesMax = BYTES_MAX_DEFAULT } = options;
  const { keepAckedBytes = KEEP_ACKED_BYTES_DEFAULT } = options;
  let highestMark = 0;
  const { segments, cutBytes } = await findSegments(disk, folder, ({ mark }) => {
    highestMark = Math.max(highestMark, mark);
  });
  const first = () => segments[0]?.first ?? 1;
  let next = segments.reduce((_, segment) => behind(segment), 1);
  // Of records that are being written as well.
  let waitingBytes = 0;
  let acked = clamp(await readNumber(disk, ackedIn(folder)), first() - 1, next - 1);
  let ackedNoted = acked;
  let ackedNotedAt = now();
  let turn: Promise<void> = Promise.resolve();
  const writer = await openWriter({
    ...{ disk, folder, segments },
    segmentBytes: options.segmentBytes ?? SEGMENT_BYTES_DEFAULT,
    sync: options.sync ?? "always",
    syncEveryMs: options.syncEveryMs ?? SYNC_EVERY_MS_DEFAULT,
    onFailure(number) {
      next = number;
    },
  });

  const unackedBytes = () =>
    segments.reduce((sum, one) => (behind(one) - 1 > acked ? sum + one.bytes : sum), waitingBytes);

  async function noteAcked() {
    if (acked === ackedNoted) return;
    ackedNoted = acked;
    ackedNotedAt = now();
    await disk.replaceFile(ackedIn(folder), Buffer.from(String(acked)));
  }

  /** Trims acknowledged segments until those that stay have so many bytes, one after the other. */
  async function trim(keepBytes: number) {
    const ended = segments.slice(0, -1).filter((one) => behind(one) - 1 <= acked);
    let bytes = ended.reduce((sum, one) => sum + one.bytes, 0);
    const victims: Segment[] = [];
    for (const segment of ended) {
      if (bytes <= keepBytes) break;
      bytes -= segment.bytes;
      victims.push(segment);
    }
    const last = victims.at(-1);
    if (last === undefined) return;
    await noteAcked();
    if (keyOf !== undefined) await keepNewest(victims, behind(last), keyOf);
    for (const { path } of victims) {
      await disk.remove(path);
      segments.shift();
    }
  }

  async function keepNewest(
    victims: readonly Segment[],
    below: number,
    keyOf: (payload: Uint8Array) => string,
  ) {
    const records = await readCurrent(disk, folder);
    const read = readerOf(disk, victims, () => below - 1);
    for (let number = victims[0]?.first ?? below; number < below; number += 1) {
      const record = await read(number);
      if (record !== undefined) records.push(record);
    }
    await writeCurrent(disk, folder, records, keyOf, below);
  }

  /** One at a time: each changes or needs which segments there are. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = turn.then(work);
    turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  async function kept(from: number, recordsMax: number): Promise<Uint8Array[]> {
    const payloads: Uint8Array[] = [];
    if (from < first()) return payloads;
    const read = readerOf(disk, segments, writer.readableThrough);
    while (payloads.length < recordsMax) {
      const record = await read(from + payloads.length);
      if (record === undefined) break;
      payloads.push(record.payload);
    }
    return payloads;
  }

  async function gauges(): Promise<SpoolGauges> {
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, waitingBytes);
    const oldest = Math.max(acked + 1, first());
    const record = await readerOf(disk, segments, writer.readableThrough)(oldest);
    const oldestMs = record === undefined ? 0 : Math.max(0, now() - record.acceptedAt);
    return { bytes, lines: next - oldest, oldestMs };
  }

  return {
    firstNumber: first,
    nextNumber: () => next,
    highestMark,
    cutBytes,
    async append(payload, mark = 0) {
      if (payload.length > PAYLOAD_BYTES_MAX) {
        throw new RangeError(
          `A line has ${payload.length} bytes, and may have ${PAYLOAD_BYTES_MAX}.`,
        );
      }
      const bytes = recordBytes(payload);
      if (unackedBytes() + bytes > bytesMax) {
        throw new SpoolFull(`The spool holds ${bytesMax} bytes that are not acknowledged.`);
      }
      const number = next;
      next += 1;
      waitingBytes += bytes;
      try {
        await writer.write(encodeRecord({ number, acceptedAt: now(), mark, payload }), number);
      } finally {
        waitingBytes -= bytes;
      }
      return number;
    },
    kept: (from, recordsMax) => inTurn(() => kept(from, recordsMax)),
    reader: () => readerOf(disk, segments, writer.readableThrough),
    readableThrough: writer.readableThrough,
    change: writer.change,
    acknowledge(through) {
      acked = through;
      return inTurn(async () => {
        await trim(keepAckedBytes);
        if (now() - ackedNotedAt >= NOTE_ACKED_EVERY_MS) await noteAcked();
      });
    },
    acknowledgedThrough: () => acked,
    trimAll: () =>
      inTurn(async () => {
        if (acked === next - 1) await writer.roll();
        await trim(0);
      }),
    restoreCurrent: () =>
      inTurn(async () => {
        const restored = await restoreCurrent(disk, folder);
        if (restored !== undefined) segments.unshift(restored);
      }),
    gauges: () => inTurn(gauges),
    async close() {
      await turn;
      try {
        await writer.close();
        await noteAcked();
      } finally {
        await release();
      }
    },
  };
}

function ackedIn(folder: string): string {
  return join(folder, "acked");
}

// A hint alone: whoever is asked at the next connection knows better.
async function readNumber(disk: Disk, path: string): Promise<number> {
  return Number((await disk.readFile(path))?.toString() ?? 0) || 0;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
