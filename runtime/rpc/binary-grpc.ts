import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import {
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type MethodImplSpec, type ServiceImplSpec } from "@connectrpc/connect";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import { compressionGzip } from "@connectrpc/connect-node";
import { Call, type Frame, framed, Requests, RunningCalls } from "#runtime/grpc";
import { deadlineExceeded } from "./aborts.ts";
import { partsOf } from "./encoded.ts";
import { badRequest } from "./errors.ts";
import { endlessMs, isEndless, lastedItsTime, type Speak } from "./interceptors.ts";
import type { Limits } from "./limits.ts";
import { violationsIn } from "./validation.ts";

/** What calls are answered by. */
export type CallMeans = {
  readonly services: readonly ServiceImplSpec[];
  readonly limits: Limits;
  /** Gives a failure the form in which it leaves the process. */
  readonly speak: Speak;
  /** Ends streams that would go on for ever, with its reason. */
  readonly draining: AbortSignal;
  /** Ends all calls, with its reason. */
  readonly shutdown: AbortSignal;
};

const CONTENT_TYPE = /^application\/grpc(\+proto)?(;|$)/i;

/**
 * Answers the calls of binary gRPC. Returns a function that takes a call, or says that it is none of them:
 * another protocol, a method that is not known, a compression that is not ours.
 */
export function grpcCalls(means: CallMeans) {
  const { services, draining, shutdown } = means;
  const specs = new Map(
    services.flatMap(({ methods }) =>
      Object.values(methods).map((spec) => [pathOf(spec), spec] as const),
    ),
  );
  const running = new RunningCalls();
  shutdown.addEventListener("abort", () => {
    for (const call of running.all()) call.end(shutdown.reason);
  });
  draining.addEventListener("abort", () => {
    for (const call of running.all()) if (isEndless(call.method)) call.end(draining.reason);
  });
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean => {
    const spec = specs.get(headers[":path"] ?? "");
    if (spec === undefined || !isOurs(headers)) return false;
    begin(means, running, spec, stream, headers);
    return true;
  };
}

function pathOf({ method }: MethodImplSpec): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function isOurs(headers: IncomingHttpHeaders): boolean {
  const encoding = headers["grpc-encoding"] ?? "identity";
  return (
    headers[":method"] === "POST" &&
    CONTENT_TYPE.test(headers["content-type"] ?? "") &&
    (encoding === "identity" || encoding === "gzip")
  );
}

/** What one call is answered by. */
type Answering = {
  readonly call: Call;
  readonly requests: Requests<MessageShape<DescMessage>>;
  readonly limits: Limits;
};

function begin(
  { limits, speak, draining }: CallMeans,
  running: RunningCalls,
  spec: MethodImplSpec,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const { method, kind } = spec;
  const timeout = parseTimeout(headers["grpc-timeout"]?.toString() ?? null, Number.MAX_VALUE);
  const call = new Call(stream, headers, method, timeout.timeoutMs, (reason) => {
    running.delete(call);
    requests.fail(reason);
  });
  const isGzip = headers["grpc-encoding"] === "gzip";
  const read = (frame: Frame) => messageIn(method.input, frame, isGzip, limits.readMaxBytes);
  const requests = new Requests(stream, limits.readMaxBytes, read);
  running.add(call);
  if (timeout.timeoutMs !== undefined) call.endAfter(timeout.timeoutMs, deadlineExceeded);
  if (isEndless(method)) {
    if (draining.aborted) call.end(draining.reason);
    call.endAfter(endlessMs(limits), lastedItsTime);
  }
  if (timeout.error !== undefined) call.end(timeout.error);
  const answering = { call, requests, limits };
  const isWhole = kind === "unary" || kind === "server_streaming";
  const answered = isWhole ? answerOne(spec, answering) : answerMany(spec, answering);
  answered.catch((error: unknown) => call.end(speak(error, method, call.reason)));
}

// No handler runs before such a request is complete, so only `requestMs` ends one whose body never comes.
async function answerOne(
  spec: Extract<MethodImplSpec, { kind: "unary" | "server_streaming" }>,
  answering: Answering,
): Promise<void> {
  const { call, requests, limits } = answering;
  const late = setTimeout(() => call.cut(), limits.requestMs);
  const request = await theOnly(requests).finally(() => clearTimeout(late));
  if (spec.kind === "server_streaming") return sendAll(spec, answering, spec.impl(request, call));
  call.endAfter(limits.unaryMaxMs, deadlineExceeded);
  const answer = await spec.impl(request, call);
  call.end(undefined, frameOf(spec, answer, limits));
}

async function answerMany(
  spec: Extract<MethodImplSpec, { kind: "client_streaming" | "bidi_streaming" }>,
  answering: Answering,
): Promise<void> {
  const { call, requests, limits } = answering;
  const late = setTimeout(() => call.end(deadlineExceeded()), limits.requestMs);
  requests.whenBegun(() => clearTimeout(late));
  if (spec.kind === "bidi_streaming") return sendAll(spec, answering, spec.impl(requests, call));
  const answer = await spec.impl(requests, call);
  call.end(undefined, frameOf(spec, answer, limits));
}

async function sendAll(
  spec: MethodImplSpec,
  { call, limits }: Answering,
  messages: AsyncIterable<MessageInitShape<DescMessage>>,
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]();
  // Not awaited: a generator that waits for something else answers return() only after that.
  call.whenOver(() => void iterator.return?.().catch(() => {}));
  for (;;) {
    const next = await iterator.next();
    if (next.done || call.reason !== undefined) break;
    await call.write(frameOf(spec, next.value, limits), limits.unreadMs);
  }
  call.end(undefined);
}

async function theOnly<Message>(requests: Requests<Message>): Promise<Message> {
  const first = await requests.next();
  if (first.done) throw new ConnectError("the request is missing", Code.Unimplemented);
  const second = await requests.next();
  if (!second.done) throw new ConnectError("there is more than one request", Code.Unimplemented);
  return first.value;
}

function messageIn(
  schema: DescMessage,
  { isCompressed, bytes }: Frame,
  isGzip: boolean,
  maxBytes: number,
) {
  if (!isCompressed) return parsed(schema, bytes);
  if (isGzip) {
    const inflated = compressionGzip.decompress(new Uint8Array(bytes), maxBytes);
    return inflated.then((message) => parsed(schema, message));
  }
  const message = "a message is compressed, and grpc-encoding does not say how";
  throw new ConnectError(message, Code.InvalidArgument);
}

function parsed(schema: DescMessage, bytes: Uint8Array): MessageShape<DescMessage> {
  const message = decoded(schema, bytes);
  const violations = violationsIn(schema, message);
  if (violations.length > 0) throw badRequest(violations);
  return message;
}

function decoded(schema: DescMessage, bytes: Uint8Array): MessageShape<DescMessage> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    const { message } = error as Error;
    throw new ConnectError(`not a ${schema.typeName}: ${message}`, Code.InvalidArgument);
  }
}

function frameOf(
  { method: { output } }: MethodImplSpec,
  message: MessageInitShape<DescMessage>,
  { writeMaxBytes }: Limits,
): Uint8Array[] {
  return framed(partsOf(output, message), writeMaxBytes);
}
