import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SEASON_TYPES, type SeasonType } from "#domain/games";
import { SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import {
  RecordLinesRequestSchema,
  type UploadedLineSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LineSchema, PeriodTotalsSchema, TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import type { FieldViolation } from "#runtime/rpc";
import type { JsonSchema } from "./json.ts";
import { wrong } from "./route.ts";
import {
  choice,
  idOf,
  itemsMaxOf,
  moment,
  number,
  type Rule,
  textOf,
  whole,
  wholeOf,
} from "./rules.ts";

/** What a request to record lines says. */
export type LinesSaid = {
  readonly gameId: string;
  readonly league: string;
  /** Empty when it is not said. */
  readonly season: string;
  readonly type: SeasonType | undefined;
  readonly source: string;
  readonly revision: bigint | undefined;
  readonly lines: readonly MessageInitShape<typeof UploadedLineSchema>[];
};

type Field = { readonly rule: Rule<unknown>; readonly about: string };
type Fields = Readonly<Record<string, Field>>;
type Values = Readonly<Record<string, unknown>>;

/** The source of those who do not say who they are. */
const SOURCE_DEFAULT = "rest";

const LINES_MAX = itemsMaxOf(RecordLinesRequestSchema.field.lines);
const PERIODS_MAX = itemsMaxOf(LineSchema.field.periods);
const { secondsPlayed } = TotalsSchema.field;
const SECONDS_MAX = Number(wholeOf(secondsPlayed).schema.maximum);

const STATISTICS_SENT: Fields = Object.fromEntries(
  TotalsSchema.fields.map((field) => [
    field.localName,
    { rule: wholeOf(field), about: "The total so far. Not sent: unknown, not 0." },
  ]),
);

/** Other names and units of statistics: the statistic, and how many of it one of these is. */
const ALIASES: Readonly<Record<string, { statistic: string; times: number; rule: Rule<number> }>> =
  {
    fouls: {
      statistic: "personalFouls",
      times: 1,
      rule: wholeOf(TotalsSchema.field.personalFouls),
    },
    seconds: { statistic: "secondsPlayed", times: 1, rule: wholeOf(secondsPlayed) },
    minutes: { statistic: "secondsPlayed", times: 60, rule: number(0, SECONDS_MAX / 60) },
  };

const ID_ABOUT = "A text, or a whole number.";

const COUNTS: Fields = {
  ...STATISTICS_SENT,
  ...Object.fromEntries(
    Object.entries(ALIASES).map(([name, { statistic, rule }]) => [
      name,
      { rule, about: `Another name of ${statistic}: send one of them.` },
    ]),
  ),
};

const PERIOD: Fields = {
  period: {
    rule: wholeOf(PeriodTotalsSchema.field.period),
    about: "From 1; 5 and above are overtimes.",
  },
  ...COUNTS,
};

const LINE: Fields = {
  playerId: { rule: idOf(LineSchema.field.playerId), about: ID_ABOUT },
  teamId: { rule: idOf(LineSchema.field.teamId), about: ID_ABOUT },
  ...COUNTS,
  periods: {
    rule: listOf(PERIOD, ["period"], PERIODS_MAX),
    about: "The same per period, each at most once.",
  },
  happenedTime: { rule: moment, about: "When the last play counted here happened. Default: now." },
};

const RECORD: Fields = {
  season: {
    rule: textOf(SeasonSchema.field.season),
    about: "E.g. 2023-24. Default: the game's own, else the current one.",
  },
  league: { rule: textOf(SeasonSchema.field.league), about: 'Default: "nba".' },
  type: { rule: choice(SEASON_TYPES), about: "The part of the season. Default: the game's own." },
  source: {
    rule: textOf(RecordLinesRequestSchema.field.source),
    about: `Who sends; the first to write a game owns it. Default: "${SOURCE_DEFAULT}".`,
  },
  revision: {
    rule: whole(1, Number.MAX_SAFE_INTEGER),
    about: "Rises with each request about the game: what is older changes nothing.",
  },
};

const GAME: Fields = {
  gameId: { rule: idOf(RecordLinesRequestSchema.field.gameId), about: ID_ABOUT },
};
const REQUIRED = ["playerId", "teamId"];
const LINES: Field = { rule: listOf(LINE, REQUIRED, LINES_MAX), about: "At most one a player." };

/** The seed's request. */
export const GAME_LINE_EXAMPLE = {
  ...{ gameId: "1008", teamId: "19", playerId: "19", points: 10, rebounds: 8, assists: 54 },
  ...{ steals: 2, blocks: 4, fouls: 2, turnovers: 3, minutes: 34 },
};

/** One player's line, with its game. */
export const GAME_LINE_SCHEMA: JsonSchema = objectSchema({ ...GAME, ...RECORD, ...LINE }, [
  "gameId",
  ...REQUIRED,
]);

/** One player's line, or several, of a game that the path names. */
export const LINES_SCHEMA: JsonSchema = {
  oneOf: [
    objectSchema({ ...GAME, ...RECORD, ...LINE }, REQUIRED),
    objectSchema({ ...GAME, ...RECORD, lines: LINES }, ["lines"]),
  ],
};

/** An example of {@link LINES_SCHEMA}. */
export const LINES_EXAMPLE = {
  lines: [
    { teamId: "19", playerId: "19", points: 12, rebounds: 8, seconds: 2_100 },
    { teamId: "19", playerId: "20", points: 3, seconds: 640 },
  ],
};

/**
 * Reads a line with its game. A statistic that is absent or null is unknown. Throws a Refusal that names
 * each field that is wrong, missing or not known.
 */
export function gameLineOf(body: unknown, nowMs: number): LinesSaid {
  const errors: FieldViolation[] = [];
  const values = fieldsOf(
    body,
    "",
    { ...GAME, ...RECORD, ...LINE },
    ["gameId", ...REQUIRED],
    errors,
  );
  const line = lineOf(values, "", nowMs, errors);
  if (errors.length > 0) throw wrong(errors);
  return { ...recordOf(values), gameId: String(values.gameId), lines: [line] };
}

/** Reads one line or several of a game. Throws as {@link gameLineOf} does. */
export function linesOf(gameId: string, body: unknown, nowMs: number): LinesSaid {
  const errors: FieldViolation[] = [];
  const isOne = !isObject(body) || !Object.hasOwn(body, "lines");
  const values = isOne
    ? fieldsOf(body, "", { ...GAME, ...RECORD, ...LINE }, REQUIRED, errors)
    : fieldsOf(body, "", { ...GAME, ...RECORD, lines: LINES }, ["lines"], errors);
  if (values.gameId !== undefined && values.gameId !== gameId) {
    errors.push({ field: "gameId", description: `must be ${gameId}, as in the path` });
  }
  const lines = isOne
    ? [lineOf(values, "", nowMs, errors)]
    : itemsOf(values.lines, "lines", LINE, REQUIRED, errors).map(({ item, at }) =>
        lineOf(item, at, nowMs, errors),
      );
  if (errors.length > 0) throw wrong(errors);
  return { ...recordOf(values), gameId, lines };
}

function recordOf({ league, season, type, source, revision }: Values) {
  return {
    league: String(league ?? ""),
    season: String(season ?? ""),
    type: SEASON_TYPES.find((word) => word === type),
    source: String(source ?? SOURCE_DEFAULT),
    revision: typeof revision === "number" ? BigInt(revision) : undefined,
  };
}

function lineOf(values: Values, at: string, nowMs: number, errors: FieldViolation[]) {
  const value = {
    playerId: String(values.playerId),
    teamId: String(values.teamId),
    happenedTime: timestampFromMs(Number(values.happenedTime ?? nowMs)),
    totals: totalsOf(values, at, errors),
    periods: itemsOf(values.periods, pathTo(at, "periods"), PERIOD, ["period"], errors).map(
      ({ item, at: place }) => ({
        period: Number(item.period),
        totals: totalsOf(item, place, errors),
      }),
    ),
  };
  return { of: { case: "player" as const, value } };
}

/** The statistics that were sent, under their own names. One that was sent twice is a fault. */
function totalsOf(values: Values, at: string, errors: FieldViolation[]) {
  const totals: Record<string, number> = {};
  for (const name of Object.keys(STATISTICS_SENT)) {
    if (typeof values[name] === "number") totals[name] = values[name];
  }
  for (const [name, { statistic, times }] of Object.entries(ALIASES)) {
    const value = values[name];
    if (typeof value !== "number") continue;
    if (totals[statistic] !== undefined) {
      const description = `says ${statistic}, which another field says already`;
      errors.push({ field: pathTo(at, name), description });
    }
    totals[statistic] = Math.round(value * times);
  }
  return totals;
}

function fieldsOf(
  given: unknown,
  at: string,
  known: Fields,
  required: readonly string[],
  errors: FieldViolation[],
): Values {
  if (!isObject(given)) {
    errors.push({ field: at === "" ? "body" : at, description: "must be an object" });
    return {};
  }
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(known, name) ? known[name]?.rule : undefined;
    const reading = rule?.read(value) ?? { fault: "is no field of this request" };
    if (rule !== undefined && value === null) continue;
    if ("value" in reading) values[name] = reading.value;
    else errors.push({ field: pathTo(at, name), description: reading.fault });
  }
  for (const name of required) {
    if (given[name] !== undefined && given[name] !== null) continue;
    errors.push({ field: pathTo(at, name), description: "must be there" });
  }
  return values;
}

/** The objects of a list that a rule of {@link listOf} has read, each with where it stands. */
function itemsOf(
  given: unknown,
  at: string,
  known: Fields,
  required: readonly string[],
  errors: FieldViolation[],
) {
  const items: readonly unknown[] = Array.isArray(given) ? given : [];
  return items.map((one, place) => {
    const path = `${at}[${place}]`;
    return { item: fieldsOf(one, path, known, required, errors), at: path };
  });
}

// What a client calls a field is said again to it, but never at any length.
const NAME_MAX = 64;

function pathTo(at: string, name: string): string {
  return `${at}${at === "" ? "" : "."}${name.slice(0, NAME_MAX)}`;
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function objectSchema(fields: Fields, required: readonly string[]): JsonSchema {
  const properties = Object.entries(fields).map(([name, { rule, about }]) => [
    name,
    { ...rule.schema, description: about },
  ]);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required,
    additionalProperties: false,
  };
}

/** A list of objects, of which {@link itemsOf} reads each: many things may be wrong with them. */
function listOf(fields: Fields, required: readonly string[], most: number): Rule<unknown[]> {
  return {
    schema: {
      type: "array",
      items: objectSchema(fields, required),
      minItems: 1,
      maxItems: most,
    },
    read: (given) =>
      Array.isArray(given) && given.length > 0 && given.length <= most
        ? { value: given }
        : { fault: `must be a list of 1 to ${most} objects` },
  };
}
