import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { deadlineExceeded, eachMessage, untilAborted } from "./aborts.ts";
import { badRequest, failure } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { violationsIn } from "./validation.ts";

/** The form in which a failure of a call leaves the process; `gone` is why it is over, if it is. */
export type Speak = (error: unknown, method: DescMethod, gone: unknown) => ConnectError;

/**
 * Gives every failure a form that may leave the process. An Outage becomes STORE_UNREACHABLE;
 * what is not a ConnectError is a bug, of which the caller reads "internal error". What has a cause
 * is logged, here and nowhere else.
 */
export function speaker(log: Log): Speak {
  return (error, method, gone) => {
    const spoken = spokenOf(error, gone);
    const rpc = `${method.parent.typeName}/${method.name}`;
    if (spoken.code === Code.Internal) log.error({ rpc, err: spoken.cause ?? spoken }, "failed");
    else if (spoken.cause !== undefined) log.warn({ rpc, err: spoken.cause }, spoken.rawMessage);
    return spoken;
  };
}

/** Gives failures their form. */
export function outages(speakOf: Speak): Interceptor {
  return (next) => async (request) => {
    const { signal, method } = request;
    const speak = (error: unknown) => speakOf(error, method, signal.reason);
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: failingAs(response.message, speak) };
    } catch (error) {
      throw speak(error);
    }
  };
}

/** The form in which a failure leaves the process; `gone` is why the call is over, if it is. */
export function spokenOf(error: unknown, gone?: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof Outage) {
    const { store, retryAfterMs } = error;
    const message = `${store} gave no answer.`;
    return failure("STORE_UNREACHABLE", message, {
      metadata: { store },
      retryAfterMs,
      cause: error,
    });
  }
  // The caller has gone: nobody reads this, and it is no bug.
  if (gone !== undefined && error === gone) return new ConnectError("cancelled", Code.Canceled);
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}

async function* failingAs<Message>(
  messages: AsyncIterable<Message>,
  speak: (error: unknown) => ConnectError,
): AsyncGenerator<Message, void, undefined> {
  try {
    yield* messages;
  } catch (error) {
    throw speak(error);
  }
}

/**
 * Ends calls whose time is up or whose caller has gone, also where the handler waits for something
 * else: the answer ends, and whoever waits for a message of the request is woken by the reason.
 */
export function deadlines({ unaryMaxMs, requestMs }: Limits): Interceptor {
  return (next) => async (request) => {
    const ending = new AbortController();
    const { signal } = ending;
    // The call's own signal aborts at its end at the latest, so this listener does not stay.
    request.signal.addEventListener("abort", () => ending.abort(request.signal.reason));
    const onLate = () => ending.abort(deadlineExceeded());

    if (request.stream) {
      // Its first message must come in time.
      const timer = setTimeout(onLate, requestMs);
      const message = eachMessage(request.message, signal, () => clearTimeout(timer));
      const response = await next({ ...request, message, signal });
      if (!response.stream) return response;
      return { ...response, message: eachMessage(response.message, signal) };
    }
    const timer = setTimeout(onLate, unaryMaxMs);
    try {
      return await untilAborted(signal, next({ ...request, signal }));
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * Ends streams of answers that would go on for ever: by the reason of `draining` when that aborts, since
 * no drain could wait for them, and after the age of a connection, so that clients spread again.
 */
export function endings(limits: Limits, draining: AbortSignal): Interceptor {
  return (next) => async (request) => {
    const response = await next(request);
    if (!isEndless(request.method) || !response.stream) return response;
    return { ...response, message: untilEnding(response.message, draining, limits) };
  };
}

/** Whether a method answers for as long as it is asked, and does not know when to end. */
export function isEndless({ methodKind, parent }: DescMethod): boolean {
  // Those who ask for health are told of the end in its own words.
  return methodKind === "server_streaming" && parent.typeName !== Health.typeName;
}

/** How long an endless stream lasts: about as long as a connection. */
export function endlessMs({ ageMs }: Limits): number {
  return ageMs * (0.9 + 0.2 * Math.random());
}

/** The failure of one that has lasted so long. */
export function lastedItsTime(): ConnectError {
  return failure("SHUTTING_DOWN", "The stream has lasted its time.", { retryAfterMs: 0 });
}

async function* untilEnding<Message>(
  messages: AsyncIterable<Message>,
  draining: AbortSignal,
  limits: Limits,
): AsyncGenerator<Message, void, undefined> {
  const ending = new AbortController();
  const onDrain = () => ending.abort(draining.reason);
  const timer = setTimeout(() => ending.abort(lastedItsTime()), endlessMs(limits));
  if (draining.aborted) onDrain();
  else draining.addEventListener("abort", onDrain, { once: true });
  try {
    yield* eachMessage(messages, ending.signal);
  } finally {
    clearTimeout(timer);
    draining.removeEventListener("abort", onDrain);
  }
}

/** Refuses messages that break a rule beside their fields, naming each field at fault. */
export function validation(): Interceptor {
  return (next) => (request) => next(request.stream ? checkedStream(request) : checked(request));
}

function checked(request: UnaryRequest): UnaryRequest {
  check(request, request.message);
  return request;
}

function checkedStream(request: StreamRequest): StreamRequest {
  const messages = request.message[Symbol.asyncIterator]();
  // Not a generator: an upload has a message for every line, and each generator on its way costs.
  const checkedMessages: AsyncIterableIterator<UnaryRequest["message"]> = {
    [Symbol.asyncIterator]: () => checkedMessages,
    async next() {
      const next = await messages.next();
      if (!next.done) check(request, next.value);
      return next;
    },
    return: (value) => messages.return?.(value) ?? Promise.resolve({ done: true, value }),
  };
  return { ...request, message: checkedMessages };
}

function check(request: UnaryRequest | StreamRequest, message: UnaryRequest["message"]): void {
  const violations = violationsIn(request.method.input, message);
  if (violations.length > 0) throw badRequest(violations);
}
