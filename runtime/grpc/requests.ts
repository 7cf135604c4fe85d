import type { Readable } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Frame, Frames } from "./frames.ts";

/** Frames that may wait to be asked for; then the peer is read no further. */
const AHEAD_MAX = 16;

type Next<Message> = IteratorResult<Message, undefined>;

/**
 * The messages of a call, as its handler reads them. Not a chain of generators: an upload has a message for
 * every line, and an idle one holds all of the chain.
 */
export class Requests<Message> implements AsyncIterableIterator<Message, undefined> {
  readonly #body: Readable;
  readonly #read: (frame: Frame) => Message | Promise<Message>;
  #queue: Frame[] = [];
  #waiting: PromiseWithResolvers<Next<Message>> | undefined;
  /** Why there is no further one, behind those that wait. */
  #end: { readonly error?: unknown } | undefined;
  #onBegin: (() => void) | undefined;

  /** Of a body; `read` makes a message of a frame, or throws. */
  constructor(
    body: Readable,
    maxBytes: number,
    read: (frame: Frame) => Message | Promise<Message>,
  ) {
    this.#body = body;
    this.#read = read;
    const frames = new Frames(maxBytes);
    body.on("data", (chunk: Buffer) => {
      if (this.#end !== undefined) return;
      try {
        frames.take(chunk, (frame) => this.#queue.push(frame));
      } catch (error) {
        this.#end = { error };
      }
      if (this.#queue.length >= AHEAD_MAX) body.pause();
      this.#wake();
    });
    body.on("end", () => {
      this.#end ??= frames.isWhole ? {} : { error: cutShort() };
      this.#wake();
    });
  }

  /** Calls `act` once, when the first message is there or none will come. */
  whenBegun(act: () => void): void {
    this.#onBegin = act;
    this.#wake();
  }

  /** Throws `error` to who waits for a message or asks for one from now on. */
  fail(error: unknown): void {
    this.#queue = [];
    this.#end = { error };
    this.#wake();
  }

  /** The next message; to be asked for one at a time. */
  next(): Promise<Next<Message>> {
    const frame = this.#queue.shift();
    if (frame !== undefined) {
      if (this.#queue.length < AHEAD_MAX && this.#body.isPaused()) this.#body.resume();
      return this.#message(frame);
    }
    if (this.#end === undefined) {
      this.#waiting = Promise.withResolvers();
      return this.#waiting.promise;
    }
    if ("error" in this.#end) return Promise.reject(this.#end.error);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** What comes after this is not read. */
  return(): Promise<Next<Message>> {
    this.#queue = [];
    this.#end ??= {};
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #message(frame: Frame): Promise<Next<Message>> {
    const message = this.#read(frame);
    return { done: false, value: message instanceof Promise ? await message : message };
  }

  #wake(): void {
    if (this.#queue.length === 0 && this.#end === undefined) return;
    this.#onBegin?.();
    this.#onBegin = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(this.next());
  }
}

function cutShort(): ConnectError {
  return new ConnectError("the request ends within a message", Code.InvalidArgument);
}
