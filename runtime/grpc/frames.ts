import { Code, ConnectError } from "@connectrpc/connect";

/** A message as gRPC sends it: the bytes of one, compressed or not. */
export type Frame = { readonly isCompressed: boolean; readonly bytes: Buffer };

// A byte of flags, of which the lowest says "compressed", and four of the message's length
// (gRPC over HTTP/2, Length-Prefixed-Message).
const HEAD_BYTES = 5;
const COMPRESSED = 1;

/** Takes a body of gRPC apart. The bytes of a frame are those of the chunks: nothing is copied but where it must. */
export class Frames {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #wanted = HEAD_BYTES;

  /** Of messages of at most so many bytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether no frame is begun. */
  get isWhole(): boolean {
    return this.#size === 0;
  }

  /**
   * Gives every frame that is complete with `chunk`. Throws INVALID_ARGUMENT for what is no frame, and
   * RESOURCE_EXHAUSTED for a message that claims to be too large, whatever of it is there.
   */
  take(chunk: Buffer, give: (frame: Frame) => void): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#wanted = HEAD_BYTES;
    while (rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#lengthOf(rest);
      if (rest.length < end) {
        this.#wanted = end;
        break;
      }
      give({ isCompressed: rest[0] === COMPRESSED, bytes: rest.subarray(HEAD_BYTES, end) });
      rest = rest.subarray(end);
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
  }

  #lengthOf(head: Buffer): number {
    const flags = head.readUInt8(0);
    if (flags > COMPRESSED) {
      throw new ConnectError(`a message has the unknown flags ${flags}`, Code.InvalidArgument);
    }
    const length = head.readUInt32BE(1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    return length;
  }
}

/**
 * A message in its frame, which is never compressed: the parts of the one in those of the other, of which only
 * the first is copied. Throws RESOURCE_EXHAUSTED when it is too large.
 */
export function framed(
  [first = new Uint8Array(), ...more]: readonly Uint8Array[],
  maxBytes: number,
): Uint8Array[] {
  const length = more.reduce((sum, part) => sum + part.length, first.length);
  if (length > maxBytes) throw tooLarge(length, maxBytes);
  const head = Buffer.allocUnsafe(HEAD_BYTES + first.length);
  head.writeUInt8(0);
  head.writeUInt32BE(length, 1);
  head.set(first, HEAD_BYTES);
  return [head, ...more];
}

function tooLarge(bytes: number, maxBytes: number): ConnectError {
  const message = `a message of ${bytes} bytes is larger than the ${maxBytes} that are allowed`;
  return new ConnectError(message, Code.ResourceExhausted);
}
