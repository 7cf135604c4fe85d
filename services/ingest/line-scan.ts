import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { STATISTICS, type Statistic, type Totals } from "#domain/statistics";
import { UploadedLineSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import {
  LineSchema,
  PeriodTotalsSchema,
  TeamLineSchema,
  TeamTotalsSchema,
  TotalsSchema,
} from "#gen/courtside/line/v1/line_pb.ts";

/** What a scan has found of a line that is surely valid by the rules of its .proto. */
export type Scanned = {
  readonly of: "player" | "team";
  /** The Line or TeamLine inside of the UploadedLine, as it came. */
  readonly inner: Uint8Array;
  /** A player's totals; none of a team's. */
  readonly totals: Totals;
};

const { player, team } = UploadedLineSchema.field;
const LINE = LineSchema.field;
const TEAM_LINE = TeamLineSchema.field;
const PERIOD = PeriodTotalsSchema.field;

// The same limits as in the .proto; a test holds both equal.
const ID_MAX = 64;
const PERIODS_MAX = 20;
const SECONDS_MAX = 10_000_000;
const COUNT_MAX = 1_000_000;

const STATISTIC_BY_FIELD = new Map<number, Statistic>(
  STATISTICS.map((statistic) => [TotalsSchema.field[statistic].number, statistic]),
);
const TEAM_FIELDS = new Set(TeamTotalsSchema.fields.map(({ number }) => number));

/**
 * Reads a line without taking it apart: what it found, or undefined where the line may break a rule, or
 * has anything that is not usual. It costs a quarter of decoding and checking, and is never wrong about
 * a line that it calls valid; all others are decoded and checked by the rules themselves.
 */
export function scanLine(bytes: Uint8Array): Scanned | undefined {
  try {
    const reader = new BinaryReader(bytes);
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) return undefined;
    const inner = reader.bytes();
    if (reader.pos !== reader.len) return undefined;
    if (field === player.number) {
      const totals = scanPlayer(inner);
      return totals && { of: "player", inner, totals };
    }
    if (field !== team.number) return undefined;
    return scanTeam(inner) ? { of: "team", inner, totals: {} } : undefined;
  } catch {
    // It ends in the middle of something: decoding says where.
    return undefined;
  }
}

/** The totals of a Line. */
function scanPlayer(bytes: Uint8Array): Totals | undefined {
  const reader = new BinaryReader(bytes);
  let seen = 0;
  let totals: Totals | undefined;
  let periods = 0;
  let periodsSeen = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) return undefined;
    const part = reader.bytes();
    if (field === LINE.periods.number) {
      const period = scanPeriod(part);
      periods += 1;
      if (period === undefined || periods > PERIODS_MAX || (periodsSeen & (1 << period)) !== 0) {
        return undefined;
      }
      periodsSeen |= 1 << period;
      continue;
    }
    if (field > LINE.totals.number || (seen & (1 << field)) !== 0) return undefined;
    seen |= 1 << field;
    if (field === LINE.playerId.number || field === LINE.teamId.number) {
      if (!isId(part)) return undefined;
    } else if (field === LINE.happenedTime.number) {
      if (!isTimestamp(part)) return undefined;
    } else {
      totals = scanTotals(part);
      if (totals === undefined) return undefined;
    }
  }
  // Fields 1 to 4: all of them are required.
  return seen === 0b11110 ? totals : undefined;
}

function scanTeam(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes);
  let seen = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type !== WireType.LengthDelimited) return false;
    const part = reader.bytes();
    if (field > TEAM_LINE.totals.number || (seen & (1 << field)) !== 0) return false;
    seen |= 1 << field;
    const isFit =
      field === TEAM_LINE.teamId.number
        ? isId(part)
        : field === TEAM_LINE.happenedTime.number
          ? isTimestamp(part)
          : isTeamTotals(part);
    if (!isFit) return false;
  }
  // Fields 1 to 3: all of them are required.
  return seen === 0b1110;
}

/** The period of a PeriodTotals. */
function scanPeriod(bytes: Uint8Array): number | undefined {
  const reader = new BinaryReader(bytes);
  let period = 0;
  let hasTotals = false;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === PERIOD.period.number && type === WireType.Varint && period === 0) {
      period = reader.uint32();
    } else if (field === PERIOD.totals.number && type === WireType.LengthDelimited && !hasTotals) {
      hasTotals = true;
      if (scanTotals(reader.bytes()) === undefined) return undefined;
    } else return undefined;
  }
  return hasTotals && period >= 1 && period <= PERIODS_MAX ? period : undefined;
}

function scanTotals(bytes: Uint8Array): Totals | undefined {
  const reader = new BinaryReader(bytes);
  const totals: Partial<Record<Statistic, number>> = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const statistic = STATISTIC_BY_FIELD.get(field);
    if (statistic === undefined || type !== WireType.Varint) return undefined;
    const value = reader.uint32();
    const max = statistic === "secondsPlayed" ? SECONDS_MAX : COUNT_MAX;
    if (value > max || totals[statistic] !== undefined) return undefined;
    totals[statistic] = value;
  }
  return totals;
}

function isTeamTotals(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes);
  let seen = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!TEAM_FIELDS.has(field) || type !== WireType.Varint) return false;
    if ((seen & (1 << field)) !== 0 || reader.uint32() > COUNT_MAX) return false;
    seen |= 1 << field;
  }
  return true;
}

/** Whether it is seconds and nanoseconds, each at most once. */
function isTimestamp(bytes: Uint8Array): boolean {
  const reader = new BinaryReader(bytes);
  let seen = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field > 2 || type !== WireType.Varint || (seen & (1 << field)) !== 0) return false;
    seen |= 1 << field;
    if (field === 1) reader.int64();
    else reader.int32();
  }
  return true;
}

/** Letters, digits, dot, underscore and hyphen: 1 to 64 of them. */
function isId(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length > ID_MAX) return false;
  for (const byte of bytes) if (ID_BYTES[byte] !== 1) return false;
  return true;
}

const ID_BYTES = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") {
  ID_BYTES[character.charCodeAt(0)] = 1;
}
