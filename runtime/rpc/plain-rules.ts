import {
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  hasOption,
  isFieldSet,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  FieldRulesSchema,
  Ignore,
  field as rulesOfField,
  message as rulesOfMessage,
  oneof as rulesOfOneof,
  type StringRules,
} from "#gen/buf/validate/validate_pb.ts";

/** True if the value surely keeps the rules; false if it breaks one, or may. */
export type Check = (value: unknown) => boolean;

/**
 * A quick check of a message type's plain rules: lengths, patterns, bounds, counts, presence.
 *
 * Protovalidate reads a message by reflection, which costs more than decoding it did. This reads the
 * rules once and the fields directly, and answers only "surely valid" or "ask protovalidate": a rule
 * or a case that it does not know is the second, so it can be slow but never lets something pass.
 */
export function plainCheckOf(schema: DescMessage): Check {
  const known = CHECKS.get(schema);
  if (known !== undefined) return known;
  // Registered before it is made, for a message may contain itself.
  let check = UNSURE;
  CHECKS.set(schema, (message) => check(message));
  check = messageCheckOf(schema);
  CHECKS.set(schema, check);
  return check;
}

const CHECKS = new WeakMap<DescMessage, Check>();
const UNSURE: Check = () => false;
const SURE: Check = () => true;

type Fields = Readonly<Record<string, unknown>>;
type FieldsCheck = (fields: Fields) => boolean;

function messageCheckOf(schema: DescMessage): Check {
  if (!hasRules(schema)) return SURE;
  if (hasOption(schema, rulesOfMessage)) return UNSURE;
  const lone = schema.fields.filter(({ oneof }) => oneof === undefined);
  const checks = [...lone.map(fieldCheckOf), ...schema.oneofs.map(oneofCheckOf)].filter(isPresent);
  return (message) => {
    if (!isFields(message)) return false;
    for (const check of checks) {
      if (!check(message)) return false;
    }
    return true;
  };
}

/** Whether a rule stands anywhere below; most of the well-known types have none. */
function hasRules(schema: DescMessage, above: ReadonlySet<DescMessage> = new Set()): boolean {
  if (above.has(schema)) return false;
  const seen = new Set([...above, schema]);
  return (
    hasOption(schema, rulesOfMessage) ||
    schema.oneofs.some((oneof) => hasOption(oneof, rulesOfOneof)) ||
    schema.fields.some(
      (field) =>
        hasOption(field, rulesOfField) ||
        (field.message !== undefined && hasRules(field.message, seen)),
    )
  );
}

/** The check of a field outside of oneofs, or undefined where there is nothing to check. */
function fieldCheckOf(field: DescField): FieldsCheck | undefined {
  const { localName, presence } = field;
  const rules = getOption(field, rulesOfField);
  const check = valueCheckOf(field, rules);
  if (check === SURE && !rules.required) return undefined;
  if (presence === Presence.IMPLICIT) {
    return rules.required ? UNSURE : (fields) => check(fields[localName]);
  }
  const isOptional = !rules.required;
  return (fields) => {
    const value = fields[localName];
    return value === undefined ? isOptional : check(value);
  };
}

function oneofCheckOf(oneof: DescOneof): FieldsCheck | undefined {
  const { localName } = oneof;
  const isOptional = !getOption(oneof, rulesOfOneof).required;
  const checks = new Map<unknown, Check>();
  for (const member of oneof.fields) {
    const rules = getOption(member, rulesOfField);
    checks.set(member.localName, rules.required ? UNSURE : valueCheckOf(member, rules));
  }
  if (isOptional && [...checks.values()].every((check) => check === SURE)) return undefined;
  return (fields) => {
    const chosen = fields[localName];
    if (!isFields(chosen)) return false;
    if (chosen.case === undefined) return isOptional;
    const check = checks.get(chosen.case);
    return check?.(chosen.value) === true;
  };
}

