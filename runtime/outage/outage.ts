const RETRY_AFTER_MS_DEFAULT = 500;

/**
 * A store gave no answer: it is down, moving to another machine, or too slow. A retry may help.
 *
 * Whether a write was done is unknown. Thrown by stores; the RPC edge answers STORE_UNREACHABLE.
 */
export class Outage extends Error {
  override readonly name = "Outage";
  /** Which store it was, by a word that a caller may read. */
  readonly store: string;
  /** When a retry may help, in milliseconds from now. */
  readonly retryAfterMs: number;

  /** `cause` is what the driver said: it is logged and never sent. */
  constructor(
    store: "postgres" | "redis" | (string & {}),
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    const { cause, retryAfterMs = RETRY_AFTER_MS_DEFAULT } = options;
    super(`${store} gave no answer`, cause === undefined ? undefined : { cause });
    this.store = store;
    this.retryAfterMs = retryAfterMs;
  }
}
