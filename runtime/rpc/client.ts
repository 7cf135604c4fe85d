import {
  create,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import {
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { type ClientStream, responsesOf, streamOf } from "./client-stream.ts";
import { createRetryBudget, type RetryBudget, retrying } from "./retries.ts";

const TIMEOUT_MS_DEFAULT = 5_000;

/** What one unary call may say about itself. */
export type UnaryCall = {
  /** How long the answer may take, retries included. */
  readonly timeoutMs?: number;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
};

/** What one streaming call may say about itself. */
export type StreamCall = {
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
};

/**
 * The methods of a service as functions. Every failure is a grpc-js ServiceError: read it with
 * `reasonOf`. Client streaming is not offered: nothing of ours has it.
 */
export type RpcClient<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: MethodOf<Service["method"][Name]>;
} & {
  /** Lets go of the connections. Calls that run are cancelled. */
  close(): void;
};

type MethodOf<Method> =
  Method extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, call?: UnaryCall) => Promise<MessageShape<O>>
    : Method extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, call?: StreamCall) => AsyncIterable<MessageShape<O>>
      : Method extends DescMethodBiDiStreaming<infer I, infer O>
        ? (call?: StreamCall) => ClientStream<MessageInitShape<I>, MessageShape<O>>
        : never;

/** What a client may say about all its calls. */
export type ClientOptions = {
  /** How long the answer to a unary call may take, retries included. Default 5 s. */
  readonly timeoutMs?: number;
  /** Whether messages of streams may be compressed, by gzip. Default false. */
  readonly mayCompress?: boolean;
};

/**
 * A client of `service` at `address`: `host:port`, or a grpc target such as `dns:///stats:50051`,
 * all of whose addresses are called in turn.
 *
 * Connects with the first call. A unary call ends after `timeoutMs` (default 5 s) and is repeated
 * on UNAVAILABLE if the .proto says that this is safe; a stream lasts and is never repeated.
 */
export function rpcClient<Service extends DescService>(
  service: Service,
  address: string,
  options: ClientOptions = {},
): RpcClient<Service> {
  const { timeoutMs = TIMEOUT_MS_DEFAULT, mayCompress = false } = options;
  const channels = channelsTo(address, mayCompress);
  const methods = service.methods.map((method) => {
    return [method.localName, callerOf(method, channels, timeoutMs)] as const;
  });
  const client = { ...Object.fromEntries(methods), close: channels.close };
  // The one place where the descriptor's methods become the functions of its type.
  return client as RpcClient<Service>;
}

type Channels = {
  readonly unary: () => Client;
  readonly streams: () => Client;
  readonly close: () => void;
  readonly budget: RetryBudget;
};

function channelsTo(address: string, mayCompress: boolean): Channels {
  const open: Client[] = [];
  const channel = (extra: ChannelOptions) => {
    let client: Client | undefined;
    return () => {
      if (client === undefined) {
        const channelOptions = { ...CHANNEL_OPTIONS, ...extra };
        client = new Client(address, credentials.createInsecure(), channelOptions);
        open.push(client);
      }
      return client;
    };
  };
  return {
    // Repeats by itself what a peer has refused unseen, as it does after a GOAWAY.
    unary: channel({ "grpc.enable_retries": 1 }),
    // Streams are never repeated, so nothing that they sent is kept for it.
    streams: channel({
      "grpc.enable_retries": 0,
      "grpc.default_compression_algorithm": mayCompress
        ? compressionAlgorithms.gzip
        : compressionAlgorithms.identity,
    }),
    close: () => {
      for (const client of open) client.close();
    },
    budget: createRetryBudget(),
  };
}

const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 200,
  // A peer that came back is found within this: longer than a failover hides behind it.
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.dns_min_time_between_resolutions_ms": 5_000,
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // The config above holds, whatever a TXT record says.
  "grpc.service_config_disable_resolution": 1,
  // Else http_proxy in the environment would lead the mesh's own calls out of it.
  "grpc.enable_http_proxy": 0,
  // Else one client's backoff delays another that was made after the peer came back.
  "grpc.use_local_subchannel_pool": 1,
};

function isRepeatable({ methodKind, idempotency }: DescMethod): boolean {
  return methodKind === "unary" && idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN;
}

function callerOf(method: DescMethod, channels: Channels, timeoutMs: number) {
  switch (method.methodKind) {
    case "unary":
      return unaryCaller(method, channels, timeoutMs);
    case "server_streaming":
      return serverStreamCaller(method, channels.streams);
    case "bidi_streaming":
      return streamCaller(method, channels.streams);
    case "client_streaming":
      return () => {
        throw new TypeError(`${method.name}: client streaming is not offered`);
      };
  }
}

function unaryCaller<Method extends DescMethod>(
  method: Method,
  { unary: channel, budget }: Channels,
  timeoutMsDefault: number,
) {
  const { path, serialize, deserialize } = wireOf(method);
  type Output = MessageShape<Method["output"]>;

  function once(message: MessageShape<Method["input"]>, deadline: number, signal?: AbortSignal) {
    return new Promise<Output>((resolve, reject) => {
      const onAnswer = (error: ServiceError | null, response?: Output) => {
        unlink();
        if (error) reject(error);
        else if (response === undefined) reject(new Error(`${path}: no answer and no error`));
        else resolve(response);
      };
      const running = channel().makeUnaryRequest(
        path,
        serialize,
        deserialize,
        message,
        new Metadata(),
        { deadline },
        onAnswer,
      );
      const unlink = cancelOn(signal, running);
    });
  }

  return (request: MessageInitShape<Method["input"]>, call: UnaryCall = {}) => {
    const { timeoutMs = timeoutMsDefault, signal } = call;
    const deadline = Date.now() + timeoutMs;
    const message = create<Method["input"]>(method.input, request);
    const attempt = () => once(message, deadline, signal);
    return isRepeatable(method) ? retrying(attempt, { deadline, signal, budget }) : attempt();
  };
}

function serverStreamCaller<Method extends DescMethod>(method: Method, channel: () => Client) {
  const { path, serialize, deserialize } = wireOf(method);
  return (request: MessageInitShape<Method["input"]>, { signal }: StreamCall = {}) => {
    const message = create<Method["input"]>(method.input, request);
    const running: ClientReadableStream<MessageShape<Method["output"]>> =
      channel().makeServerStreamRequest(path, serialize, deserialize, message, new Metadata());
    const unlink = cancelOn(signal, running);
    return responsesOf(running, unlink);
  };
}

function streamCaller<Method extends DescMethod>(method: Method, channel: () => Client) {
  const { path, serialize, deserialize } = wireOf(method);
  return ({
    signal,
  }: StreamCall = {}): ClientStream<
    MessageInitShape<Method["input"]>,
    MessageShape<Method["output"]>
  > => {
    const running = channel().makeBidiStreamRequest(path, bufferOf, deserialize, new Metadata());
    const unlink = cancelOn(signal, running);
    const toBytes = (request: MessageInitShape<Method["input"]>) =>
      serialize(create<Method["input"]>(method.input, request));
    return streamOf(running, toBytes, unlink);
  };
}

function wireOf<Method extends DescMethod>(method: Method) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    serialize: (message: MessageShape<Method["input"]>) =>
      bufferOf(toBinary<Method["input"]>(method.input, message)),
    deserialize: (bytes: Buffer) => fromBinary<Method["output"]>(method.output, bytes),
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Cancels `call` when `signal` aborts; the function it returns takes that back. */
function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (signal === undefined) return () => {};
  const onAbort = () => call.cancel();
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}
