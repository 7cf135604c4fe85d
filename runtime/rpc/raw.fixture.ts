import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
} from "node:http2";
import { onTestFinished } from "vitest";

/** A bare HTTP/2 connection that ends with the test and takes any error in silence. */
export function rawSession(
  address: string,
  options: ClientSessionOptions = {},
): ClientHttp2Session {
  const session = connect(`http://${address}`, options);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

/** A gRPC call made by hand, and its trailers, which are the headers where it failed at once. */
export function rawCall(
  session: ClientHttp2Session,
  path: string,
  headers: Record<string, string | string[]> = {},
): { stream: ClientHttp2Stream; trailers: Promise<Record<string, unknown>> } {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {});
  const trailers = new Promise<Record<string, unknown>>((resolve) => {
    let last: Record<string, unknown> = {};
    stream.on("response", (found) => {
      last = { ...found };
    });
    stream.on("trailers", (found) => {
      last = { ...last, ...found };
    });
    stream.on("close", () => resolve({ ...last, rstCode: stream.rstCode }));
  });
  stream.resume();
  return { stream, trailers };
}

/** A message in its gRPC frame. */
export function framed(message: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
