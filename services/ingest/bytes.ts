/** Writes protobuf without making objects of what is bytes already. */
export type Writer = {
  tag(field: number, wireType: number): void;
  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void;
  bytes(bytes: Uint8Array): void;
  /** What was written. */
  finish(): Uint8Array;
};

const SIZE_FIRST = 16 * 1024;
const VARINT_MAX = 8;

/** A writer whose room grows. */
export function newWriter(): Writer {
  let room = new Uint8Array(SIZE_FIRST);
  let end = 0;

  function ensure(more: number): void {
    if (end + more <= room.length) return;
    const larger = new Uint8Array(Math.max(2 * room.length, end + more));
    larger.set(room);
    room = larger;
  }
  const writer: Writer = {
    tag: (field, wireType) => writer.varint(field * 8 + wireType),
    varint(value) {
      ensure(VARINT_MAX);
      let rest = value;
      while (rest > 0x7f) {
        // Not shifted: bits end at 32.
        room[end++] = (rest % 0x80) + 0x80;
        rest = Math.floor(rest / 0x80);
      }
      room[end++] = rest;
    },
    bytes(bytes) {
      ensure(bytes.length);
      room.set(bytes, end);
      end += bytes.length;
    },
    finish: () => room.subarray(0, end),
  };
  return writer;
}

/** The bytes that a varint takes. */
export function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}
