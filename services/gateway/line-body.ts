import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { SEASON_TYPES, type SeasonType } from "#domain/games";
import { SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import {
  RecordLinesRequestSchema,
  type UploadedLineSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LineSchema, TotalsSchema } from "#gen/courtside/line/v1/line_pb.ts";
import type { FieldViolation } from "#runtime/rpc";
import type { JsonSchema } from "./json.ts";
import { wrong } from "./route.ts";
import { choice, idOf, moment, number, type Rule, textOf, whole, wholeOf } from "./rules.ts";

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

const LINES_MAX = 100;
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

const LINE: Fields = {
  playerId: { rule: idOf(LineSchema.field.playerId), about: ID_ABOUT },
  teamId: { rule: idOf(LineSchema.field.teamId), about: ID_ABOUT },
  ...STATISTICS_SENT,
  ...Object.fromEntries(
    Object.entries(ALIASES).map(([name, { statistic, rule }]) => [
      name,
      { rule, about: `Another name of ${statistic}: send one of them.` },
    ]),
  ),
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
    objectSchema({ ...GAME, ...RECORD }, ["lines"], {
      lines: {
        type: "array",
        items: objectSchema(LINE, REQUIRED),
        minItems: 1,
        maxItems: LINES_MAX,
      },
    }),
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
  const several = isObject(body) && Object.hasOwn(body, "lines");
  const { lines: given, ...rest } = several ? { lines: undefined, ...body } : { lines: [body] };
  const head = several
    ? fieldsOf(rest, "", { ...GAME, ...RECORD }, [], errors)
    : fieldsOf(body, "", { ...GAME, ...RECORD, ...LINE }, REQUIRED, errors);
  if (head.gameId !== undefined && head.gameId !== gameId) {
    errors.push({ field: "gameId", description: `must be ${gameId}, as in the path` });
  }
  const lines = several ? severalLines(given, nowMs, errors) : [lineOf(head, "", nowMs, errors)];
  if (errors.length > 0) throw wrong(errors);
  return { ...recordOf(head), gameId, lines };
}

function severalLines(given: unknown, nowMs: number, errors: FieldViolation[]) {
  if (!Array.isArray(given) || given.length === 0 || given.length > LINES_MAX) {
    errors.push({ field: "lines", description: `must be a list of 1 to ${LINES_MAX} lines` });
    return [];
  }
  return given.map((one: unknown, at) => {
    const path = `lines[${at}]`;
    return lineOf(fieldsOf(one, path, LINE, REQUIRED, errors), path, nowMs, errors);
  });
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

// What a client calls a field is said again to it, but never at any length.
const NAME_MAX = 64;

function pathTo(at: string, name: string): string {
  return `${at}${at === "" ? "" : "."}${name.slice(0, NAME_MAX)}`;
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function objectSchema(
  fields: Fields,
  required: readonly string[],
  more: { readonly [name: string]: JsonSchema } = {},
): JsonSchema {
  const own = Object.entries(fields).map(([name, { rule, about }]) => [
    name,
    { ...rule.schema, description: about },
  ]);
  return {
    type: "object",
    properties: { ...Object.fromEntries(own), ...more },
    required,
    additionalProperties: false,
  };
}
