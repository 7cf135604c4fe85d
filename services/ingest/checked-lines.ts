import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { brokenRules, type LineLimits } from "#domain/line-rules";
import type { Totals } from "#domain/statistics";
import {
  LineOutcome,
  type UploadedLine,
  UploadedLineSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LineSchema, TeamLineSchema, TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { badRequest, type FieldViolation, violationsIn } from "#runtime/rpc";
import { scanLine } from "./line-scan.ts";

/** A line that was sent, as it came, and the rules that it breaks. */
export type CheckedLine = {
  /** An UploadedLine. */
  readonly bytes: Uint8Array;
  readonly of: "player" | "team";
  /** The Line or TeamLine in it; undefined where there is none. */
  readonly inner: Uint8Array | undefined;
  /** Undefined for a line that counts. */
  readonly held?: {
    readonly outcome: typeof LineOutcome.INVALID | typeof LineOutcome.QUARANTINED;
    /** At most {@link VIOLATIONS_MAX}. */
    readonly violations: readonly FieldViolation[];
  };
};

/** Rules named of one line. */
export const VIOLATIONS_MAX = 16;

/**
 * Checks a line: first each field by itself, then its statistics against each other. `place` is where
 * it stands in its batch, for the failure of bytes that are no line at all.
 */
export function checked(
  bytes: Uint8Array,
  limits: LineLimits | undefined,
  place: number,
): CheckedLine {
  const scanned = scanLine(bytes);
  if (scanned !== undefined) {
    const { of, inner, totals } = scanned;
    if (brokenRules(totals, limits).length === 0) return { bytes, of, inner };
  }
  const line = decoded(bytes, place);
  const { of, inner } = innerOf(line);
  const invalid = violationsIn(UploadedLineSchema, line);
  if (invalid.length > 0) {
    const violations = invalid.slice(0, VIOLATIONS_MAX);
    return { bytes, of, inner, held: { outcome: LineOutcome.INVALID, violations } };
  }
  const violations = contradictionsIn(line, limits).slice(0, VIOLATIONS_MAX);
  if (violations.length === 0) return { bytes, of, inner };
  return { bytes, of, inner, held: { outcome: LineOutcome.QUARANTINED, violations } };
}

/** A line that has been checked before. */
export function valid(line: UploadedLine): CheckedLine {
  return { bytes: toBinary(UploadedLineSchema, line), ...innerOf(line) };
}

function innerOf({ of }: UploadedLine): Pick<CheckedLine, "of" | "inner"> {
  if (of.case === "team") return { of: "team", inner: toBinary(TeamLineSchema, of.value) };
  // A line of nobody, which is not valid, is kept as one of an unknown player: its number must be.
  return { of: "player", inner: of.value && toBinary(LineSchema, of.value) };
}

/** The line as a message. */
export function lineOf({ bytes }: Pick<CheckedLine, "bytes">): UploadedLine {
  return fromBinary(UploadedLineSchema, bytes);
}

/** The rules of a box score that a valid line breaks, by field. */
export function contradictionsIn(
  { of }: UploadedLine,
  limits: LineLimits | undefined,
): FieldViolation[] {
  if (of.case !== "player") return [];
  const totals: Totals = of.value.totals ?? {};
  return brokenRules(totals, limits).map(({ statistic, description }) => {
    const { name } = TotalsSchema.field[statistic];
    return { field: `player.totals.${name}`, description };
  });
}

function decoded(bytes: Uint8Array, place: number): UploadedLine {
  try {
    return lineOf({ bytes });
  } catch {
    // Not to be journalled: nobody could ever read it.
    const description = "is not an UploadedLine";
    throw badRequest([{ field: `batch.lines[${place}]`, description }]);
  }
}
