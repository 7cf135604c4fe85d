import { join } from "node:path";
import type { Disk } from "./disk.ts";
import { decodeRecords, encodeRecord, type SpoolRecord } from "./record.ts";

/** A file of consecutive records. */
export type Segment = {
  readonly path: string;
  /** The number of its first record, or that the first will have. */
  readonly first: number;
  count: number;
  bytes: number;
};

/** A record that was accepted cannot be read: the message names file and place. */
export class SpoolCorrupt extends Error {
  override readonly name = "SpoolCorrupt";
}

/** What a folder was found to hold. */
export type Found = {
  /** In order, each beginning where the one before it ends; at least one. */
  readonly segments: Segment[];
  /** The bytes of a torn tail that were cut off. */
  readonly cutBytes: number;
};

// The newest record of each key among those that are not there any more, with the numbers right before
// those that are.
const CURRENT = "current";

/** The segment of a folder that begins with this number, as yet empty. */
export function segmentAt(folder: string, first: number): Segment {
  const path = join(folder, `${String(first).padStart(16, "0")}.seg`);
  return { path, first, count: 0, bytes: 0 };
}

/** The number behind a segment's last record. */
export function behind({ first, count }: Segment): number {
  return first + count;
}

/**
 * The segments of a folder, all of them read and found sound. What a crash has left is put right: the
 * torn tail of the last segment is cut, and a trim that was begun is ended.
 *
 * Throws SpoolCorrupt on a bad record before the last segment, and on a gap.
 */
export async function findSegments(
  disk: Disk,
  folder: string,
  onRecord: (record: SpoolRecord) => void,
): Promise<Found> {
  const names = await disk.names(folder);
  const firsts = names.flatMap((name) => {
    const [, digits] = /^(\d{16})\.seg$/.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  const trimmedBelow = behindLast(await readCurrent(disk, folder));
  for (const first of firsts.filter((first) => first < trimmedBelow)) {
    await disk.remove(segmentAt(folder, first).path);
  }
  const kept = firsts.filter((first) => first >= trimmedBelow).sort((a, b) => a - b);
  if (kept.length === 0) kept.push(Math.max(1, trimmedBelow));

  const segments: Segment[] = [];
  let cutBytes = 0;
  for (const [at, first] of kept.entries()) {
    const segment = segmentAt(folder, first);
    const bytes = (await disk.readFile(segment.path)) ?? Buffer.alloc(0);
    const { records, end } = decodeRecords(bytes, first);
    const next = kept[at + 1];
    if (next !== undefined && (end < bytes.length || first + records.length !== next)) {
      throw corrupt(segment, first + records.length, end);
    }
    if (end < bytes.length) {
      cutBytes = bytes.length - end;
      await cut(disk, segment, end);
    }
    for (const record of records) onRecord(record);
    segments.push({ ...segment, count: records.length, bytes: end });
  }
  return { segments, cutBytes };
}

/** The failure of a record that is not sound. */
export function corrupt({ path }: Segment, number: number, offset: number): SpoolCorrupt {
  return new SpoolCorrupt(`${path} is damaged: record ${number} at byte ${offset} is not sound.`);
}

/** The current records of what has been trimmed, ascending; none if nothing was. */
export async function readCurrent(disk: Disk, folder: string): Promise<SpoolRecord[]> {
  const path = join(folder, CURRENT);
  const bytes = await disk.readFile(path);
  if (bytes === undefined || bytes.length === 0) return [];
  // The number of the first record stands in it.
  const first = bytes.length >= 16 ? Number(bytes.readBigUInt64LE(8)) : 0;
  const { records, end } = decodeRecords(bytes, first);
  if (end < bytes.length) throw new SpoolCorrupt(`${path} is damaged at byte ${end}.`);
  return records;
}

/** Keeps the newest record of each key among these, ascending, with the numbers up to `below`. */
export async function writeCurrent(
  disk: Disk,
  folder: string,
  records: Iterable<SpoolRecord>,
  keyOf: (payload: Uint8Array) => string,
  below: number,
): Promise<void> {
  const newest = new Map<string, SpoolRecord>();
  for (const record of records) newest.set(keyOf(record.payload), record);
  const renumbered = [...newest.values()].map((record, at) =>
    encodeRecord({ ...record, number: below - newest.size + at }),
  );
  await disk.replaceFile(join(folder, CURRENT), Buffer.concat(renumbered));
}

/** Makes the current records a segment of their own, before those that are there. */
export async function restoreCurrent(disk: Disk, folder: string): Promise<Segment | undefined> {
  const records = await readCurrent(disk, folder);
  const [first] = records;
  if (first === undefined) return undefined;
  const segment = segmentAt(folder, first.number);
  await disk.rename(join(folder, CURRENT), segment.path);
  const bytes = records.reduce((sum, record) => sum + encodeRecord(record).length, 0);
  return { ...segment, count: records.length, bytes };
}

function behindLast(records: readonly SpoolRecord[]): number {
  return (records.at(-1)?.number ?? 0) + 1;
}

async function cut(disk: Disk, { path }: Segment, length: number): Promise<void> {
  const file = await disk.open(path);
  try {
    await file.cut(length);
  } finally {
    await file.close();
  }
}
