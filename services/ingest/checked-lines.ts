import { brokenRules, type LineLimits } from "#domain/line-rules";
import type { Totals } from "#domain/statistics";
import {
  LineOutcome,
  type UploadedLine,
  UploadedLineSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import { type FieldViolation, violationsIn } from "#runtime/rpc";

/** A line that was sent, and the rules that it breaks. */
export type CheckedLine = {
  readonly line: UploadedLine;
  /** Undefined for a line that counts. */
  readonly held?: {
    readonly outcome: typeof LineOutcome.INVALID | typeof LineOutcome.QUARANTINED;
    /** At most {@link VIOLATIONS_MAX}. */
    readonly violations: readonly FieldViolation[];
  };
};

/** Rules named of one line. */
export const VIOLATIONS_MAX = 16;

/** Checks a line: first each field by itself, then its statistics against each other. */
export function checked(line: UploadedLine, limits: LineLimits | undefined): CheckedLine {
  const invalid = violationsIn(UploadedLineSchema, line);
  if (invalid.length > 0) {
    const violations = invalid.slice(0, VIOLATIONS_MAX);
    return { line, held: { outcome: LineOutcome.INVALID, violations } };
  }
  const violations = contradictionsIn(line, limits).slice(0, VIOLATIONS_MAX);
  if (violations.length === 0) return { line };
  return { line, held: { outcome: LineOutcome.QUARANTINED, violations } };
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
