import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  LineBatchSchema,
  type OpenUploadSchema,
  type UploadedLine,
  UploadedLineSchema,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";

/** A line to upload. */
export type NewLine = MessageInitShape<typeof UploadedLineSchema>;

/** The bytes of a line: they are made once, and go from spool to service as they are. */
export function encodeLine(line: NewLine): Uint8Array {
  return toBinary(UploadedLineSchema, create(UploadedLineSchema, line));
}

/** The line of these bytes. */
export function decodeLine(bytes: Uint8Array): UploadedLine {
  return fromBinary(UploadedLineSchema, bytes);
}

const BATCH = UploadLinesRequestSchema.field.batch.number;
const FIRST_NUMBER = LineBatchSchema.field.firstNumber.number;
const LINES = LineBatchSchema.field.lines.number;

/** The message of a batch of encoded lines. */
export function encodeBatch(firstNumber: number, lines: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(BATCH, WireType.LengthDelimited).fork();
  writer.tag(FIRST_NUMBER, WireType.Varint).uint64(firstNumber);
  for (const line of lines) writer.tag(LINES, WireType.LengthDelimited).bytes(line);
  return writer.join().finish();
}

/** The message that opens an upload. */
export function encodeOpen(value: MessageInitShape<typeof OpenUploadSchema>): Uint8Array {
  return encodeRequest({ message: { case: "open", value } });
}

/** The message that ends one. */
export function encodeFinish(lastNumber: number): Uint8Array {
  return encodeRequest({ message: { case: "finish", value: { lastNumber: BigInt(lastNumber) } } });
}

function encodeRequest(request: MessageInitShape<typeof UploadLinesRequestSchema>): Uint8Array {
  return toBinary(UploadLinesRequestSchema, create(UploadLinesRequestSchema, request));
}
