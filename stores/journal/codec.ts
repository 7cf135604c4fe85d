import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Entry, PeriodTotals } from "#domain/boxscore";
import {
  type Entry as EntryOnWire,
  EntrySchema,
  RowSchema,
} from "#gen/courtside/journal/v1/entry_pb.ts";
import type { PeriodTotals as PeriodOnWire } from "#gen/courtside/line/v1/line_pb.ts";
import { factsOf } from "#wire/games";
import type { JournalRow } from "./journal.ts";

/** An entry as it stands in the journal, and what the folds make of it. */
export type JournalEntry = {
  readonly offset: number;
  /** In ms since 1970. */
  readonly recordedAt: number;
  /** The `courtside.journal.v1.Entry` as it was recorded. */
  readonly bytes: Uint8Array;
  readonly entry: Entry;
};

/** The body of a row, or a part of one, from its entries. */
export function encodeEntries(entries: MessageInitShape<typeof EntrySchema>[]): Uint8Array {
  return toBinary(RowSchema, create(RowSchema, { entries }));
}

/** The entries of a row in offset order. Throws when the bytes are not a row of that many entries. */
export function decodeRow(row: JournalRow): JournalEntry[] {
  const reader = new BinaryReader(row.body);
  const decoded: JournalEntry[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 1 || wireType !== WireType.LengthDelimited) {
      throw new Error(`a row holds a field ${field} of type ${wireType}`);
    }
    const bytes = reader.bytes();
    const offset = row.firstOffset + decoded.length;
    decoded.push({ offset, recordedAt: row.recordedAt, bytes, entry: decodeEntry(bytes) });
  }
  if (decoded.length !== row.entries) {
    throw new Error(`a row of ${row.entries} entries holds ${decoded.length}`);
  }
  return decoded;
}

/** What the folds make of one entry's bytes. Throws when they are not an entry that can be folded. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return entryOf(fromBinary(EntrySchema, bytes));
}

function entryOf({ gameId, kind }: EntryOnWire): Entry {
  switch (kind.case) {
    case "live": {
      const { epoch, number, line } = kind.value;
      if (!line?.totals) break;
      return {
        kind: "live",
        gameId,
        playerId: line.playerId,
        line: {
          teamId: line.teamId,
          epoch,
          number: Number(number),
          happenedAt: line.happenedTime ? timestampMs(line.happenedTime) : 0,
          totals: line.totals,
          ...(line.periods.length === 0 ? {} : { periods: line.periods.map(periodOf) }),
        },
      };
    }
    case "liveTeam": {
      const { epoch, number, line } = kind.value;
      if (!line?.totals) break;
      return {
        kind: "team",
        gameId,
        teamId: line.teamId,
        line: {
          epoch,
          number: Number(number),
          happenedAt: line.happenedTime ? timestampMs(line.happenedTime) : 0,
          totals: line.totals,
        },
      };
    }
    case "official": {
      const { revision, line } = kind.value;
      if (!line) break;
      const { playerId, teamId, withdrawn, totals } = line;
      return {
        kind: "official",
        gameId,
        playerId,
        line: { teamId, revision: Number(revision), totals: withdrawn ? undefined : totals },
      };
    }
    case "game": {
      const { revision, game } = kind.value;
      if (!game) break;
      return { kind: "game", gameId, revision: Number(revision), facts: factsOf(game) };
    }
  }
  throw new Error(`an entry of ${gameId} has nothing that can be folded (${kind.case})`);
}

function periodOf({ period, totals }: PeriodOnWire): PeriodTotals {
  return { period, totals: totals ?? {} };
}
