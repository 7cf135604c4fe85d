/**
 * A server of stock gRPC (`@grpc/grpc-js`) that answers uploads as ingest would, and keeps nothing: what
 * gRPC alone costs. Its parent is sent its port.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import {
  Durability,
  IngestService,
  type RecordGameRequest,
  type RecordGameResponse,
  type UploadLinesRequest,
  type UploadLinesResponse,
  UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";

const { uploadLines, recordGame } = IngestService.method;

const upload: handleBidiStreamingCall<UploadLinesRequest, UploadLinesResponse> = (call) => {
  call.on("data", (request: UploadLinesRequest) => {
    call.write(create(UploadLinesResponseSchema, answerTo(request)));
  });
  call.on("end", () => call.end());
};
const record: handleUnaryCall<RecordGameRequest, RecordGameResponse> = (_call, answer) =>
  answer(null, create(recordGame.output));

/** A method as grpc-js describes it. */
function definitionOf<Input extends DescMessage, Output extends DescMessage>({
  name,
  input,
  output,
  methodKind,
}: DescMethod & { input: Input; output: Output }): MethodDefinition<
  MessageShape<Input>,
  MessageShape<Output>
> {
  const isStream = methodKind === "bidi_streaming";
  return {
    path: `/${IngestService.typeName}/${name}`,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: (message) => Buffer.from(toBinary(input, message)),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(output, message)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

const server = new Server();
server.addService(
  { upload: definitionOf(uploadLines), record: definitionOf(recordGame) },
  { upload, record },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send?.(port);
});
process.on("disconnect", () => process.exit());

function answerTo({
  message,
}: UploadLinesRequest): MessageInitShape<typeof UploadLinesResponseSchema> {
  switch (message.case) {
    case "open":
      return { message: { case: "opened", value: { epoch: 1, nextNumber: 1n } } };
    case "batch": {
      const through = message.value.firstNumber + BigInt(message.value.lines.length) - 1n;
      return { message: { case: "ack", value: { through, durability: Durability.LOCAL } } };
    }
    default:
      return { message: { case: "finished", value: {} } };
  }
}
