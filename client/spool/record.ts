import { crc32 } from "node:zlib";

/** One line as a spool keeps it. */
export type SpoolRecord = {
  /** Its place in the spool: 1, 2, 3 … without a gap. */
  readonly number: number;
  /** When it was accepted, in ms since 1970. */
  readonly acceptedAt: number;
  /** A number of the caller's own; 0 for none. */
  readonly mark: number;
  readonly payload: Uint8Array;
};

/** What a spool takes as one line, in bytes. */
export const PAYLOAD_BYTES_MAX = 64 * 1024;

// Little-endian: u32 CRC-32 of all that follows, u32 length of the payload, u64 number,
// u64 acceptedAt, u64 mark, payload.
const HEADER_BYTES = 32;

/** What one record takes on disk at most. */
export const RECORD_BYTES_MAX = HEADER_BYTES + PAYLOAD_BYTES_MAX;

/** How many bytes a record of this payload has. */
export function recordBytes(payload: Uint8Array): number {
  return HEADER_BYTES + payload.length;
}

/** The bytes of a record. */
export function encodeRecord({ number, acceptedAt, mark, payload }: SpoolRecord): Buffer {
  const bytes = Buffer.allocUnsafe(recordBytes(payload));
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeBigUInt64LE(BigInt(number), 8);
  bytes.writeBigUInt64LE(BigInt(acceptedAt), 16);
  bytes.writeBigUInt64LE(BigInt(mark), 24);
  bytes.set(payload, HEADER_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/**
 * The records at the beginning of `bytes`, numbered from `first`, up to the first that is cut off or
 * not sound. `end` is the offset behind the last sound one.
 */
export function decodeRecords(
  bytes: Buffer,
  first: number,
): { readonly records: SpoolRecord[]; readonly end: number } {
  const records: SpoolRecord[] = [];
  let end = 0;
  while (end + HEADER_BYTES <= bytes.length) {
    const behind = end + HEADER_BYTES + bytes.readUInt32LE(end + 4);
    if (behind > end + RECORD_BYTES_MAX || behind > bytes.length) break;
    if (crc32(bytes.subarray(end + 4, behind)) !== bytes.readUInt32LE(end)) break;
    const number = Number(bytes.readBigUInt64LE(end + 8));
    if (number !== first + records.length) break;
    records.push({
      number,
      acceptedAt: Number(bytes.readBigUInt64LE(end + 16)),
      mark: Number(bytes.readBigUInt64LE(end + 24)),
      payload: bytes.subarray(end + HEADER_BYTES, behind),
    });
    end = behind;
  }
  return { records, end };
}
