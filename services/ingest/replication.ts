import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { failure } from "#runtime/rpc";
import type { Journal } from "#stores/journal";
import type { Roster } from "#stores/roster";

/** How safe acknowledged lines have to be. */
export const DURABILITIES = ["local", "replicated"] as const;
export type RequiredDurability = (typeof DURABILITIES)[number];

/**
 * What a commit is worth at the moment: on a standby too, on the primary alone, or nothing, since it waits
 * for a standby that does not answer, or since there is no primary.
 */
export type CommitState = "replicated" | "local" | "stalled" | "unreachable";

/** What ingest writes to, behind a guard that knows what a commit is worth. */
export type Guarded = {
  /**
   * Refuses what writes, before it is tried, while commits wait in vain: each would hold its locks and its
   * connection for as long as that lasts. Where lines must be replicated it refuses with NOT_REPLICATED
   * what would not be, and does not pass on what was not.
   */
  readonly journal: Journal;
  /** The roster behind the same guard. */
  readonly roster: Roster;
  /** Tells whether writes are taken: at once, and whenever that changes. */
  follow(tell: (isTaking: boolean) => void): void;
  stop(): void;
};

type Options = {
  readonly required: RequiredDurability;
  readonly log: Log;
  readonly timing?: Partial<typeof TIMING>;
};

const TIMING = {
  /** From the answer of one fence to the next, in ms. */
  everyMs: 1_000,
  /** A fence without an answer for so long is one that waits for its standby, in ms. */
  stalledMs: 3_000,
  /** How long a fence waits at first, in ms; each that waited in vain leaves a session that goes on to. */
  patienceMs: 15_000,
  patienceMsMax: 600_000,
};

const RETRY_AFTER_MS = 1_000;

/** Guards what ingest writes to by committing a fence now and then, from now on until it is stopped. */
export function guarded(
  { journal, roster }: { readonly journal: Journal; readonly roster: Roster },
  options: Options,
): Guarded {
  const { required, log } = options;
  const { everyMs, stalledMs, patienceMs, patienceMsMax } = { ...TIMING, ...options.timing };
  const stopping = new AbortController();
  const followers: ((isTaking: boolean) => void)[] = [];
  // Before the first answer a commit may be tried, and what it is worth is seen then.
  let state: CommitState | undefined;

  const isTaking = () => state === "replicated" || (state !== undefined && state === required);

  function become(next: CommitState, error?: unknown): void {
    if (next === state) return;
    state = next;
    if (isTaking()) log.info({ commits: next, required }, "taking what is recorded");
    else log.warn({ commits: next, required, err: error }, "taking nothing that is recorded");
    for (const tell of followers) tell(isTaking());
  }

  async function watch(): Promise<void> {
    let waitMs = patienceMs;
    while (!stopping.signal.aborted) {
      const late = setTimeout(() => become("stalled"), stalledMs);
      try {
        const { replicated } = await journal.fence(waitMs);
        become(replicated ? "replicated" : "local");
        waitMs = patienceMs;
      } catch (error) {
        // One that waited all its time has been called stalled, and most likely the next one will be.
        if (state === "stalled") waitMs = Math.min(2 * waitMs, patienceMsMax);
        else become("unreachable", error);
      } finally {
        clearTimeout(late);
      }
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  void watch();

  function admit(): void {
    if (required === "replicated" && (state === "local" || state === "stalled"))
      throw notReplicated();
    if (state === "stalled") {
      const cause = new Error("a standby that commits wait for does not answer");
      throw new Outage("postgres", { cause, retryAfterMs: RETRY_AFTER_MS });
    }
  }

  function passOn(replicated: boolean): void {
    if (replicated || required === "local") return;
    become("local");
    throw notReplicated();
  }

  return {
    journal: {
      ...journal,
      async append(items) {
        admit();
        const verdicts = await journal.append(items);
        passOn(verdicts.every(({ replicated }) => replicated));
        return verdicts;
      },
      async open(request) {
        admit();
        const verdict = await journal.open(request);
        if (verdict.verdict === "open") passOn(verdict.replicated);
        return verdict;
      },
      async release(request) {
        admit();
        const verdict = await journal.release(request);
        passOn(verdict.replicated);
        return verdict;
      },
    },
    roster: {
      ...roster,
      async record(...names) {
        admit();
        return roster.record(...names);
      },
    },
    follow(tell) {
      followers.push(tell);
      tell(isTaking());
    },
    stop: () => stopping.abort(),
  };
}

function notReplicated() {
  const message = "What is recorded now would be on one machine only.";
  return failure("NOT_REPLICATED", message, { retryAfterMs: RETRY_AFTER_MS });
}
