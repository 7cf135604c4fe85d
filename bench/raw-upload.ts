import type { ClientHttp2Session } from "node:http2";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { type RawStream, rawStream } from "./raw-stream.ts";

const PATH = "/courtside.ingest.v1.IngestService/UploadLines";

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

/** Opens a call of UploadLines. */
export function rawUpload(session: ClientHttp2Session, answers: Answers): RawStream {
  const stream = rawStream(session, PATH, { message, failed });
  let finished = false;

  function failed(error: Error): void {
    if (!finished) answers.failed(error);
  }
  function message(body: Uint8Array): void {
    const reader = new BinaryReader(body);
    const [field] = reader.tag();
    if (field === FINISHED) {
      finished = true;
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
  return stream;
}
