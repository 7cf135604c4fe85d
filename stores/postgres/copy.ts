import pg from "pg";

/** What Postgres sends for `copy … from stdin`, and what is sent to it then. */
type CopyConnection = { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void };

/** A statement that rows are sent behind. */
class CopyIn extends pg.Query {
  readonly #rows: Buffer;

  constructor(text: string, rows: Buffer, callback: (error: Error | null) => void) {
    super({ text } as pg.QueryConfig);
    this.#rows = rows;
    // As node-postgres gives its own queries one.
    Object.assign(this, { callback });
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#rows);
    connection.endCopyFrom();
  }
}

/**
 * Sends rows into a table: `text` is `copy <table> (<columns>) from stdin (format binary)`. All of them or
 * none. Half the work for Postgres that an insert of the same rows is; there is no `on conflict`.
 */
export async function copyIn(client: pg.PoolClient, text: string, rows: CopyRows): Promise<void> {
  const sent = Promise.withResolvers<void>();
  const callback = (error: Error | null) => (error ? sent.reject(error) : sent.resolve());
  client.query(new CopyIn(text, rows.finish(), callback));
  await sent.promise;
  rows.release();
}

// https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a signature, flags, the length
// of an extension. The end is a row of −1 fields.
const HEADER = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);
const END_FIELDS = -1;
const NULL_LENGTH = -1;
const BYTES_AT_FIRST = 64 * 1024;

/** Room that was released, to be used again: it would be garbage as large as all that is copied. */
let spare: Buffer | undefined;
const SPARE_BYTES_MAX = 4 * 1024 * 1024;

const MS_OF_2000 = Date.UTC(2000, 0, 1);
const TWO_32 = 2 ** 32;

/** Rows in the binary form of COPY: `row`, then its fields in order, and `finish` once. */
export class CopyRows {
  #buffer: Buffer;
  #at: number;

  constructor() {
    this.#buffer = spare ?? Buffer.allocUnsafe(BYTES_AT_FIRST);
    spare = undefined;
    this.#at = HEADER.copy(this.#buffer);
  }

  row(fields: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(fields, this.#at);
  }

  null(): void {
    this.#length(NULL_LENGTH, 0);
  }

  /** For `text`. */
  text(value: string): void {
    // As many bytes as it may have; most texts are ids, which are plain ASCII.
    const from = this.#at + 4;
    this.#length(value.length, 3 * value.length);
    const buffer = this.#buffer;
    for (let place = 0; place < value.length; place++) {
      const code = value.charCodeAt(place);
      if (code >= 0x80) {
        const bytes = buffer.write(value, from, "utf8");
        buffer.writeInt32BE(bytes, from - 4);
        this.#at = from + bytes;
        return;
      }
      buffer[this.#at++] = code;
    }
  }

  /** For `bigint`: a safe integer. */
  bigint(value: number): void {
    this.#length(8, 8);
    const high = Math.floor(value / TWO_32);
    this.#at = this.#buffer.writeInt32BE(high, this.#at);
    this.#at = this.#buffer.writeUInt32BE(value - high * TWO_32, this.#at);
  }

  /** For `timestamptz`: whole milliseconds since 1970. */
  timestamp(value: number): void {
    this.bigint((value - MS_OF_2000) * 1_000);
  }

  /** For `bytea`: a part of some bytes. */
  bytes(from: Buffer, start: number, end: number): void {
    this.#length(end - start, end - start);
    this.#at += from.copy(this.#buffer, this.#at, start, end);
  }

  finish(): Buffer {
    this.row(END_FIELDS);
    return this.#buffer.subarray(0, this.#at);
  }

  /** Gives the room back: nobody may use what was finished any more. */
  release(): void {
    if (this.#buffer.length <= SPARE_BYTES_MAX) spare = this.#buffer;
  }

  #length(length: number, bytesMax: number): void {
    this.#reserve(4 + bytesMax);
    this.#at = this.#buffer.writeInt32BE(length, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
