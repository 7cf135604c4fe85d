import { type ClientHttp2Session, constants } from "node:http2";
import { BinaryReader } from "@bufbuild/protobuf/wire";

const PATH = "/courtside.ingest.v1.IngestService/UploadLines";
const FRAME_HEADER_BYTES = 5;

// The fields of UploadLinesResponse, and those of UploadAck that a sender needs.
const ACK = 2;
const FINISHED = 3;
const ACK_THROUGH = 1;
const ACK_POSITION = 2;

/** What an upload tells its sender. */
export type Answers = {
  opened(): void;
  /** Everything up to this number is durable; `position` is the token. */
  acknowledged(through: number, position: string): void;
  finished(): void;
  failed(error: Error): void;
};

/** An upload on a bare HTTP/2 stream, which takes messages that are framed already. */
export type RawUpload = { write(frames: Buffer): void; cancel(): void };

/** Opens a call of UploadLines. Nothing is queued or encoded here, so that a sender costs little. */
export function rawUpload(session: ClientHttp2Session, answers: Answers): RawUpload {
  const stream = session.request({
    ":method": "POST",
    ":path": PATH,
    "content-type": "application/grpc+proto",
    te: "trailers",
  });
  let rest: Buffer = Buffer.alloc(0);
  let over = false;
  stream.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) return;
      tell(rest.subarray(FRAME_HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
  });
  stream.on("trailers", (trailers) => {
    const status = trailers["grpc-status"];
    if (status !== "0" && !over) fail(new Error(`${status} ${trailers["grpc-message"]}`));
  });
  stream.on("error", fail);

  function fail(error: Error): void {
    if (!over) answers.failed(error);
    over = true;
  }
  function tell(message: Uint8Array): void {
    const reader = new BinaryReader(message);
    const [field] = reader.tag();
    if (field === FINISHED) {
      over = true;
      answers.finished();
      return;
    }
    if (field !== ACK) {
      answers.opened();
      return;
    }
    const ack = new BinaryReader(reader.bytes());
    let through = 0;
    let position = "";
    while (ack.pos < ack.len) {
      const [field, wireType] = ack.tag();
      if (field === ACK_THROUGH) through = Number(ack.uint64());
      else if (field === ACK_POSITION) position = ack.string();
      else ack.skip(wireType);
    }
    answers.acknowledged(through, position);
  }
  return {
    write: (frames) => void stream.write(frames),
    cancel() {
      over = true;
      stream.close(constants.NGHTTP2_CANCEL);
    },
  };
}
