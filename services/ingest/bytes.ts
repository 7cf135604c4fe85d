/** Writes protobuf without making objects of what is bytes already. */
export type Writer = {
  tag(field: number, wireType: number): void;
  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void;
  bytes(bytes: Uint8Array): void;
  /** What was written. Throws when it is not as much as was said. */
  finish(): Uint8Array;
};

/** A writer of so many bytes: what it writes is kept for a while, and should hold on to no more. */
export function newWriter(length: number): Writer {
  const room = Buffer.allocUnsafe(length);
  let end = 0;

  const writer: Writer = {
    tag: (field, wireType) => writer.varint(field * 8 + wireType),
    varint(value) {
      let rest = value;
      while (rest > 0x7f) {
        // Not shifted: bits end at 32.
        room[end++] = (rest % 0x80) + 0x80;
        rest = Math.floor(rest / 0x80);
      }
      room[end++] = rest;
    },
    bytes(bytes) {
      room.set(bytes, end);
      end += bytes.length;
    },
    finish() {
      if (end !== length) throw new Error(`${end} bytes were written and not ${length}`);
      return room;
    },
  };
  return writer;
}

/** The bytes that a varint takes. */
export function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}
