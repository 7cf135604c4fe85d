/** What a transaction reads and writes. A key is a row, or all rows that one lock guards. */
export type Transaction = {
  get<Value>(key: string): Value | undefined;
  put(key: string, value: unknown): void;
  /** Commits a WAL record though nothing may have changed. */
  fence(): void;
};

/** Whether commits wait for a standby, and whether there is one. */
export type Standby = "none" | "asynchronous" | "synchronous";

type Puts = ReadonlyMap<string, unknown>;

/** A commit that waits for the standby. */
type Waiting = { readonly end: number; readonly puts: Puts; readonly over: (how: Outcome) => void };

type Outcome = "replicated" | "cancelled" | "crashed" | "lost";

/** How long a statement waits for a lock, in ms. */
const LOCK_MS_MAX = 2_000;

/** How long the standby takes to have a record, in ms. */
const REPLICATION_MS = 1;

/**
 * A primary with its log of commits, and a standby that has a part of it. A commit is seen by others once the
 * wait for the standby is over, however it ended; its locks are held until then.
 */
export class Database {
  #rows = new Map<string, unknown>();
  #log: Puts[] = [];
  #replicated = 0;
  #era = 0;
  #stalled = false;
  #waiting: Waiting[] = [];
  readonly #held = new Map<string, (() => void)[]>();
  readonly standby: Standby;
  /** Rises with each promotion. */
  timeline = 1;
  /** Told of each row that can be seen from now on. */
  onShow: ((key: string, value: unknown) => void) | undefined;

  constructor(standby: Standby) {
    this.standby = standby;
  }

  /** What others see now. */
  get<Value>(key: string): Value | undefined {
    return this.#rows.get(key) as Value | undefined;
  }

  keys(): Iterable<string> {
    return this.#rows.keys();
  }

  /** Changes a row behind everybody's back. */
  harm(key: string, value: unknown): void {
    this.#rows.set(key, value);
  }

  /**
   * Runs a transaction under locks. `unreplicated` is true where the wait for the standby was cancelled:
   * what Postgres gives notice 01000 of. `early` is called before the commit is durable.
   */
  async transact<Result>(
    locks: readonly string[],
    work: (transaction: Transaction) => Result,
    early?: (result: Result) => void,
  ): Promise<{ readonly result: Result; readonly unreplicated: boolean }> {
    const release = await this.#lock(locks);
    let outcome: Outcome = "replicated";
    try {
      const puts = new Map<string, unknown>();
      let fenced = false;
      const result = work({
        get: <Value>(key: string) => (puts.get(key) ?? this.#rows.get(key)) as Value | undefined,
        put: (key, value) => puts.set(key, value),
        fence: () => {
          fenced = true;
        },
      });
      if (puts.size > 0 || fenced) {
        early?.(result);
        outcome = await this.#commit(puts);
      }
      if (outcome === "crashed" || outcome === "lost") throw terminated();
      return { result, unreplicated: outcome === "cancelled" };
    } finally {
      release();
    }
  }

  async #commit(puts: Puts): Promise<Outcome> {
    this.#log.push(puts);
    const end = this.#log.length;
    if (this.standby !== "none") this.#ship();
    const outcome: Outcome =
      this.standby === "synchronous"
        ? await new Promise((over) => this.#waiting.push({ end, puts, over }))
        : "replicated";
    if (this.standby !== "synchronous") this.#show(puts);
    return outcome;
  }

  #show(puts: Puts): void {
    for (const [key, value] of puts) {
      this.#rows.set(key, value);
      this.onShow?.(key, value);
    }
  }

  /** Ends the waits that `isOver` says, in the order of their commits. */
  #end(how: Outcome, isOver: (one: Waiting) => boolean): number {
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((one) => !isOver(one));
    for (const one of over) {
      if (how !== "lost") this.#show(one.puts);
      one.over(how);
    }
    return over.length;
  }

  #ship(): void {
    const era = this.#era;
    const end = this.#log.length;
    setTimeout(() => {
      if (era !== this.#era || this.#stalled) return;
      this.#replicated = Math.max(this.#replicated, end);
      this.#end("replicated", (one) => one.end <= this.#replicated);
    }, REPLICATION_MS);
  }

  /** Holds the standby back, or lets it catch up. */
  stall(stalled: boolean): void {
    this.#stalled = stalled;
    if (!stalled && this.standby !== "none") this.#ship();
  }

  /** As pg_cancel_backend does to all who wait for the standby; returns how many did. */
  cancelWaits(): number {
    return this.#end("cancelled", () => true);
  }

  /** The primary ends and comes back with its own log: what nobody acknowledged is seen. */
  crash(): void {
    this.#era += 1;
    this.#end("crashed", () => true);
    if (this.standby !== "none") this.#ship();
  }

  /** The standby takes over with what it has; returns how many commits are lost. */
  promote(): number {
    this.#era += 1;
    const lost = this.#log.splice(this.#replicated);
    this.#rows = new Map();
    for (const puts of this.#log) this.#show(puts);
    this.#end("lost", () => true);
    this.#stalled = false;
    this.timeline += 1;
    return lost.length;
  }

  // In key order, so that two can wait for each other, never for ever.
  async #lock(keys: readonly string[]): Promise<() => void> {
    const era = this.#era;
    const mine: string[] = [];
    const release = () => {
      for (const key of mine) {
        const waiting = this.#held.get(key) ?? [];
        this.#held.delete(key);
        for (const wake of waiting) wake();
      }
    };
    let late = false;
    let wake = () => {};
    const timer = setTimeout(() => {
      late = true;
      wake();
    }, LOCK_MS_MAX);
    for (const key of [...new Set(keys)].sort()) {
      for (let queue = this.#held.get(key); queue !== undefined; queue = this.#held.get(key)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          queue?.push(resolve);
        });
        if (!late && era === this.#era) continue;
        release();
        throw era === this.#era
          ? sqlError("55P03", "canceling statement due to lock timeout")
          : terminated();
      }
      this.#held.set(key, []);
      mine.push(key);
    }
    clearTimeout(timer);
    return release;
  }
}

function terminated(): Error {
  return sqlError("57P01", "terminating connection due to administrator command");
}

function sqlError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