function valueCheckOf(field: DescField, rules: FieldRules): Check {
  if (field.fieldKind === "list") return listCheckOf(field, rules);
  if (!isPlain(rules) || rules.cel.length > 0) return UNSURE;
  switch (field.fieldKind) {
    case "scalar":
      return scalarCheckOf(rules);
    case "enum":
      return enumCheckOf(
        rules,
        field.enum.values.map(({ number }) => number),
      );
    case "message":
      return rules.type.case === undefined ? plainCheckOf(field.message) : UNSURE;
    case "map":
      return hasOption(field, rulesOfField) || (field.message && hasRules(field.message))
        ? UNSURE
        : SURE;
  }
}

/** Whether nothing is said of a field but its presence, the rules of its type, and perhaps `cel`. */
function isPlain(rules: FieldRules): boolean {
  const { celExpression, ignore, $unknown = [] } = rules;
  const isBare = celExpression.length === 0 && $unknown.length === 0;
  return isBare && ignore === Ignore.UNSPECIFIED;
}

/** Whether the rules of a field's type say nothing but what `names` lists. */
function saysOnly({ type }: FieldRules, ...names: string[]): boolean {
  if (type.case === undefined) return true;
  const schema = FieldRulesSchema.fields.find(({ localName }) => localName === type.case)?.message;
  // A rule that this program's validate.proto does not know yet is kept as an unknown field.
  if (schema === undefined || (type.value.$unknown ?? []).length > 0) return false;
  const said = schema.fields.filter((field) => isFieldSet(type.value, field));
  return said.every(({ name }) => names.includes(name));
}

function scalarCheckOf(rules: FieldRules): Check {
  const { type } = rules;
  switch (type.case) {
    case undefined:
      return SURE;
    case "string":
      return saysOnly(rules, "min_len", "max_len", "pattern") ? textCheckOf(type.value) : UNSURE;
    case "uint32":
    case "uint64":
    case "int32":
    case "int64": {
      if (!saysOnly(rules, "lt", "lte", "gt", "gte")) return UNSURE;
      const { lessThan, greaterThan } = type.value;
      const isBelow = boundOf(lessThan);
      const isAbove = boundOf(greaterThan);
      // Bounds that cross mean "outside of"; too rare to be plain.
      if (isCrossed(greaterThan.value, lessThan.value)) return UNSURE;
      return (value) =>
        (typeof value === "number" || typeof value === "bigint") &&
        isBelow(value) &&
        isAbove(value);
    }
    default:
      return UNSURE;
  }
}

type Bound =
  | { case: "lt" | "lte" | "gt" | "gte"; value: number | bigint }
  | { case: undefined; value?: undefined };

function boundOf(bound: Bound): (value: number | bigint) => boolean {
  const limit = bound.value ?? 0;
  switch (bound.case) {
    case "lt":
      return (value) => value < limit;
    case "lte":
      return (value) => value <= limit;
    case "gt":
      return (value) => value > limit;
    case "gte":
      return (value) => value >= limit;
    case undefined:
      return () => true;
  }
}

function isCrossed(lowest?: number | bigint, highest?: number | bigint): boolean {
  return lowest !== undefined && highest !== undefined && lowest >= highest;
}

function textCheckOf({ minLen, maxLen, pattern }: StringRules): Check {
  const isShaped = pattern === "" ? undefined : plainPattern(pattern);
  if (pattern !== "" && isShaped === undefined) return UNSURE;
  // Rules count code points and `length` UTF-16 units, of which a code point has one or two.
  const unitsMin = minLen <= 1n ? Number(minLen) : Number(minLen) * 2;
  const unitsMax = maxLen === 0n ? Number.POSITIVE_INFINITY : Number(maxLen);
  return (value) =>
    typeof value === "string" &&
    value.length >= unitsMin &&
    value.length <= unitsMax &&
    (isShaped === undefined || isShaped.test(value));
}

