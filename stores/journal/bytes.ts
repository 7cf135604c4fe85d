/** The tag of a field with a length: text, bytes, or a message. */
export function tagOf(field: number): number {
  return (field << 3) | 2;
}

/** The tag of a field that is a number. */
export function numberTagOf(field: number): number {
  return field << 3;
}

const TWO_32 = 2 ** 32;

/** Ids that were read lately, by what their bytes come to. */
const IDS_KNOWN = 4_096;
const KNOWN_IDS: string[] = [];

/** A place in protobuf that is read field by field, without making messages of it. */
export class Bytes {
  at: number;
  readonly bytes: Buffer;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** A number of up to ten bytes, signed as int64 is; exact where it is a safe integer. */
  varint(): number {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) break;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return high * TWO_32 + (low >>> 0);
    }
    throw new Error("an entry ends within a number");
  }

  /** Where the field with a length that begins here ends. */
  end(outer: number): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > outer) throw new Error("an entry is longer than what it stands in");
    return end;
  }

  /** An id; one that was read lately is the same text again, as making it costs more than comparing. */
  id(end: number): string {
    const { bytes } = this;
    let hash = 0;
    for (let at = this.at; at < end; at++) hash = (hash * 31 + (bytes[at] ?? 0)) & (IDS_KNOWN - 1);
    const known = KNOWN_IDS[hash] ?? "";
    let same = known.length === end - this.at ? 0 : -1;
    while (same >= 0 && this.at + same < end) {
      const byte = bytes[this.at + same] ?? 0x80;
      same = byte < 0x80 && known.charCodeAt(same) === byte ? same + 1 : -1;
    }
    if (same < 0) KNOWN_IDS[hash] = bytes.toString("utf8", this.at, end);
    this.at = end;
    return KNOWN_IDS[hash] ?? "";
  }

  skip(tag: number, outer: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.at += 8;
        return;
      case 2:
        this.at = this.end(outer);
        return;
      case 5:
        this.at += 4;
        return;
      default:
        throw new Error(`an entry has a field of wire type ${tag & 7}`);
    }
  }
}
