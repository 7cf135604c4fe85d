import type { Disk } from "./disk.ts";
import { decodeRecords, RECORD_BYTES_MAX, type SpoolRecord } from "./record.ts";
import { behind, corrupt, type Segment } from "./segments.ts";

/**
 * Gives the record of a number, and undefined behind the last that may be read. Cheap where the numbers
 * rise; one call at a time. Throws SpoolCorrupt, and RangeError below the first.
 */
export type ReadRecord = (number: number) => Promise<SpoolRecord | undefined>;

const CHUNK_BYTES = 2 * RECORD_BYTES_MAX;

/** Reads in these segments as they are at each call, up to the number that `through` says. */
export function readerOf(
  disk: Disk,
  segments: readonly Segment[],
  through: () => number,
): ReadRecord {
  let segment: Segment | undefined;
  // Records from `next` on, read ahead; what follows them begins at `offset`.
  let ahead: SpoolRecord[] = [];
  let next = 0;
  let offset = 0;

  function goTo(from: number): Segment {
    const holder = segments.find((one) => one.first <= from && from < behind(one));
    if (holder === undefined) throw new RangeError(`record ${from} is not in the spool`);
    ahead = [];
    next = holder.first;
    offset = 0;
    return holder;
  }

  async function readOn(from: Segment) {
    const length = Math.min(CHUNK_BYTES, from.bytes - offset);
    const bytes = await disk.readPart(from.path, offset, length);
    const { records, end } = decodeRecords(bytes, next);
    if (records.length === 0) throw corrupt(from, next, offset);
    offset += end;
    ahead = records;
  }

  return async (number) => {
    if (number > through()) return undefined;
    if (segment === undefined || number < next || number >= behind(segment)) segment = goTo(number);
    for (;;) {
      const record = ahead.shift();
      if (record === undefined) {
        await readOn(segment);
        continue;
      }
      next = record.number + 1;
      if (record.number === number) return record;
    }
  };
}
