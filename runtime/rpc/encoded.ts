import {
  create,
  type DescMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { HandlerContext } from "@connectrpc/connect";
import { Call } from "#runtime/grpc";

/** Fields of a message as the wire has them. */
export type EncodedFields = NonNullable<Message["$unknown"]>;

/** The same fields as they stand one behind the other. */
const bytesOf = new WeakMap<EncodedFields, Uint8Array>();

/** Encodes fields that many answers share. */
export function encodedFields<Schema extends DescMessage>(
  schema: Schema,
  fields: MessageInitShape<Schema>,
): EncodedFields {
  const bytes = toBinary(schema, create(schema, fields));
  const reader = new BinaryReader(bytes);
  const encoded: EncodedFields = [];
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    encoded.push({ no, wireType, data: reader.skip(wireType, no) });
  }
  bytesOf.set(encoded, bytes);
  return encoded;
}

/**
 * A message of some fields, and of others that are encoded already. On the wire it is what it would be
 * otherwise; here, and as JSON, it has only the former: see {@link takesBinary}.
 */
export function withEncoded<Schema extends DescMessage>(
  schema: Schema,
  fields: MessageInitShape<Schema>,
  encoded: EncodedFields,
): MessageShape<Schema> {
  const message = create(schema, fields);
  message.$unknown = encoded;
  return message;
}

/** A message as the wire has it, in parts: what answers share is not copied. */
export function partsOf(schema: DescMessage, message: MessageInitShape<DescMessage>): Uint8Array[] {
  const made = create(schema, message);
  const shared = made.$unknown && bytesOf.get(made.$unknown);
  if (shared === undefined) return [toBinary(schema, made)];
  return [toBinary(schema, made, { writeUnknownFields: false }), shared];
}

/** Whether the answer to a call is sent as binary protobuf, which all but Connect's JSON is. */
export function takesBinary(context: Pick<HandlerContext, "requestHeader">): boolean {
  // Its headers need not be looked at.
  if (context instanceof Call) return true;
  return !/json/i.test(context.requestHeader.get("content-type") ?? "json");
}
