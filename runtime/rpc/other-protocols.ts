import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { compressionGzip, connectNodeAdapter } from "@connectrpc/connect-node";
import { closeWhenAnswered } from "#runtime/grpc";
import type { Log } from "#runtime/log";
import { deadlines, endings, outages, type Speak, validation } from "./interceptors.ts";
import type { Limits } from "./limits.ts";

/** What calls are answered by. */
type Means = {
  readonly limits: Limits;
  readonly speak: Speak;
  readonly draining: AbortSignal;
  readonly shutdown: AbortSignal;
  readonly log: Log;
};

/**
 * Answers what is not binary gRPC: gRPC-Web, Connect and its JSON, and refuses the rest, each in the way of
 * its protocol.
 */
export function otherProtocols(
  registerAll: (router: ConnectRouter) => void,
  { limits, speak, draining, shutdown, log }: Means,
) {
  const wholeRequests = new Set<string>();
  const streams = new Set<string>();
  const answer = connectNodeAdapter({
    routes(router) {
      registerAll(router);
      for (const { method, requestPath } of router.handlers) {
        if (isWholeRequest(method)) wholeRequests.add(requestPath);
        if (method.methodKind === "server_streaming") streams.add(requestPath);
      }
    },
    interceptors: [outages(speak), deadlines(limits), endings(limits, draining), validation()],
    readMaxBytes: limits.readMaxBytes,
    writeMaxBytes: limits.writeMaxBytes,
    acceptCompression: [compressionGzip],
    // Answers are small, and compressing them costs more than sending them.
    compressMinBytes: Number.MAX_SAFE_INTEGER,
    shutdownSignal: shutdown,
  });
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => {
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
    const response = new Http2ServerResponse(stream);
    if (wholeRequests.has(request.url)) endWhenLate(request, limits.requestMs);
    if (streams.has(request.url)) sendOneByOne(response, limits.unreadMs);
    closeWhenAnswered(stream);
    try {
      answer(request, response);
    } catch (error) {
      // The adapter throws where :authority is missing or is no host name; uncaught, one such request
      // would end the process.
      log.debug({ err: error }, "refused");
      response.writeHead(400).end();
    }
  };
}

function isWholeRequest({ methodKind }: DescMethod): boolean {
  return methodKind === "unary" || methodKind === "server_streaming";
}

// No handler and no interceptor runs before such a request is complete, so only this ends a call
// whose body never comes.
function endWhenLate(request: Http2ServerRequest, requestMs: number): void {
  const timer = setTimeout(() => request.stream.close(constants.NGHTTP2_CANCEL), requestMs);
  request.once("end", () => clearTimeout(timer));
  request.once("close", () => clearTimeout(timer));
}

// Connect asks a handler for its next message while Node's buffer has room, which is 64 KiB: hundreds
// of changes that a slow peer would have to read before the newest. So it is asked only when the kernel
// has taken the message before. Who does not read for too long loses its place to others.
function sendOneByOne(response: Http2ServerResponse, unreadMs: number): void {
  const write = response.write.bind(response) as (
    chunk: string | Uint8Array,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ) => boolean;
  response.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error: Error) => void),
    done?: (error: Error) => void,
  ) => {
    const named = typeof encoding === "string" ? encoding : "binary";
    const told = typeof encoding === "string" ? done : encoding;
    const late = setTimeout(() => response.stream.close(constants.NGHTTP2_CANCEL), unreadMs);
    write(chunk, named, (error) => {
      clearTimeout(late);
      if (error) told?.(error);
      else response.emit("drain");
    });
    return false;
  };
}
