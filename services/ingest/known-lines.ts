import { createHash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Slot } from "#domain/slots";
import {
  type UploadedLine,
  UploadedLineSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import {
  EntrySchema,
  type LiveLine,
  type LiveTeamLine,
} from "#gen/courtside/journal/v1/entry_pb.ts";
import type { Recorded } from "#stores/archive";
import { CursorLost, headsOf, type Journal } from "#stores/journal";

/** Rows of the journal behind the archive are read for at most so many entries. */
const TAIL_ENTRIES_MAX = 50_000;

/** The digests of the lines of a game that one owner has sent, by number. */
export type KnownLines = ReadonlyMap<number, string>;

/**
 * Identifies what a line says, as sha256 in hex: of the sender's own fields in the order of their
 * numbers, before anything is added to them.
 */
export function lineDigest(line: UploadedLine): string {
  return createHash("sha256").update(toBinary(UploadedLineSchema, line)).digest("hex");
}

/**
 * Finds what an owner of a game has sent, from the archive and from the journal behind it. What is
 * further ahead in the journal than {@link TAIL_ENTRIES_MAX} is not found.
 */
export async function knownLines(
  { journal, recorded }: { readonly journal: Journal; readonly recorded: Recorded },
  slot: Slot,
  gameId: string,
  epoch: number,
): Promise<KnownLines> {
  const known = new Map<number, string>();
  const note = (bytes: Uint8Array) => {
    const entry = fromBinary(EntrySchema, bytes);
    const sent = entry.gameId === gameId ? sentIn(entry.kind) : undefined;
    if (sent?.epoch === epoch) known.set(sent.number, lineDigest(sent.line));
  };
  const { bytes, archived } = await recorded.linesOfGame(slot, gameId);
  bytes.forEach(note);
  let cursor = archived;
  try {
    while (cursor.endOffset - archived.endOffset < TAIL_ENTRIES_MAX) {
      const rows = await journal.read(slot, cursor, 5_000);
      const last = rows.at(-1);
      if (last === undefined) break;
      for (const { gameId: of, epoch: by, body, from, until } of rows.flatMap(headsOf)) {
        // Decoding the others as well would keep everybody waiting.
        if (of === gameId && by === epoch) note(body.subarray(from, until));
      }
      cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
    }
  } catch (error) {
    // The archive is ahead of a journal that lost its tail: what it has is all there is to compare.
    if (!(error instanceof CursorLost)) throw error;
  }
  return known;
}

type Sent = { readonly epoch: number; readonly number: number; readonly line: UploadedLine };
type Kind = ReturnType<typeof create<typeof EntrySchema>>["kind"];

/** The line that an entry records as it was sent; undefined for an entry that records none. */
export function sentIn(kind: Kind): Sent | undefined {
  if (kind.case === "live") return sentOf("player", kind.value);
  if (kind.case === "liveTeam") return sentOf("team", kind.value);
  if (kind.case !== "quarantined") return undefined;
  const { of } = kind.value;
  return of.case === "live"
    ? sentOf("player", of.value)
    : of.case === "liveTeam"
      ? sentOf("team", of.value)
      : undefined;
}

function sentOf(of: "player" | "team", { epoch, number, line }: LiveLine | LiveTeamLine): Sent {
  const sent = create(UploadedLineSchema, { of: line && ({ case: of, value: line } as never) });
  return { epoch, number: Number(number), line: sent };
}
