import { setTimeout as delay } from "node:timers/promises";
import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import type { Journal } from "#stores/journal";
import type { Fold } from "./fold.ts";

/** Keeps folds at the end of the journal until it is stopped. */
export type Projector = {
  stop(): Promise<void>;
};

/** How often every slot is compared with its log, in ms: what a lost wake or a lost store costs. */
const COMPARE_EVERY_MS = 1_000;

/** How long a fold that failed is left alone, at first and at most, in ms. */
const RETRY_MS = 100;
const RETRY_MS_MAX = 2_000;

type Means = {
  readonly journal: Journal;
  readonly folds: readonly PacedFold[];
  readonly log: Log;
};

/** A fold, and how often under load it folds a slot at most, in ms. */
type PacedFold = { readonly fold: Fold; readonly everyMs: number };

/**
 * Starts the projector. Each fold of each slot runs by itself: a slow store, or a slot that cannot be
 * folded, holds up no other.
 */
export async function startProjector({ journal, folds, log }: Means): Promise<Projector> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const runners = new Map<string, Runner>();

  function wake(paced: PacedFold, slot: Slot): void {
    const key = `${paced.fold.name} ${slot}`;
    let runner = runners.get(key);
    if (runner === undefined) {
      runner = startRunner({ ...paced, slot, log, signal });
      runners.set(key, runner);
    }
    runner.wake();
  }

  // Wakes whatever is not at the end of its log: behind, ahead (another journal), or lost.
  async function compare(): Promise<void> {
    const heads = await journal.heads();
    const slots = [...heads.keys()];
    await Promise.all(
      folds.map(async (paced) => {
        const { fold } = paced;
        try {
          const cursors = await fold.cursors(slots);
          slots.forEach((slot, at) => {
            const head = heads.get(slot);
            const cursor = cursors[at];
            if (cursor === undefined) return;
            if (cursor.endOffset === head?.endOffset && cursor.digest === head.digest) return;
            // What the fold remembers may be what the store has lost.
            fold.forget(slot);
            wake(paced, slot);
          });
        } catch (error) {
          log.warn({ fold: fold.name, err: error }, "cannot compare with the journal");
        }
      }),
    );
  }

  const watch = await journal.watch((slots) => {
    if (slots === undefined) return;
    for (const paced of folds) for (const slot of slots) wake(paced, slot);
  });
  const comparing = every(COMPARE_EVERY_MS, signal, async () => {
    await compare().catch((error) => log.warn({ err: error }, "cannot read the journal's heads"));
  });
  return {
    async stop() {
      stopping.abort();
      await watch.stop();
      await comparing;
      await Promise.all([...runners.values()].map(({ ended }) => ended));
    },
  };
}

type Runner = {
  /** Folds what has come, now or as soon as the present fold is done. */
  wake(): void;
  readonly ended: Promise<void>;
};

type RunnerMeans = PacedFold & {
  readonly slot: Slot;
  readonly log: Log;
  readonly signal: AbortSignal;
};

function startRunner({ fold, everyMs, slot, log, signal }: RunnerMeans): Runner {
  let woken = false;
  let arouse: (() => void) | undefined;
  signal.addEventListener("abort", () => arouse?.(), { once: true });

  async function run(): Promise<void> {
    let retryMs = RETRY_MS;
    for (;;) {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          arouse = resolve;
        });
      }
      if (signal.aborted) return;
      woken = false;
      const begun = performance.now();
      try {
        // Nobody watches a backlog play by play: no pause until its end.
        if (await fold.advance(slot)) woken = true;
        else await pause(begun + everyMs - performance.now(), signal);
        retryMs = RETRY_MS;
      } catch (error) {
        fold.forget(slot);
        log.warn({ fold: fold.name, slot, err: error }, "could not fold; trying again");
        woken = true;
        await pause(retryMs * (0.5 + Math.random() / 2), signal);
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      }
    }
  }

  return {
    wake() {
      woken = true;
      arouse?.();
    },
    ended: run(),
  };
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(ms, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await delay(ms, undefined, { signal }).catch(() => {});
}
