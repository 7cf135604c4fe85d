import type { ClientDuplexStream, ClientReadableStream, ServiceError } from "@grpc/grpc-js";

/** One running call that sends and receives. */
export type ClientStream<Request, Response> = {
  /**
   * Sends a message, or the bytes of one, compressed if it says so and the client may. Settles when the
   * transport wants more: who awaits it never holds more than a few messages. Rejects with the call's
   * error once it has failed. After the peer has ended the call well, what is written goes nowhere.
   */
  write(request: Request | Uint8Array, options?: { readonly compress?: boolean }): Promise<void>;
  /** Says that nothing more comes. */
  end(): void;
  /** Gives the call up: `responses` throws CANCELLED. */
  cancel(): void;
  /** What the peer sends, until it ends the call or the call fails. To be read once. */
  readonly responses: AsyncIterable<Response>;
};

// WriteFlags.NoCompress of grpc-js, which has no value when it runs.
const NO_COMPRESS = 2;

/** How a call ended: undefined while it runs. */
type Outcome = { readonly error?: ServiceError };

/**
 * The messages of a call; leaving early cancels it. `onEnd` runs when the call has ended.
 *
 * Not the stream's own iterator: grpc-js emits a call's error on a stream that it does not destroy,
 * so an iterator that begins after the error would wait for ever, and without a listener it would
 * end the process.
 */
export function responsesOf<Response>(
  stream: ClientReadableStream<Response>,
  onEnd: () => void,
): AsyncIterable<Response> {
  return readerOf(stream, watch(stream, onEnd));
}

/** A running call as a ClientStream. */
export function streamOf<Init, Response>(
  stream: ClientDuplexStream<Uint8Array, Response>,
  toBytes: (request: Init) => Uint8Array,
  onEnd: () => void,
): ClientStream<Init, Response> {
  const watched = watch(stream, onEnd);
  let ended = false;
  return {
    async write(request, { compress = false } = {}) {
      const error = watched.outcome()?.error;
      if (error !== undefined) throw error;
      if (ended) throw new TypeError("write after end()");
      const bytes = request instanceof Uint8Array ? request : toBytes(request);
      // grpc-js takes the flags of a message in the place of its encoding.
      const flags = compress ? undefined : NO_COMPRESS;
      // The outcome may come while the stream is full, and then it never drains.
      if (stream.write(bytes, flags) || watched.outcome() !== undefined) return;
      await new Promise<void>((resolve, reject) => {
        const onDrain = () => {
          stream.off("drain", onDrain);
          stream.off("status", onStatus);
          const { error } = watched.outcome() ?? {};
          if (error === undefined) resolve();
          else reject(error);
        };
        const onStatus = onDrain;
        stream.on("drain", onDrain);
        stream.on("status", onStatus);
      });
    },
    end() {
      ended = true;
      stream.end();
    },
    cancel: () => stream.cancel(),
    responses: readerOf(stream, watched),
  };
}

type Watched = {
  readonly outcome: () => Outcome | undefined;
  /** Settles at the next message or at the end. */
  readonly changed: () => Promise<void>;
};

function watch(stream: ClientReadableStream<unknown>, onEnd: () => void): Watched {
  let outcome: Outcome | undefined;
  let change = Promise.withResolvers<void>();
  const wake = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const settle = (found: Outcome) => {
    if (outcome !== undefined) return;
    outcome = found;
    onEnd();
    wake();
  };
  stream.on("error", (error: ServiceError) => settle({ error }));
  // After the error of a call that failed, and alone where it went well.
  stream.on("status", () => settle({}));
  stream.on("readable", wake);
  return { outcome: () => outcome, changed: () => change.promise };
}

async function* readerOf<Response>(
  stream: ClientReadableStream<Response>,
  { outcome, changed }: Watched,
): AsyncGenerator<Response, void, undefined> {
  try {
    for (;;) {
      // Taken before reading, so that what comes in between is not slept through.
      const next = changed();
      const message: Response | null = stream.read();
      if (message !== null) {
        yield message;
        continue;
      }
      const end = outcome();
      if (end === undefined) await next;
      else if (end.error === undefined) return;
      else throw end.error;
    }
  } finally {
    if (outcome() === undefined) stream.cancel();
  }
}
