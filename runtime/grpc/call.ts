import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { closeWhenAnswered } from "./closing.ts";

// One list for all calls, and no date in it: Node sends it as it is, where it would copy an object for each.
const OPENING = [":status", "200", "content-type", "application/grpc+proto"];
const AND_TRAILERS = { waitForTrailers: true, sendDate: false };
const OK = { "grpc-status": "0" };

/** What a timer can wait at most; a call may name a longer time. */
const TIMER_MS_MAX = 2 ** 31 - 1;

// One for all calls: an exception of its own would cost each of them its stack.
const OVER = new ConnectError("the call is over", Code.Canceled);

/** A call that runs: what its handler knows of it, and how it ends. */
export class Call implements HandlerContext {
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly method: DescMethod;
  /** Where it stands among those that run. */
  place = -1;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  /** On the clock of performance.now(). */
  readonly #deadline: number | undefined;
  readonly #onOver: ((reason: ConnectError) => void)[];
  readonly #timers: NodeJS.Timeout[] = [];
  #reason: ConnectError | undefined;
  #ending: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #values: ContextValues | undefined;

  /** `onOver` is told why, once: also when all went well, or when the caller has gone. */
  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: DescMethod,
    timeoutMs: number | undefined,
    onOver: (reason: ConnectError) => void,
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.method = method;
    this.#deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    this.#onOver = [onOver];
    stream.on("error", ignore);
    stream.once("close", () => {
      if (this.#reason === undefined) this.#settle(new ConnectError("cancelled", Code.Canceled));
      letGo(stream);
    });
  }

  get service() {
    return this.method.parent;
  }

  get url(): string {
    return `http://${this.#headers[":authority"]}${this.#headers[":path"]}`;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= headersOf(this.#headers);
    return this.#requestHeader;
  }

  /** Not sent: no answer of ours has headers of its own. */
  get responseHeader(): Headers {
    return new Headers();
  }

  /** Not sent, as the headers. */
  get responseTrailer(): Headers {
    return new Headers();
  }

  get values(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  timeoutMs = (): number | undefined =>
    this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - performance.now());

  /** Made when it is first asked for: most calls are over before anybody waits. */
  get signal(): AbortSignal {
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      if (this.#reason !== undefined) this.#ending.abort(this.#reason);
    }
    return this.#ending.signal;
  }

  /** Why it is over, once it is. */
  get reason(): ConnectError | undefined {
    return this.#reason;
  }

  /** Ends it with a failure in so many ms, unless it is over by then. */
  endAfter(ms: number, failed: () => ConnectError): void {
    if (this.#reason !== undefined) return;
    this.#timers.push(setTimeout(() => this.end(failed()), Math.min(ms, TIMER_MS_MAX)));
  }

  /** Calls `act` when it is over, or now. */
  whenOver(act: () => void): void {
    if (this.#reason === undefined) this.#onOver.push(act);
    else act();
  }

  /**
   * Sends a message, and settles when the kernel has taken it: so a handler is asked for the next one
   * only then, and what a slow peer reads is the newest. One that takes nothing for `unreadMs` is cut.
   */
  write(frame: readonly Uint8Array[], unreadMs: number): Promise<void> {
    return new Promise((resolve) => {
      // It may be broken already, and tell of it only in a moment.
      if (this.#reason !== undefined || this.#isBroken) return resolve();
      this.#open();
      const cut = () => this.#stream.close(constants.NGHTTP2_CANCEL);
      const late = setTimeout(cut, unreadMs);
      const taken = () => {
        clearTimeout(late);
        resolve();
      };
      this.#stream.cork();
      frame.forEach((part, at) => {
        this.#stream.write(part, at === frame.length - 1 ? taken : undefined);
      });
      this.#stream.uncork();
    });
  }

  /** Ends it with a failure, or well, with a last message. What comes after the first end is ignored. */
  end(failed: ConnectError | undefined, last: readonly Uint8Array[] = []): void {
    if (this.#reason !== undefined) return;
    this.#settle(failed ?? OVER);
    const stream = this.#stream;
    if (this.#isBroken) return;
    this.#open();
    stream.once("wantTrailers", () => {
      stream.sendTrailers(failed === undefined ? OK : trailersOf(failed));
    });
    closeWhenAnswered(stream);
    // All parts in one go: the end uncorks.
    stream.cork();
    for (const part of last) stream.write(part);
    stream.end();
  }

  /** Ends it without an answer. */
  cut(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  get #isBroken(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  #open(): void {
    if (!this.#stream.headersSent) this.#stream.respond(OPENING, AND_TRAILERS);
  }

  #settle(reason: ConnectError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const act of this.#onOver) act(reason);
    this.#ending?.abort(reason);
  }
}

/**
 * Takes from a stream that is over what listens to it. Node's own hold on the stream makes V8 keep it until the old
 * space is collected, with all that can be reached from it: 4 KB of each call, and a stop of the process for
 * 20 ms each second or two.
 */
function letGo(stream: ServerHttp2Stream): void {
  stream.removeAllListeners();
  stream.on("error", ignore);
}

function ignore(): void {}

function trailersOf(failed: ConnectError): Record<string, string> {
  return Object.fromEntries(setTrailerStatus(new Headers(), failed));
}

function headersOf(headers: IncomingHttpHeaders): Headers {
  const made = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of [value].flat()) made.append(name, one);
  }
  return made;
}
