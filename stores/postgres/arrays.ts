/**
 * Columns of values as Postgres sends and takes arrays in binary, for `unnest`. As text, each element is
 * quoted here and parsed there, which took longer than writing the rows.
 *
 * Null and undefined stand for null. Each function's type is that of the cast in the statement, such as
 * `$2::bigint[]`; another one is refused by Postgres.
 */

/** The object ids of the element types, which no version of Postgres changes (pg_type.dat). */
const BOOLEAN = 16;
const BYTEA = 17;
const BIGINT = 20;
const INTEGER = 23;
const TEXT = 25;
const TIMESTAMPTZ = 1184;
const JSONB = 3802;

const HEADER_BYTES = 20;
const NULL_LENGTH = -1;

type Nullable<Value> = Value | null | undefined;

/** For `boolean[]`. */
export function booleans(values: readonly Nullable<boolean>[]): Buffer {
  return ofFixedSize(BOOLEAN, 1, values, (buffer, value, at) =>
    buffer.writeInt8(value ? 1 : 0, at),
  );
}

/** For `integer[]`. */
export function integers(values: readonly Nullable<number>[]): Buffer {
  return ofFixedSize(INTEGER, 4, values, (buffer, value, at) => buffer.writeInt32BE(value, at));
}

/** For `bigint[]`: safe integers. */
export function bigints(values: readonly Nullable<number>[]): Buffer {
  return ofFixedSize(BIGINT, 8, values, writeInt64);
}

/** For `timestamptz[]`: whole milliseconds since 1970. */
export function timestamps(values: readonly Nullable<number>[]): Buffer {
  return ofFixedSize(TIMESTAMPTZ, 8, values, (buffer, value, at) => {
    writeInt64(buffer, (value - MS_OF_2000) * 1_000, at);
  });
}

/** For `text[]`. */
export function texts(values: readonly Nullable<string>[]): Buffer {
  return ofAscii(TEXT, values) ?? ofBytes(TEXT, values.map(bytesOf));
}

/** For `jsonb[]`: texts of JSON. */
export function jsonbs(values: readonly Nullable<string>[]): Buffer {
  return ofBytes(
    JSONB,
    values.map((value) => bytesOf(value == null ? value : VERSION_1 + value)),
  );
}

/** For `bytea[]`. */
export function byteas(values: readonly Nullable<Uint8Array>[]): Buffer {
  return ofBytes(BYTEA, values);
}

// Postgres counts from here.
const MS_OF_2000 = Date.UTC(2000, 0, 1);

// What the binary form of jsonb begins with.
const VERSION_1 = "\x01";

const TWO_32 = 2 ** 32;

function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * TWO_32, at + 4);
}

function bytesOf(value: Nullable<string>): Nullable<Buffer> {
  return value == null ? value : Buffer.from(value, "utf8");
}

function ofFixedSize<Value>(
  type: number,
  size: number,
  values: readonly Nullable<Value>[],
  write: (buffer: Buffer, value: Value, at: number) => void,
): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * (4 + size));
  let at = writeHeader(buffer, type, values.length);
  for (const value of values) {
    if (value == null) at = buffer.writeInt32BE(NULL_LENGTH, at);
    else {
      at = buffer.writeInt32BE(size, at);
      write(buffer, value, at);
      at += size;
    }
  }
  return buffer.subarray(0, at);
}

// Ids are plain ASCII and short, and a call into Node for each would take longer than writing them.
function ofAscii(type: number, values: readonly Nullable<string>[]): Buffer | undefined {
  let length = HEADER_BYTES;
  for (const value of values) length += 4 + (value?.length ?? 0);
  const buffer = Buffer.allocUnsafe(length);
  let at = writeHeader(buffer, type, values.length);
  for (const value of values) {
    at = buffer.writeInt32BE(value?.length ?? NULL_LENGTH, at);
    if (value == null) continue;
    for (let place = 0; place < value.length; place++) {
      const code = value.charCodeAt(place);
      if (code >= 0x80) return undefined;
      buffer[at++] = code;
    }
  }
  return buffer;
}

function ofBytes(type: number, values: readonly Nullable<Uint8Array>[]): Buffer {
  let length = HEADER_BYTES;
  for (const value of values) length += 4 + (value?.length ?? 0);
  const buffer = Buffer.allocUnsafe(length);
  let at = writeHeader(buffer, type, values.length);
  for (const value of values) {
    at = buffer.writeInt32BE(value?.length ?? NULL_LENGTH, at);
    if (value == null) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

// Dimensions, whether there are nulls (Postgres looks for itself), the type, then the size and the lower
// bound of the one dimension.
function writeHeader(buffer: Buffer, type: number, count: number): number {
  let at = 0;
  for (const field of [1, 0, type, count, 1]) at = buffer.writeInt32BE(field, at);
  return at;
}
