import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Entry, PeriodTotals } from "#domain/boxscore";
import {
  type Entry as EntryOnWire,
  EntrySchema,
  type LiveLine as LiveOnWire,
  type LiveTeamLine as LiveTeamOnWire,
  RowSchema,
} from "#gen/courtside/journal/v1/entry_pb.ts";
import type { PeriodTotals as PeriodOnWire } from "#gen/courtside/line/v1/line_pb.ts";
import { absenceOf, factsOf } from "#wire/games";
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
  const { recordedAt } = row;
  return splitRow(row).map(({ offset, bytes }) => {
    return { offset, recordedAt, bytes, entry: decodeEntry(bytes) };
  });
}

/** The bytes of a row's entries in offset order, as they were recorded. Throws as {@link decodeRow}. */
export function splitRow(row: JournalRow): Pick<JournalEntry, "offset" | "bytes">[] {
  const reader = new BinaryReader(row.body);
  const entries: Pick<JournalEntry, "offset" | "bytes">[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 1 || wireType !== WireType.LengthDelimited) {
      throw new Error(`a row holds a field ${field} of type ${wireType}`);
    }
    entries.push({ offset: row.firstOffset + entries.length, bytes: reader.bytes() });
  }
  if (entries.length !== row.entries) {
    throw new Error(`a row of ${row.entries} entries holds ${entries.length}`);
  }
  return entries;
}

/** What the folds make of one entry's bytes. Throws when they are not an entry that can be folded. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return entryOf(fromBinary(EntrySchema, bytes));
}

function entryOf({ gameId, kind, clockOffsetMs }: EntryOnWire): Entry {
  const offsetMs = Number(clockOffsetMs);
  switch (kind.case) {
    case "live":
      return liveOf(gameId, kind.value, offsetMs);
    case "liveTeam":
      return liveTeamOf(gameId, kind.value, offsetMs);
    case "quarantined": {
      const { epoch = 0, number = 0n } = kind.value.of.value ?? {};
      return { kind: "quarantined", gameId, epoch, number: Number(number) };
    }
    case "released": {
      const { of } = kind.value;
      if (of.case === "live") return { ...liveOf(gameId, of.value, offsetMs), released: true };
      if (of.case === "liveTeam") {
        return { ...liveTeamOf(gameId, of.value, offsetMs), released: true };
      }
      break;
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
      const { revision, game, didNotPlay } = kind.value;
      if (!game) break;
      return {
        ...{ kind: "game", gameId, revision: Number(revision), facts: factsOf(game) },
        ...(didNotPlay && { didNotPlay: didNotPlay.players.map(absenceOf) }),
      };
    }
  }
  throw unfoldable(gameId, kind.case);
}

function liveOf(gameId: string, { epoch, number, line }: LiveOnWire, offsetMs: number) {
  if (!line?.totals) throw unfoldable(gameId, "live");
  return {
    kind: "live" as const,
    gameId,
    playerId: line.playerId,
    line: {
      teamId: line.teamId,
      epoch,
      number: Number(number),
      happenedAt: line.happenedTime ? timestampMs(line.happenedTime) + offsetMs : 0,
      totals: line.totals,
      ...(line.periods.length === 0 ? {} : { periods: line.periods.map(periodOf) }),
    },
  };
}

function liveTeamOf(gameId: string, { epoch, number, line }: LiveTeamOnWire, offsetMs: number) {
  if (!line?.totals) throw unfoldable(gameId, "liveTeam");
  return {
    kind: "team" as const,
    gameId,
    teamId: line.teamId,
    line: {
      epoch,
      number: Number(number),
      happenedAt: line.happenedTime ? timestampMs(line.happenedTime) + offsetMs : 0,
      totals: line.totals,
    },
  };
}

function unfoldable(gameId: string, kind: string | undefined): Error {
  return new Error(`an entry of ${gameId} has nothing that can be folded (${kind})`);
}

function periodOf({ period, totals }: PeriodOnWire): PeriodTotals {
  return { period, totals: totals ?? {} };
}
