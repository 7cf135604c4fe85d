import { createHash } from "node:crypto";
import { COUNTING } from "#domain/statistics";
import type { UploadedLine } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { OfficialLine } from "#gen/courtside/line/v1/line_pb.ts";
import { encodeEntries } from "#stores/journal";

/** Where lines come from, and their place in the order of the game's lines. */
type Place = { readonly gameId: string; readonly source: string; readonly epoch: number };

/** Uploaded lines as the journal keeps them; `numberOf` gives the number of the line at a place. */
export function linesBody(
  { gameId, source, epoch }: Place,
  lines: readonly UploadedLine[],
  numberOf: (at: number) => number,
): Uint8Array {
  return encodeEntries(
    lines.map(({ of }, at) => {
      const number = BigInt(numberOf(at));
      return of.case === "team"
        ? { gameId, source, kind: { case: "liveTeam", value: { epoch, number, line: of.value } } }
        : { gameId, source, kind: { case: "live", value: { epoch, number, line: of.value } } };
    }),
  );
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
