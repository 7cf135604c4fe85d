import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

/** A message as gRPC frames it: a byte for compression, which is none, and its length before it. */
export function framed<Schema extends DescMessage>(
  schema: Schema,
  message: MessageInitShape<Schema>,
): Buffer {
  const body = toBinary(schema, create(schema, message));
  const frame = Buffer.alloc(5 + body.length);
  frame.writeUInt32BE(body.length, 1);
  frame.set(body, 5);
  return frame;
}
