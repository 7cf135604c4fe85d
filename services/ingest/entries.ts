import { createHash } from "node:crypto";
import { COUNTING } from "#domain/statistics";
import { LineOutcome, type UploadedLine } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { OfficialLine } from "#gen/courtside/line/v1/line_pb.ts";
import { encodeEntries } from "#stores/journal";
import type { CheckedLine } from "./checked-lines.ts";

/** Where lines come from, and their place in the order of the game's lines. */
type Place = {
  readonly gameId: string;
  readonly source: string;
  readonly epoch: number;
  /** How far the sender's clock was behind, where that is corrected; else 0. */
  readonly clockOffsetMs: number;
};

/** Uploaded lines as the journal keeps them; `numberOf` gives the number of the line at a place. */
export function linesBody(
  { gameId, source, epoch, clockOffsetMs }: Place,
  lines: readonly CheckedLine[],
  numberOf: (at: number) => number,
): Uint8Array {
  const offset = BigInt(clockOffsetMs);
  return encodeEntries(
    lines.map(({ line, held }, at) => {
      const kind = lineKind(line, epoch, BigInt(numberOf(at)));
      if (held === undefined) return { gameId, source, clockOffsetMs: offset, kind };
      const broken = held.violations.map(({ field, description }) => ({ field, description }));
      const invalid = held.outcome === LineOutcome.INVALID;
      const value = { of: kind, broken, invalid };
      return { gameId, source, clockOffsetMs: offset, kind: { case: "quarantined", value } };
    }),
  );
}

// A line of nobody, which is not valid, is kept as one of an unknown player: its number must be.
function lineKind({ of }: UploadedLine, epoch: number, number: bigint) {
  return of.case === "team"
    ? { case: "liveTeam" as const, value: { epoch, number, line: of.value } }
    : { case: "live" as const, value: { epoch, number, line: of.value } };
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
