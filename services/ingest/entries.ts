import { createHash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { COUNTING } from "#domain/statistics";
import { LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { EntrySchema, LiveLineSchema, RowSchema } from "#gen/courtside/journal/v1/entry_pb.ts";
import { LineSchema, type OfficialLine, TeamLineSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { encodeEntries } from "#stores/journal";
import { newWriter, sizeOf } from "./bytes.ts";
import type { CheckedLine } from "./checked-lines.ts";

/** Where lines come from, and their place in the order of the game's lines. */
export type Place = {
  readonly gameId: string;
  readonly source: string;
  readonly epoch: number;
  /** How far the server's clock is ahead of the sender's, where that is corrected; else 0. */
  readonly clockOffsetMs: number;
};

/**
 * Uploaded lines as the journal keeps them, each with its bytes as they came; `numberOf` gives the number
 * of the line at a place.
 */
export function linesBody(
  place: Place,
  lines: readonly CheckedLine[],
  numberOf: (at: number) => number,
): Uint8Array {
  const { epoch } = place;
  const shared = sharedOf(place);
  const parts = lines.map((line, at) => partOf(line, epoch, numberOf(at), shared.length));
  const writer = newWriter(parts.reduce((sum, { length }) => sum + 1 + sizeOf(length) + length, 0));
  for (const { length, kind, line, number, lineLength } of parts) {
    writer.tag(ENTRIES, WireType.LengthDelimited);
    writer.varint(length);
    writer.bytes(shared);
    if (kind !== undefined) {
      writer.bytes(kind);
      continue;
    }
    const { inner = NOTHING } = line;
    writer.tag(line.of === "team" ? LIVE_TEAM : LIVE, WireType.LengthDelimited);
    writer.varint(lineLength);
    writer.tag(EPOCH, WireType.Varint);
    writer.varint(epoch);
    writer.tag(NUMBER, WireType.Varint);
    writer.varint(number);
    writer.tag(LINE, WireType.LengthDelimited);
    writer.varint(inner.length);
    writer.bytes(inner);
  }
  return writer.finish();
}

/** What {@link sharedOf} has made: an upload has one place for all of its batches. */
const MADE = new WeakMap<Place, Uint8Array>();

/** The fields that all entries of a place have alike. */
function sharedOf(place: Place): Uint8Array {
  const known = MADE.get(place);
  if (known !== undefined) return known;
  const { gameId, source, clockOffsetMs } = place;
  const fields = create(EntrySchema, { gameId, source, clockOffsetMs: BigInt(clockOffsetMs) });
  const shared = toBinary(EntrySchema, fields);
  MADE.set(place, shared);
  return shared;
}

/** What of an entry has to be known before it is written: lengths stand before what they are of. */
function partOf(line: CheckedLine, epoch: number, number: number, sharedLength: number) {
  const kind = line.held === undefined ? undefined : quarantined(line, { epoch, number });
  const { length } = line.inner ?? NOTHING;
  const lineLength = 3 + sizeOf(epoch) + sizeOf(number) + sizeOf(length) + length;
  const kindLength = kind?.length ?? 1 + sizeOf(lineLength) + lineLength;
  return { line, kind, number, lineLength, length: sharedLength + kindLength };
}

const ENTRIES = RowSchema.field.entries.number;
const LIVE = EntrySchema.field.live.number;
const LIVE_TEAM = EntrySchema.field.liveTeam.number;
// A LiveTeamLine has the same numbers.
const { epoch, number, line } = LiveLineSchema.field;
const EPOCH = epoch.number;
const NUMBER = number.number;
const LINE = line.number;
const NOTHING = new Uint8Array();

/** The kind of an entry that holds a line back. */
function quarantined(
  { of, inner, held }: CheckedLine,
  { epoch, number }: { readonly epoch: number; readonly number: number },
): Uint8Array {
  const place = { epoch, number: BigInt(number) };
  const value =
    of === "team"
      ? {
          case: "liveTeam" as const,
          value: { ...place, line: inner && fromBinary(TeamLineSchema, inner) },
        }
      : {
          case: "live" as const,
          value: { ...place, line: inner && fromBinary(LineSchema, inner) },
        };
  const broken = held?.violations.map(({ field, description }) => ({ field, description }));
  const invalid = held?.outcome === LineOutcome.INVALID;
  const kind = { case: "quarantined" as const, value: { of: value, broken, invalid } };
  return toBinary(EntrySchema, create(EntrySchema, { kind }));
}

/** An official line as the journal keeps it. */
export function officialBody(
  { gameId, source, revision }: { gameId: string; source: string; revision: number },
  line: OfficialLine,
): Uint8Array {
  const value = { revision: BigInt(revision), line };
  return encodeEntries([{ gameId, source, kind: { case: "official", value } }]);
}

/**
 * Identifies what an official line says, as sha256 in hex: two that say the same are no change. The
 * player and the game are not part of it.
 */
export function officialDigest({ teamId, totals, withdrawn }: OfficialLine): string {
  const counts = COUNTING.map((statistic) => totals?.[statistic] ?? null);
  const said = withdrawn ? "withdrawn" : JSON.stringify([teamId, counts]);
  return createHash("sha256").update(said).digest("hex");
}
