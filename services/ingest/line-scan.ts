import { WireType } from "@bufbuild/protobuf/wire";
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

/**
 * Reads a line without taking it apart: what it found, or undefined where the line may break a rule, or
 * has anything that is not usual. It costs a tenth of decoding and checking, and is never wrong about
 * a line that it calls valid; all others are decoded and checked by the rules themselves.
 */
export function scanLine(bytes: Uint8Array): Scanned | undefined {
  const scan = new Scan(bytes);
  const tag = scan.varint();
  const end = scan.end(bytes.length);
  // It fills the UploadedLine, or something else is in there as well.
  if (end !== bytes.length) return undefined;
  const inner = bytes.subarray(scan.at, end);
  if (tag === partTag(player.number)) {
    const totals = scan.player(end);
    return totals && { of: "player", inner, totals };
  }
  if (tag !== partTag(team.number)) return undefined;
  return scan.team(end) ? { of: "team", inner, totals: {} } : undefined;
}

/** The tag of a field with a length: text or a message. */
function partTag(field: number): number {
  return field * 8 + WireType.LengthDelimited;
}

/** The tag of a field that is a number. */
function numberTag(field: number): number {
  return field * 8 + WireType.Varint;
}

const STATISTIC_BY_TAG: readonly (Statistic | undefined)[] = Array.from({ length: 256 }, (_, tag) =>
  STATISTICS.find((statistic) => numberTag(TotalsSchema.field[statistic].number) === tag),
);
const TEAM_TAGS = new Set(TeamTotalsSchema.fields.map(({ number }) => numberTag(number)));

const PLAYER_ID = partTag(LINE.playerId.number);
const TEAM_ID = partTag(LINE.teamId.number);
const HAPPENED_TIME = partTag(LINE.happenedTime.number);
const TOTALS = partTag(LINE.totals.number);
const PERIODS = partTag(LINE.periods.number);
const TEAM_LINE_ID = partTag(TEAM_LINE.teamId.number);
const TEAM_LINE_TIME = partTag(TEAM_LINE.happenedTime.number);
const TEAM_LINE_TOTALS = partTag(TEAM_LINE.totals.number);
const PERIOD_NUMBER = numberTag(PERIOD.period.number);
const PERIOD_TOTALS = partTag(PERIOD.totals.number);

/** In place of a number or of an end where there is none that is usual. */
const NONE = -1;

/**
 * A place in a line's bytes. Each method reads one part, from its place to the end that it is given; false,
 * undefined or {@link NONE} where the part may break a rule.
 */
class Scan {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A whole number of at most 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.at++] ?? 0x80;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value < 2 ** 32 ? value : NONE;
    }
    return NONE;
  }

  /** Where the part with a length that begins here ends, if that is not behind `outer`. */
  end(outer: number): number {
    const length = this.varint();
    return length === NONE || this.at + length > outer ? NONE : this.at + length;
  }

  player(end: number): Totals | undefined {
    // Which fields there were, as bits.
    let seen = 0;
    let totals: Totals | undefined;
    let periods = 0;
    let periodsSeen = 0;
    while (this.at < end) {
      const tag = this.varint();
      const partEnd = this.end(end);
      if (partEnd === NONE) return undefined;
      if (tag === PERIODS) {
        const period = this.#period(partEnd);
        periods += 1;
        if (period === NONE || periods > PERIODS_MAX || (periodsSeen & (1 << period)) !== 0) {
          return undefined;
        }
        periodsSeen |= 1 << period;
        continue;
      }
      if (tag > TOTALS || (seen & (1 << (tag >> 3))) !== 0) return undefined;
      seen |= 1 << (tag >> 3);
      if (tag === PLAYER_ID || tag === TEAM_ID) {
        if (!this.#id(partEnd)) return undefined;
      } else if (tag === HAPPENED_TIME) {
        if (!this.#time(partEnd)) return undefined;
      } else if (tag === TOTALS) {
        totals = {};
        if (!this.#totals(partEnd, totals)) return undefined;
      } else return undefined;
    }
    // Fields 1 to 4: all of them are required.
    return seen === 0b11110 ? totals : undefined;
  }

  team(end: number): boolean {
    let seen = 0;
    while (this.at < end) {
      const tag = this.varint();
      const partEnd = this.end(end);
      if (partEnd === NONE || tag > TEAM_LINE_TOTALS || (seen & (1 << (tag >> 3))) !== 0) {
        return false;
      }
      seen |= 1 << (tag >> 3);
      const isFit =
        tag === TEAM_LINE_ID
          ? this.#id(partEnd)
          : tag === TEAM_LINE_TIME
            ? this.#time(partEnd)
            : tag === TEAM_LINE_TOTALS && this.#teamTotals(partEnd);
      if (!isFit) return false;
    }
    // Fields 1 to 3: all of them are required.
    return seen === 0b1110;
  }

  /** Which period it is. */
  #period(end: number): number {
    let period = 0;
    let hasTotals = false;
    while (this.at < end) {
      const tag = this.varint();
      if (tag === PERIOD_NUMBER && period === 0) period = this.varint();
      else if (tag === PERIOD_TOTALS && !hasTotals) {
        hasTotals = true;
        const partEnd = this.end(end);
        if (partEnd === NONE || !this.#totals(partEnd)) return NONE;
      } else return NONE;
    }
    const isFit = this.at === end && hasTotals && period >= 1 && period <= PERIODS_MAX;
    return isFit ? period : NONE;
  }

  #totals(end: number, into?: Partial<Record<Statistic, number>>): boolean {
    let seen = 0;
    while (this.at < end) {
      const tag = this.varint();
      const value = this.varint();
      const statistic = STATISTIC_BY_TAG[tag];
      if (statistic === undefined || value === NONE || (seen & (1 << (tag >> 3))) !== 0) {
        return false;
      }
      seen |= 1 << (tag >> 3);
      if (value > (statistic === "secondsPlayed" ? SECONDS_MAX : COUNT_MAX)) return false;
      if (into !== undefined) into[statistic] = value;
    }
    return this.at === end;
  }

  #teamTotals(end: number): boolean {
    let seen = 0;
    while (this.at < end) {
      const tag = this.varint();
      const value = this.varint();
      if (!TEAM_TAGS.has(tag) || value === NONE || value > COUNT_MAX) return false;
      if ((seen & (1 << (tag >> 3))) !== 0) return false;
      seen |= 1 << (tag >> 3);
    }
    return this.at === end;
  }

  /** Seconds and nanoseconds, each at most once and of at most ten bytes. */
  #time(end: number): boolean {
    let seen = 0;
    while (this.at < end) {
      const tag = this.varint();
      if ((tag !== numberTag(1) && tag !== numberTag(2)) || (seen & tag) !== 0) return false;
      seen |= tag;
      const last = this.at + 9;
      while ((this.#bytes[this.at] ?? 0) >= 0x80 && this.at < last) this.at += 1;
      if ((this.#bytes[this.at++] ?? 0x80) >= 0x80) return false;
    }
    return this.at === end;
  }

  /** Letters, digits, dot, underscore and hyphen: 1 to 64 of them. */
  #id(end: number): boolean {
    const length = end - this.at;
    if (length === 0 || length > ID_MAX) return false;
    for (; this.at < end; this.at += 1) {
      if (ID_BYTES[this.#bytes[this.at] ?? 0] !== 1) return false;
    }
    return true;
  }
}

const ID_BYTES = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") {
  ID_BYTES[character.charCodeAt(0)] = 1;
}
