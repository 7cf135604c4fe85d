import type { Slot } from "#domain/slots";

/**
 * One durable ordered log a slot. What it has acknowledged it keeps, and gives back in order, without
 * a gap.
 *
 * Offsets are safe integers from 0. Every call throws `Outage` when the store gave no answer; an append
 * may then have happened or not, and is repeated with the same numbers.
 */
export type Journal = {
  /** The journal's own name: 16 random bytes, as hex. A position of another journal means nothing here. */
  id(): Promise<string>;

  /** Says which epoch and number the owner of a game goes on with; makes an unowned game its own. */
  open(request: OpenRequest): Promise<OpenVerdict>;

  /**
   * Appends each item whole or not at all, and says which. A refused item touches no other. Items of
   * one slot get consecutive offsets, those of one game in the order given. What is answered is
   * durable: also a `duplicate` is an answer of "I have it".
   */
  append(items: ItemsToAppend): Promise<AppendVerdict[]>;

  /**
   * Appends the entry by which a line that was held back counts from now on; the line is released once,
   * and a repetition is a `duplicate`.
   */
  release(request: ReleaseRequest): Promise<ReleaseVerdict>;

  /**
   * Commits a mark and nothing else: what was in the log before is as durable as an append now, and
   * `replicated` says whether a standby has it. Waits `waitMs` at most for that standby.
   */
  fence(waitMs: number): Promise<{ readonly replicated: boolean }>;

  /**
   * The rows after a cursor, in order and without a gap, up to about `entriesMax` entries: at least one
   * row if there is any. Throws {@link CursorLost} when the cursor is not a place in this log, and
   * {@link RowCorrupt} when a row is not what was written.
   */
  read(slot: Slot, after: Cursor, entriesMax: number): Promise<JournalRow[]>;

  /** The slot that a game belongs to since its first entry, if it has one. */
  slotOfGame(league: string, gameId: string): Promise<Slot | undefined>;

  /** The players of a game whose counting statistics an official line decides. */
  officialPlayers(league: string, gameId: string): Promise<Set<string>>;

  /** The end of every log. */
  heads(): Promise<Map<Slot, Head>>;

  /** Where each term of a log begins, lowest first. */
  terms(slot: Slot): Promise<Term[]>;

  /**
   * Calls `wake` soon after logs have grown, naming them where that is known (undefined: any may have).
   * Wakes may be lost with the connection: a reader also asks for the heads now and then.
   */
  watch(wake: (slots: readonly Slot[] | undefined) => void): Promise<{ stop(): Promise<void> }>;

  /** Calls `tell` soon after a game was taken over by a new owner, here or through another process. */
  watchOwners(tell: (owner: NewOwner) => void): Promise<{ stop(): Promise<void> }>;

  /** Makes room for the rows of the coming days. To be called at start and each hour. */
  prepare(): Promise<void>;
};

/** Items, or who is asked for them when the commit that they go with begins: they may gather until then. */
export type ItemsToAppend = readonly AppendItem[] | (() => readonly AppendItem[]);

/** How far a reader has come in a log: everything before `endOffset`, which hashes to `digest`. */
export type Cursor = {
  readonly endOffset: number;
  /** The digest of the row that ends there, as hex; empty at the beginning. */
  readonly digest: string;
};

/** What a row holds at most. */
export const ENTRIES_PER_ROW_MAX = 500;

/** The place before the first entry of any log. */
export const BEGINNING: Cursor = { endOffset: 0, digest: "" };

/** The end of a log. */
export type Head = Cursor & {
  readonly term: number;
  /** When its last row was recorded, in ms since 1970. */
  readonly recordedAt: number;
};

/** A term and the offset of its first entry. */
export type Term = { readonly term: number; readonly firstOffset: number };

/** 1 to 500 entries with consecutive offsets. */
export type JournalRow = {
  readonly firstOffset: number;
  readonly entries: number;
  /** In ms since 1970; never less than that of the row before. */
  readonly recordedAt: number;
  readonly term: number;
  /** As hex: of the former row's digest and this body. */
  readonly digest: string;
  /** A `courtside.journal.v1.Row`. */
  readonly body: Uint8Array;
};

