/**
 * A server that answers uploads as ingest would, and keeps nothing: what gRPC alone costs. Its parent is
 * sent its port.
 */
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  Durability,
  IngestService,
  type UploadLinesRequest,
  type UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";

const server = createServer(
  connectNodeAdapter({
    routes: (router) =>
      router.service(IngestService, {
        async *uploadLines(requests) {
          for await (const request of requests) yield answerTo(request);
        },
        recordGame: () => ({}),
      }),
  }),
);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
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
