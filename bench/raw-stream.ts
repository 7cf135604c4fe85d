import { type ClientHttp2Session, constants } from "node:http2";

const FRAME_HEADER_BYTES = 5;

/** A call on a bare HTTP/2 stream, which takes messages that are framed already. */
export type RawStream = {
  write(frames: Buffer): void;
  /** Sends the last messages: what is asked once is answered only then. */
  end(frames: Buffer): void;
  cancel(): void;
};

/** What a call tells its caller. */
export type Heard = { message(body: Uint8Array): void; failed(error: Error): void };

/**
 * Opens a call. Nothing is queued, encoded or decoded here, so that who calls costs little. Says nothing
 * more once it was cancelled.
 */
export function rawStream(session: ClientHttp2Session, path: string, heard: Heard): RawStream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc+proto",
    te: "trailers",
  });
  let rest: Buffer = Buffer.alloc(0);
  let over = false;
  stream.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= FRAME_HEADER_BYTES && !over) {
      const end = FRAME_HEADER_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) return;
      heard.message(rest.subarray(FRAME_HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
  });
  stream.on("trailers", (trailers) => {
    const status = trailers["grpc-status"];
    if (status !== "0") fail(new Error(`${status} ${trailers["grpc-message"]}`));
  });
  stream.on("error", fail);

  function fail(error: Error): void {
    if (!over) heard.failed(error);
    over = true;
  }
  return {
    write: (frames) => void stream.write(frames),
    end: (frames) => void stream.end(frames),
    cancel() {
      over = true;
      stream.close(constants.NGHTTP2_CANCEL);
    },
  };
}
