import { setTimeout as delay } from "node:timers/promises";

/** When something that happened once is due in a replay of it. */
export type Pace = {
  /**
   * Undefined if a moment (milliseconds since the epoch) is due now or was before, else a promise of
   * when it is. The first moment asked about is due at once and starts the pace.
   */
  until(moment: number): Promise<void> | undefined;
};

/** A pace so many times faster than the time of what is replayed. It ends when `signal` aborts. */
export function paceOf(
  speed: number,
  signal?: AbortSignal,
  now = () => performance.now(),
  wait: (ms: number) => Promise<void> = (ms) => delay(ms, undefined, { signal }),
): Pace {
  let origin: { readonly moment: number; readonly at: number } | undefined;
  return {
    until(moment) {
      origin ??= { moment, at: now() };
      const dueIn = origin.at + (moment - origin.moment) / speed - now();
      // Timers know whole milliseconds, and below one there is nothing to wait for.
      return dueIn < 1 ? undefined : wait(dueIn);
    },
  };
}
