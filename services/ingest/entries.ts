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
type Place = {
  readonly gameId: string;
  readonly source: string;
  readonly epoch: number;
  /** How far the sender's clock was behind, where that is corrected; else 0. */
  readonly clockOffsetMs: number;
};

/**
 * Uploaded lines as the journal keeps them, each with its bytes as they came; `numberOf` gives the number
 * of the line at a place.
 */
export function linesBody(
  { gameId, source, epoch, clockOffsetMs }: Place,
  lines: readonly CheckedLine[],
  numberOf: (at: number) => number,
): Uint8Array {
  const shared = toBinary(
    EntrySchema,
    create(EntrySchema, { gameId, source, clockOffsetMs: BigInt(clockOffsetMs) }),
  );
  const writer = newWriter();
  for (const [at, line] of lines.entries()) {
    const place = { epoch, number: numberOf(at) };
    const kind = line.held === undefined ? undefined : quarantined(line, place);
    const field = line.of === "team" ? LIVE_TEAM : LIVE;
    const { length } = line.inner ?? { length: 0 };
    const head = 2 + sizeOf(epoch) + sizeOf(place.number) + 1 + sizeOf(length);
    const kindBytes = kind?.length ?? 1 + sizeOf(head + length) + head + length;
    writer.tag(ENTRIES, WireType.LengthDelimited);
    writer.varint(shared.length + kindBytes);
    writer.bytes(shared);
    if (kind !== undefined) {
      writer.bytes(kind);
      continue;
    }
    writer.tag(field, WireType.LengthDelimited);
    writer.varint(head + length);
    writer.tag(EPOCH, WireType.Varint);
    writer.varint(epoch);
    writer.tag(NUMBER, WireType.Varint);
    writer.varint(place.number);
    writer.tag(LINE, WireType.LengthDelimited);
    writer.varint(length);
    writer.bytes(line.inner ?? NOTHING);
  }
  return writer.finish();
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
