import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type UploadLinesRequest,
  UploadLinesRequestSchema,
  UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { Call, Connections } from "./upload.ts";

export type UploadResponse = MessageInitShape<typeof UploadLinesResponseSchema>;

/** A handler of UploadLines. */
export type ServeUpload<Request = UploadLinesRequest> = (
  requests: AsyncIterable<Request>,
  context: { readonly signal: AbortSignal },
) => AsyncIterable<UploadResponse>;

/** A network of one process: messages take random turns of the event loop, and keep their order. */
export type InProcess = {
  readonly connections: Connections;
  /** Breaks every connection: what was on its way in either direction is lost. */
  cut(): void;
  /** While true, nothing is reached. */
  setDown(down: boolean): void;
  /** The end of the process that calls: the service sees its connections break, and it sees nothing. */
  kill(): void;
};

const TURNS_MAX = 4;

/** Connections to a handler in this process. */
export function inProcess(serve: ServeUpload, random: () => number): InProcess {
  return inProcessOf(UploadLinesRequestSchema, serve, random);
}

/** Connections to a handler that reads its messages by another schema. */
export function inProcessOf<Schema extends DescMessage>(
  schema: Schema,
  serve: ServeUpload<MessageShape<Schema>>,
  random: () => number,
): InProcess {
  const open = new Set<(seen: boolean) => void>();
  let down = false;
  let killed = false;
  const away = () => new ConnectError("nobody is there", Code.Unavailable);
  const turns = async () => {
    for (let left = Math.floor(random() * TURNS_MAX); left >= 0; left -= 1) {
      await new Promise(setImmediate);
    }
  };

  function connect(signal: AbortSignal): Call {
    const ending = new AbortController();
    const requests = queueOf<MessageShape<Schema>>();
    const responses = queueOf<UploadResponse>();
    const end = (error: unknown, seen = true) => {
      open.delete(cut);
      ending.abort(error);
      requests.fail(error);
      if (seen) responses.fail(error);
    };
    const cut = (seen: boolean) => end(away(), seen);
    open.add(cut);
    signal.addEventListener("abort", () => end(new ConnectError("cancelled", Code.Canceled)));

    (async () => {
      await turns();
      if (killed) return;
      if (down) throw away();
      for await (const response of serve(requests.items(), { signal: ending.signal })) {
        await turns();
        if (killed) return;
        responses.push(response);
      }
      responses.end();
      open.delete(cut);
    })().catch((error) => end(error));

    let sending = Promise.resolve();
    return {
      async write(bytes) {
        const message = fromBinary(schema, bytes);
        sending = sending.then(turns).then(() => requests.push(message));
        await sending;
      },
      end() {
        sending = sending.then(() => requests.end());
      },
      responses: decoded(responses.items()),
    };
  }
  return {
    connections: { open: connect, close() {} },
    cut() {
      for (const one of [...open]) one(true);
    },
    setDown(value) {
      down = value;
    },
    kill() {
      killed = true;
      for (const one of [...open]) one(false);
    },
  };
}

async function* decoded(responses: AsyncIterable<UploadResponse>) {
  for await (const response of responses) yield create(UploadLinesResponseSchema, response);
}

/** Items that are pushed on one side and read, once, on the other. */
export function queueOf<Item>() {
  const waiting: Item[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let change = Promise.withResolvers<void>();
  const wake = () => {
    change.resolve();
    change = Promise.withResolvers();
  };
  return {
    push(item: Item) {
      waiting.push(item);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail(error: unknown) {
      failure ??= { error };
      wake();
    },
    async *items(): AsyncGenerator<Item, void, undefined> {
      for (;;) {
        const next = change.promise;
        if (failure !== undefined) throw failure.error;
        const item = waiting.shift();
        if (item !== undefined) yield item;
        else if (ended) return;
        else await next;
      }
    },
  };
}
