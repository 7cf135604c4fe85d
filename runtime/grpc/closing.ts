import { constants, type ServerHttp2Stream } from "node:http2";

/**
 * Closes a call once it is answered. Node keeps it open until its client has ended it too, which one that
 * still uploads may never do. The code says that the answer is complete (RFC 9113, section 8.1).
 */
export function closeWhenAnswered(stream: ServerHttp2Stream): void {
  stream.once("wantTrailers", () => {
    // After the trailers were sent, which Node's own response does in a setImmediate.
    setImmediate(() => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  });
}