/** A request to own a game. */
export type OpenRequest = {
  readonly league: string;
  readonly gameId: string;
  readonly slot: Slot;
  readonly source: string;
  readonly instance: string;
  /** Become the owner whoever it is now, in a new epoch. */
  readonly takeOver: boolean;
};

/** A game that was taken over, and the epoch since when it is. */
export type NewOwner = { readonly league: string; readonly gameId: string; readonly epoch: number };

/** Names a line to be released, and the entry that does it. */
export type ReleaseRequest = {
  readonly league: string;
  readonly gameId: string;
  readonly slot: Slot;
  readonly epoch: number;
  readonly number: number;
  /** The encoded entry: a `courtside.journal.v1.Row` of one. */
  readonly body: Uint8Array;
};

/** What became of a release. */
export type ReleaseVerdict = Pick<AppendVerdict, "end" | "replicated"> & {
  readonly verdict: "appended" | "duplicate";
};

/** Whether the game is the caller's. */
export type OpenVerdict =
  | {
      readonly verdict: "open";
      readonly epoch: number;
      readonly nextNumber: number;
      /** What is in the log by now. */
      readonly end: End;
      /** Whether a standby has all of that too. */
      readonly replicated: boolean;
    }
  | { readonly verdict: "not_owner"; readonly owner: string }
  | { readonly verdict: "wrong_slot"; readonly slot: Slot };

/** A place in a log, as positions name it. */
export type End = { readonly slot: Slot; readonly endOffset: number; readonly term: number };

/** Entries of one game, and what must hold for them to be taken. */
export type AppendItem = {
  readonly slot: Slot;
  readonly league: string;
  readonly gameId: string;
  /** Encoded entries: a `courtside.journal.v1.Row`. */
  readonly body: Uint8Array;
  /** How many entries that are, 1 to 500. */
  readonly entries: number;
} & (
  | {
      /** Numbered from `number` on: taken when that is the next number of the epoch. */
      readonly kind: "lines";
      readonly epoch: number;
      readonly number: number;
    }
  | {
      /** All of one number: taken when that is not below the next number of the epoch. */
      readonly kind: "record";
      readonly epoch: number;
      readonly number: number;
    }
  | {
      /** Facts of the game: taken when the revision is above the last. */
      readonly kind: "facts";
      readonly revision: number;
      /** Whether the game is final from now on; undefined leaves that as it is. */
      readonly final: boolean | undefined;
    }
  | {
      /** One official line: taken when the game is final, the revision higher, the content new. */
      readonly kind: "official";
      readonly playerId: string;
      readonly revision: number;
      readonly withdrawn: boolean;
      /** Identifies the content: sha256 of the line, as hex. */
      readonly digest: string;
    }
);

/** What became of an item. */
export type AppendVerdict = {
  readonly verdict:
    | "appended"
    /** Was taken before. */
    | "duplicate"
    /** Equals what is known. */
    | "unchanged"
    /** `expectedNumber` is the one that would fit. */
    | "gap"
    /** The game is at `epoch` by now. */
    | "fenced"
    /** The game belongs to another slot. */
    | "wrong_slot"
    | "not_final";
  /** The offset of the item's first entry, if it was appended. */
  readonly firstOffset: number | undefined;
  /** A place that includes the item, or what it repeats. */
  readonly end: End;
  readonly expectedNumber: number;
  readonly epoch: number;
  /** Whether official lines decide something in this game. */
  readonly hasOfficials: boolean;
  /** Whether a standby has it too, by now. */
  readonly replicated: boolean;
};

/** The cursor is not a place in the log: it was trimmed, lost in a failover, or is another journal's. */
export class CursorLost extends Error {
  override readonly name = "CursorLost";
  constructor(slot: Slot, cursor: Cursor) {
    super(
      `${slot} has no row that ends at ${cursor.endOffset} with digest ${cursor.digest || "-"}`,
    );
  }
}

/** A row does not hash to its digest. It is never skipped. */
export class RowCorrupt extends Error {
  override readonly name = "RowCorrupt";
  /** Where the row begins. */
  readonly firstOffset: number;
  constructor(slot: Slot, firstOffset: number) {
    super(`the row of ${slot} at ${firstOffset} is not what was written`);
    this.firstOffset = firstOffset;
  }
}
