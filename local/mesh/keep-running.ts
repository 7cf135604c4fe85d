import { setTimeout as delay } from "node:timers/promises";
import type { Child } from "../servers/index.ts";

/** A process that is started again whenever it ends, until it is told to stop. */
export type Kept = {
  readonly name: string;
  /** The process of this moment, or the last one while there is none. */
  latest(): Child;
  /** False while it is being started again. */
  running(): boolean;
  /** How often it has ended by itself. */
  endings(): number;
  /** Ends it for good. May be repeated. */
  stop(): Promise<void>;
};

export type KeepOptions = {
  readonly name: string;
  readonly start: () => Promise<Child>;
  /** Called when it has ended by itself, and when it runs again. */
  readonly onChange: () => void;
  readonly log: (sentence: string) => void;
  /** Pause before the first restart, doubled each time up to the greatest. */
  readonly pauseMs?: { readonly first: number; readonly greatest: number };
  /** A process that ran this long has recovered: the pause is short again. */
  readonly steadyAfterMs?: number;
  readonly clock?: Clock;
};

/** What time is made of here. */
export type Clock = {
  /** Milliseconds since some moment. */
  now(): number;
  /** Resolves after that time, or as soon as the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
};

const PAUSE_MS = { first: 100, greatest: 5_000 };
const STEADY_AFTER_MS = 10_000;

const CLOCK: Clock = {
  now: () => performance.now(),
  pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};

/** Starts a process and keeps it running. Throws when its first start fails. */
export async function keepRunning(options: KeepOptions): Promise<Kept> {
  const { name, start, onChange, log } = options;
  const { pauseMs = PAUSE_MS, steadyAfterMs = STEADY_AFTER_MS, clock = CLOCK } = options;
  const stopping = new AbortController();
  let latest = await start();
  let running = true;
  let endings = 0;
  let pause = pauseMs.first;

  async function keep() {
    while (!stopping.signal.aborted) {
      const since = clock.now();
      await latest.exited;
      if (stopping.signal.aborted) return;
      if (clock.now() - since >= steadyAfterMs) pause = pauseMs.first;
      running = false;
      endings += 1;
      log(`${name} has ended and is started again.`);
      onChange();
      await startAgain();
    }
  }
  async function startAgain() {
    while (!running) {
      await clock.pause(pause, stopping.signal);
      pause = Math.min(2 * pause, pauseMs.greatest);
      if (stopping.signal.aborted) return;
      try {
        latest = await start();
        running = true;
        onChange();
      } catch (error) {
        log(
          `${name} could not be started again: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
  }

  const kept = keep();
  return {
    name,
    latest: () => latest,
    running: () => running,
    endings: () => endings,
    async stop() {
      stopping.abort();
      await latest.stop();
      await kept;
      // The one that was just being started when the stop came.
      await latest.stop();
      running = false;
    },
  };
}
