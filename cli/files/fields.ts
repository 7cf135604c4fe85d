// Reading JSON whose form nobody promises: each throws an Error that says in one sentence what is wrong.

const CLOCK = /^PT(\d{1,3})M(\d{1,2})(?:\.(\d{1,3}))?S$/;

/** The fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a text that is a JSON object. */
export function fieldsOf(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("is not JSON.");
  }
  if (isFields(value)) return value;
  throw new Error("is not a JSON object.");
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The error of a field that is missing, or is not what is wanted. */
export function wrong(event: Fields, field: string, wanted: string): Error {
  const value = event[field];
  if (value === undefined) return new Error(`lacks the field ${field}.`);
  return new Error(`field ${field} must be ${wanted}, not ${JSON.stringify(value).slice(0, 80)}.`);
}

/** A field that must be text. */
export function string(event: Fields, field: string): string {
  const value = event[field];
  if (typeof value === "string") return value;
  throw wrong(event, field, "text");
}

/** A field that may be missing or null, and else is text. */
export function optionalString(event: Fields, field: string): string | undefined {
  return event[field] == null ? undefined : string(event, field);
}

/** A field that must be a whole number from 0. */
export function whole(event: Fields, field: string): number {
  const value = event[field];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(event, field, "a whole number from 0");
}

/** A field that may be missing or null, and else is a whole number from 0. */
export function optionalWhole(event: Fields, field: string): number | undefined {
  return event[field] == null ? undefined : whole(event, field);
}

/** A field that must be an id: a number or text in the files, and text with us. */
export function id(event: Fields, field: string): string {
  const found = idOf(event[field]);
  if (found !== undefined) return found;
  throw wrong(event, field, "an id");
}

/** A value as an id; undefined when it is none. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : undefined;
}

/** A field that must be a duration such as PT11M42.50S, in milliseconds. */
export function clock(event: Fields, field: string): number {
  const [, minutes, seconds, fraction = ""] = CLOCK.exec(string(event, field)) ?? [];
  if (seconds === undefined) throw wrong(event, field, "a duration such as PT11M42.00S");
  return (Number(minutes) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
}

/** A field that must be a list of objects. */
export function list(event: Fields, field: string): Fields[] {
  const value: unknown = event[field];
  if (!Array.isArray(value) || !value.every(isFields))
    throw wrong(event, field, "a list of objects");
  return value;
}

/** A field that must be an object. */
export function object(event: Fields, field: string): Fields {
  const value = event[field];
  if (isFields(value)) return value;
  throw wrong(event, field, "an object");
}

/** A field that must be a moment in ISO 8601 with its zone, in milliseconds since the epoch. */
export function time(event: Fields, field: string): number {
  const value = string(event, field);
  const moment = /T.*(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw wrong(event, field, "a time such as 2023-10-24T23:30:00Z");
}
