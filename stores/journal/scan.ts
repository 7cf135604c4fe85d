import type { EntryPlace } from "#domain/boxscore";
import { Bytes, numberTagOf, tagOf } from "./bytes.ts";
import type { JournalRow } from "./journal.ts";

/**
 * What of an entry is needed to keep it and to see whether it decides anything. Reading no more costs a
 * tenth of decoding it, and most of a batch are lines that a newer one of the same batch replaces.
 */
export type EntryHead = EntryPlace & {
  readonly offset: number;
  /** In ms since 1970. */
  readonly recordedAt: number;
  /** When the last play of a live line happened, in ms since 1970; undefined for what has no moment. */
  readonly happenedAt: number | undefined;
  /** Whether it is a live line that was held back once. */
  readonly released: boolean;
  /** Where in the body of its row it stands as it was recorded, a `courtside.journal.v1.Entry`. */
  readonly body: Buffer;
  readonly from: number;
  readonly until: number;
  /** Where the Line of a live line stands; both 0 where there is none, or more than one. */
  readonly lineFrom: number;
  readonly lineUntil: number;
};

/** The heads of a row's entries, in offset order. Throws when the bytes are not a row of that many. */
export function headsOf(row: JournalRow): EntryHead[] {
  const { body } = row;
  const scan = new Scan(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  const heads: EntryHead[] = [];
  const end = body.byteLength;
  while (scan.at < end) {
    const tag = scan.varint();
    if (tag !== tagOf(1)) throw new Error(`a row holds a field of tag ${tag}`);
    heads.push(scan.entry(scan.end(end), row.firstOffset + heads.length, row.recordedAt));
  }
  if (heads.length !== row.entries) {
    throw new Error(`a row of ${row.entries} entries holds ${heads.length}`);
  }
  return heads;
}

// The kinds of an entry, by the tags of their fields in entry.proto. What is released is of one of two.
const KINDS: ReadonlyMap<number, EntryPlace["kind"] | "released"> = new Map([
  [tagOf(3), "live"],
  [tagOf(4), "team"],
  [tagOf(5), "official"],
  [tagOf(6), "game"],
  [tagOf(8), "quarantined"],
  [tagOf(9), "released"],
] as const);

const GAME_ID = tagOf(1);
const CLOCK_OFFSET_MS = numberTagOf(7);

/** A number as sint64 has it, with the sign as its lowest bit. */
function fromZigzag(zigzag: number): number {
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}

/** Reads the fields that matter, in whatever order they stand, and skips the rest. */
class Scan extends Bytes {
  // What is known of the entry that is read.
  #kind: EntryPlace["kind"] | undefined;
  #subjectId = "";
  #epoch = 0;
  #number = 0;
  #isTimed = false;
  #seconds = 0;
  #nanos = 0;
  #lines = 0;
  #lineFrom = 0;
  #lineUntil = 0;

  entry(end: number, offset: number, recordedAt: number): EntryHead {
    const from = this.at;
    let gameId = "";
    let offsetMs = 0;
    let released = false;
    this.#kind = undefined;
    this.#subjectId = "";
    this.#epoch = this.#number = this.#seconds = this.#nanos = 0;
    this.#isTimed = false;
    this.#lines = this.#lineFrom = this.#lineUntil = 0;
    while (this.at < end) {
      const tag = this.varint();
      const kind = KINDS.get(tag);
      if (tag === GAME_ID) gameId = this.id(this.end(end));
      else if (tag === CLOCK_OFFSET_MS) offsetMs = fromZigzag(this.varint());
      else if (kind === undefined) this.skip(tag, end);
      else {
        released = kind === "released";
        if (kind === "released" || kind === "quarantined") this.#held(kind, this.end(end));
        else this.#placed(kind, this.end(end));
      }
    }
    const kind = this.#kind;
    if (kind === undefined) {
      throw new Error(`an entry of ${gameId} has nothing that can be folded`);
    }
    const isLive = kind === "live" || kind === "team";
    const time = this.#seconds * 1000 + Math.round(this.#nanos / 1_000_000) + offsetMs;
    // One literal: it is made for every entry, and a spread would cost more than all the rest.
    return {
      kind,
      gameId,
      subjectId: kind === "quarantined" ? "" : this.#subjectId,
      epoch: this.#epoch,
      number: this.#number,
      offset,
      recordedAt,
      happenedAt: isLive ? (this.#isTimed ? time : 0) : undefined,
      released,
      body: this.bytes,
      from,
      until: end,
      lineFrom: this.#lineFrom,
      lineUntil: this.#lineUntil,
    };
  }

  // What is or was held back says which kind of line it is.
  #held(kind: "quarantined" | "released", end: number): void {
    while (this.at < end) {
      const tag = this.varint();
      if (tag === tagOf(1)) this.#placed("live", this.end(end));
      else if (tag === tagOf(2)) this.#placed("team", this.end(end));
      else this.skip(tag, end);
    }
    if (kind === "quarantined") this.#kind = kind;
  }

  // A live line has (epoch, number, line); what is official or a fact has (revision, line or game).
  #placed(kind: EntryPlace["kind"], end: number): void {
    const isLive = kind === "live" || kind === "team";
    const numberTag = numberTagOf(isLive ? 2 : 1);
    const lineTag = tagOf(isLive ? 3 : 2);
    this.#kind = kind;
    while (this.at < end) {
      const tag = this.varint();
      if (tag === numberTag) this.#number = this.varint();
      else if (isLive && tag === numberTagOf(1)) this.#epoch = this.varint();
      else if (tag === lineTag && kind !== "game") this.#line(kind, this.end(end));
      else this.skip(tag, end);
    }
  }

  // All lines begin with whose they are; then comes the time, behind the team in a player's line.
  #line(kind: EntryPlace["kind"], end: number): void {
    this.#lines += 1;
    this.#lineFrom = this.#lines === 1 ? this.at : 0;
    this.#lineUntil = this.#lines === 1 ? end : 0;
    const timeTag = kind === "live" ? tagOf(3) : kind === "team" ? tagOf(2) : undefined;
    while (this.at < end) {
      const tag = this.varint();
      if (tag === tagOf(1)) this.#subjectId = this.id(this.end(end));
      else if (tag === timeTag) this.#time(this.end(end));
      else this.skip(tag, end);
    }
  }

  #time(end: number): void {
    this.#isTimed = true;
    while (this.at < end) {
      const tag = this.varint();
      if (tag === numberTagOf(1)) this.#seconds = this.varint();
      else if (tag === numberTagOf(2)) this.#nanos = this.varint();
      else this.skip(tag, end);
    }
  }
}
