import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";

/**
 * What `promise` gives, unless `signal` aborts first: then it throws the signal's reason. The work
 * behind the promise is not stopped.
 */
export function untilAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  // Not Promise.race with one promise of the abort: each race would hang on to it until it settles.
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * The messages as they come, until they end or `signal` aborts: then it throws the signal's reason,
 * also while it waits for a message. An end that was not sent never looks like one. `onNews` is called
 * with each message, and at the end, whatever that is.
 */
export async function* eachMessage<Message>(
  messages: AsyncIterable<Message>,
  signal: AbortSignal,
  onNews?: () => void,
): AsyncGenerator<Message, void, undefined> {
  const iterator = messages[Symbol.asyncIterator]();
  // One listener for all messages: each of them would pay for its own.
  let fail: ((reason: unknown) => void) | undefined;
  const onAbort = () => fail?.(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await new Promise<IteratorResult<Message>>((resolve, reject) => {
        fail = reject;
        iterator.next().then(resolve, reject);
      });
      if (next.done) return;
      onNews?.();
      yield next.value;
    }
  } finally {
    onNews?.();
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a generator that waits for its peer answers return() only after that.
    iterator.return?.().catch(() => {});
  }
}

/** How long a handler has. */
export type Deadline = {
  /** Milliseconds left, 0 when none are. */
  remainingMs(): number;
  /** Aborts when nothing is left, when the caller went away, and when the call has ended. */
  readonly signal: AbortSignal;
};

/** The caller's deadline: `defaultMs` from now if it named none, and at most `maxMs` from now. */
export function deadlineOf(context: HandlerContext, defaultMs: number, maxMs: number): Deadline {
  return new CallDeadline(context, Math.min(context.timeoutMs() ?? defaultMs, maxMs));
}

// A class, as V8 makes the getter of an object that is written down old from the start, and with it the call.
class CallDeadline implements Deadline {
  readonly #context: HandlerContext;
  readonly #endMs: number;
  #signal: AbortSignal | undefined;

  constructor(context: HandlerContext, ms: number) {
    this.#context = context;
    this.#endMs = performance.now() + ms;
  }

  // A timer may run a fraction of a millisecond early.
  remainingMs = (): number => (this.#signal?.aborted ? 0 : this.#leftMs());

  /** Made when somebody waits: most calls are answered before that. */
  get signal(): AbortSignal {
    this.#signal ??= endingAfter(this.#leftMs(), this.#context.signal);
    return this.#signal;
  }

  #leftMs(): number {
    return Math.max(0, this.#endMs - performance.now());
  }
}

function endingAfter(ms: number, call: AbortSignal): AbortSignal {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(deadlineExceeded()), ms);
  const onAbort = () => {
    clearTimeout(timer);
    ending.abort(call.reason);
  };
  // A call's signal always aborts, at its end at the latest, so neither timer nor listener stays.
  if (call.aborted) onAbort();
  else call.addEventListener("abort", onAbort, { once: true });
  return ending.signal;
}

/** The error of a call whose time is up. */
export function deadlineExceeded(): ConnectError {
  return new ConnectError("the deadline has passed", Code.DeadlineExceeded);
}