/**
 * The pattern as a RegExp, if it is one that RE2 and JavaScript read alike and that no text makes
 * slow: anchored, of literals, classes and counts, with no group repeated.
 */
function plainPattern(pattern: string): RegExp | undefined {
  const isAlike = /^\^[A-Za-z0-9_:.,()[\]{}?*+ -]*\$$/.test(pattern);
  const isRepeatedGroup = /\(\?|\)[*+{]|\[[[:]/.test(pattern);
  if (!isAlike || isRepeatedGroup) return undefined;
  try {
    return new RegExp(pattern, "u");
  } catch {
    // Such as a lone brace, which RE2 takes for itself.
    return undefined;
  }
}

function enumCheckOf(rules: FieldRules, defined: readonly number[]): Check {
  if (rules.type.case === undefined) return SURE;
  if (rules.type.case !== "enum" || !saysOnly(rules, "defined_only", "not_in")) return UNSURE;
  const { definedOnly, notIn } = rules.type.value;
  const allowed = new Set<unknown>(defined.filter((number) => !notIn.includes(number)));
  if (definedOnly) return (value) => allowed.has(value);
  return (value) => typeof value === "number" && !notIn.includes(value);
}

function listCheckOf(field: DescField & { fieldKind: "list" }, rules: FieldRules): Check {
  const { type, cel } = rules;
  if (!isPlain(rules)) return UNSURE;
  if (type.case !== undefined && type.case !== "repeated") return UNSURE;
  if (!saysOnly(rules, "min_items", "max_items", "items", "unique")) return UNSURE;
  const { minItems = 0n, maxItems = 0n, items, unique = false } = type.value ?? {};
  // Texts alone: JavaScript and CEL agree on when two of them are the same.
  if (unique && !(field.listKind === "scalar" && field.scalar === ScalarType.STRING)) return UNSURE;
  const countMin = Number(minItems);
  const countMax = maxItems === 0n ? Number.POSITIVE_INFINITY : Number(maxItems);
  const check = itemCheckOf(field, items);
  const checks = cel.map(({ expression }) => uniqueCheckOf(field, expression));
  return (value) =>
    Array.isArray(value) &&
    value.length >= countMin &&
    value.length <= countMax &&
    (check === SURE || value.every(check)) &&
    (!unique || new Set(value).size === value.length) &&
    checks.every((unique) => unique(value));
}

/** The one rule in CEL that is known here: no two items of a list are alike in a field. */
const UNIQUE_BY = /^this\.map\((\w+), \1\.(\w+)\)\.unique\(\)$/;

function uniqueCheckOf(field: DescField & { fieldKind: "list" }, expression: string): Check {
  const name = UNIQUE_BY.exec(expression)?.[2];
  const by = field.message?.fields.find((own) => own.name === name);
  // Whole numbers alone: JavaScript and CEL agree on when two of them are the same.
  if (by?.fieldKind !== "scalar" || by.presence !== Presence.IMPLICIT) return UNSURE;
  if (by.scalar !== ScalarType.UINT32) return UNSURE;
  const { localName } = by;
  return (value) =>
    Array.isArray(value) &&
    new Set(value.map((item) => isFields(item) && item[localName])).size === value.length;
}

function itemCheckOf(field: DescField & { fieldKind: "list" }, items?: FieldRules): Check {
  if (items?.ignore === Ignore.ALWAYS) return SURE;
  if (items && (!isPlain(items) || items.cel.length > 0 || items.required)) return UNSURE;
  switch (field.listKind) {
    case "message":
      return items?.type.case === undefined ? plainCheckOf(field.message) : UNSURE;
    case "scalar":
      return items === undefined ? SURE : scalarCheckOf(items);
    case "enum":
      return items === undefined
        ? SURE
        : enumCheckOf(
            items,
            field.enum.values.map(({ number }) => number),
          );
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
