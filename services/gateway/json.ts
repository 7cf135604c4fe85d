import {
  type DescField,
  type DescMessage,
  isMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { TimestampSchema, timestampDate } from "@bufbuild/protobuf/wkt";

/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * A message as the gateway writes it: the names of proto JSON, but 64-bit numbers as numbers, times as
 * RFC 3339, and enum values as words such as "final". What is unknown or an empty text is left out, a
 * zero never is.
 */
export function jsonOf(schema: DescMessage, message: Message): { [name: string]: unknown } {
  return objectOf(reflect(schema, message));
}

/**
 * The schema of what {@link jsonOf} makes of such a message, as a reference into `components`, to which
 * it and those it needs are added under their names.
 */
export function schemaOf(desc: DescMessage, components: Map<string, JsonSchema>): JsonSchema {
  if (desc.typeName === TimestampSchema.typeName) return { type: "string", format: "date-time" };
  if (!components.has(desc.name)) {
    // Taken before its fields are looked at: a message may hold itself.
    components.set(desc.name, {});
    const properties = desc.fields.map((field) => [field.jsonName, fieldSchema(field, components)]);
    components.set(desc.name, {
      type: "object",
      properties: Object.fromEntries(properties),
      required: desc.fields.filter(isAlwaysThere).map(({ jsonName }) => jsonName),
    });
  }
  return { $ref: `#/components/schemas/${desc.name}` };
}

function objectOf(message: ReflectMessage): { [name: string]: unknown } {
  const there = message.fields.filter((field) => isAlwaysThere(field) || message.isSet(field));
  return Object.fromEntries(there.map((field) => [field.jsonName, fieldValue(message, field)]));
}

// Lists, and numbers of which the .proto does not tell absent from zero.
function isAlwaysThere(field: DescField): boolean {
  if (field.fieldKind !== "scalar") return field.fieldKind === "list";
  const isOptional = field.oneof !== undefined || field.proto.proto3Optional;
  return !isOptional && field.scalar !== ScalarType.STRING;
}

function fieldValue(message: ReflectMessage, field: DescField): unknown {
  switch (field.fieldKind) {
    case "list":
      return [...message.get(field)].map(plain);
    case "enum":
      return wordOf(field.enum, message.get(field));
    case "message":
    case "scalar":
      return plain(message.get(field));
    case "map":
      throw unwritten(field);
  }
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (!isReflected(value)) return value;
  if (isMessage(value.message, TimestampSchema)) return timestampDate(value.message).toISOString();
  return objectOf(value);
}

function isReflected(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "message" in value;
}

type Enum = Extract<DescField, { fieldKind: "enum" }>["enum"];

// GAME_STATUS_FINAL is "final". A value newer than this program keeps its number.
function wordOf(desc: Enum, number: number): string {
  const name = desc.value[number]?.name;
  if (name === undefined) return String(number);
  const prefix = desc.sharedPrefix?.toUpperCase() ?? "";
  return (name.startsWith(prefix) ? name.slice(prefix.length) : name)
    .toLowerCase()
    .replaceAll("_", "-");
}

function fieldSchema(field: DescField, components: Map<string, JsonSchema>): JsonSchema {
  if (field.fieldKind === "list") {
    return { type: "array", items: itemSchema(field, components) };
  }
  return itemSchema(field, components);
}

function itemSchema(field: DescField, components: Map<string, JsonSchema>): JsonSchema {
  if (field.message !== undefined) return schemaOf(field.message, components);
  if (field.enum !== undefined) {
    const { enum: desc } = field;
    // The unspecified one, 0, is never written.
    const words = desc.values.filter(({ number }) => number !== 0);
    return { type: "string", enum: words.map(({ number }) => wordOf(desc, number)) };
  }
  switch (field.scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number" };
    case ScalarType.UINT32:
    case ScalarType.UINT64:
      return { type: "integer", minimum: 0 };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.INT64:
    case ScalarType.SINT64:
      return { type: "integer" };
    default:
      throw unwritten(field);
  }
}

function unwritten(field: DescField): Error {
  return new Error(`${field.parent.typeName}.${field.name} has no form in JSON yet`);
}
