import { type DescField, getOption, isFieldSet } from "@bufbuild/protobuf";
import { windowOf } from "#domain/season";
import { field as rulesOf, StringRulesSchema } from "#gen/buf/validate/validate_pb.ts";
import type { JsonSchema } from "./json.ts";

/** What was read, or the rule that it breaks, as the rest of a sentence: "must be …". */
export type Reading<Value> = { readonly value: Value } | { readonly fault: string };

/** What one value of a request must be: how it is read, and what the document says of it. */
export type Rule<Value> = {
  readonly schema: JsonSchema;
  /** True if a text of digits in path or query is meant as a number. */
  readonly isNumeric?: boolean;
  /** Reads a value of a body, or a text of path or query. */
  read(given: unknown): Reading<Value>;
};

/** The type that a rule gives. */
export type ValueOf<R> = R extends Rule<infer Value> ? Value : never;

/** A text that keeps the rules beside the field in its .proto. */
export function textOf(field: DescField): Rule<string> {
  const { pattern, min, max } = stringRulesOf(field);
  const expression = new RegExp(pattern, "u");
  const schema = { type: "string", minLength: min, maxLength: max, pattern };
  const matching = pattern === ANY ? "" : ` that matches ${pattern}`;
  const fault = `must be a text of ${min} to ${max} characters${matching}`;
  return {
    schema,
    read(given) {
      if (typeof given !== "string") return { fault };
      const { length } = [...given];
      return length >= min && length <= max && expression.test(given)
        ? { value: given }
        : { fault };
    },
  };
}

/** An id: a text that keeps the rules of its field, or a whole number, which is read as its digits. */
export function idOf(field: DescField): Rule<string> {
  const { schema, read } = textOf(field);
  return {
    schema: { ...schema, type: ["string", "integer"] },
    read(given) {
      if (typeof given !== "number") return read(given);
      // Beyond that JavaScript has rounded it: it would be somebody else's id.
      if (Number.isSafeInteger(given) && given >= 0) return read(String(given));
      return { fault: "must be a text, or a whole number from 0 to 9007199254740991" };
    },
  };
}

/** A whole number that keeps the rules beside the field in its .proto. */
export function wholeOf(field: DescField): Rule<number> {
  const { min, max } = integerRulesOf(field);
  return whole(min, max);
}

/** A whole number; both ends are allowed. */
export function whole(minimum: number, maximum: number): Rule<number> {
  return {
    schema: { type: "integer", minimum, maximum },
    isNumeric: true,
    read: (given) =>
      typeof given === "number" && Number.isInteger(given) && given >= minimum && given <= maximum
        ? { value: given }
        : { fault: `must be a whole number from ${minimum} to ${maximum}` },
  };
}

/** A number, whole or not; both ends are allowed. */
export function number(minimum: number, maximum: number): Rule<number> {
  return {
    schema: { type: "number", minimum, maximum },
    isNumeric: true,
    read: (given) =>
      typeof given === "number" && given >= minimum && given <= maximum
        ? { value: given }
        : { fault: `must be a number from ${minimum} to ${maximum}` },
  };
}

/** One of some words. */
export function choice<const Word extends string>(words: readonly Word[]): Rule<Word> {
  return {
    schema: { type: "string", enum: words },
    read(given) {
      const value = words.find((word) => word === given);
      return value === undefined ? { fault: `must be one of ${words.join(", ")}` } : { value };
    },
  };
}

/** Yes or no, as the texts true and false. */
export const flag: Rule<boolean> = {
  schema: { type: "boolean" },
  read: (given) =>
    given === "true" || given === "false"
      ? { value: given === "true" }
      : { fault: "must be true or false" },
};

/** Several of a kind as one text, with commas between them. */
export function list<Value>(of: Rule<Value>, most: number): Rule<readonly Value[]> {
  return {
    schema: { type: "array", items: of.schema, minItems: 1, maxItems: most },
    read(given) {
      const texts = String(given).split(",");
      if (texts.length > most) return { fault: `must be at most ${most}` };
      if (new Set(texts).size < texts.length) return { fault: "must each be named once" };
      const values: Value[] = [];
      for (const text of texts) {
        const reading = of.read(text);
        if ("fault" in reading)
          return { fault: `${reading.fault}, or several with commas between` };
        values.push(reading.value);
      }
      return { value: values };
    },
  };
}

/** A day of the calendar, as YYYY-MM-DD. */
export const day: Rule<string> = {
  schema: { type: "string", format: "date" },
  read: (given) =>
    typeof given === "string" && isDay(given)
      ? { value: given }
      : { fault: "must be a day such as 2023-11-05" },
};

/** A month of the calendar, as YYYY-MM. Gives its first day. */
export const month: Rule<string> = {
  schema: { type: "string", pattern: "^[0-9]{4}-[0-9]{2}$" },
  read: (given) =>
    typeof given === "string" && isDay(`${given}-01`)
      ? { value: `${given}-01` }
      : { fault: "must be a month such as 2023-11" },
};

function isDay(text: string): boolean {
  return windowOf("day", text) !== undefined;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;
// The end of the year 9999: the last that a Timestamp holds.
const MOMENT_MS_MAX = 253_402_300_799_999;

/** A moment: RFC 3339, or milliseconds since 1970. Gives the milliseconds. */
export const moment: Rule<number> = {
  schema: {
    oneOf: [
      { type: "string", format: "date-time" },
      { type: "integer", minimum: 0, maximum: MOMENT_MS_MAX },
    ],
  },
  isNumeric: true,
  read(given) {
    const isTime = typeof given === "string" && RFC_3339.test(given);
    const ms = isTime ? Date.parse(given) : given;
    return typeof ms === "number" && Number.isInteger(ms) && ms >= 0 && ms <= MOMENT_MS_MAX
      ? { value: ms }
      : { fault: "must be a time of RFC 3339, or milliseconds since 1970" };
  },
};

/** How many items a list may have, by the rules beside the field in its .proto. */
export function itemsMaxOf(field: DescField): number {
  const { type } = getOption(field, rulesOf);
  if (type.case !== "repeated") throw new RangeError(`${field.name} has no rules of a list`);
  return Number(type.value.maxItems);
}

const ANY = "^";
// Where a field's pattern bounds its length and no rule says it besides.
const CHARACTERS_MAX = 64;

function stringRulesOf(field: DescField) {
  const { type } = getOption(field, rulesOf);
  if (type.case !== "string") throw new RangeError(`${field.name} has no rules of a text`);
  const rules = type.value;
  return {
    pattern: rules.pattern || ANY,
    min: Number(rules.minLen),
    max: isFieldSet(rules, StringRulesSchema.field.maxLen) ? Number(rules.maxLen) : CHARACTERS_MAX,
  };
}

function integerRulesOf(field: DescField): { min: number; max: number } {
  const { type } = getOption(field, rulesOf);
  if (type.case !== "uint32" && type.case !== "uint64") {
    throw new RangeError(`${field.name} has no rules of a whole number`);
  }
  const { lessThan, greaterThan } = type.value;
  return {
    min: greaterThan.case === "gte" ? Number(greaterThan.value) : 0,
    max: lessThan.case === "lte" ? Number(lessThan.value) : Number.MAX_SAFE_INTEGER,
  };
}
