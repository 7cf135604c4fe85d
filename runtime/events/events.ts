/** What has happened, in order: pushed by whoever knows, taken by the one who waits. */
export type Events<Event> = {
  push(event: Event): void;
  /** The oldest event that was not taken yet. One caller waits at a time. */
  next(): Promise<Event>;
};

/**
 * One queue in place of Promise.race: a race leaves a reaction on each promise that loses it, and a
 * stream that is open for hours would gather them.
 */
export function eventQueue<Event>(): Events<Event> {
  const queue: Event[] = [];
  let wake: ((event: Event) => void) | undefined;
  return {
    push(event) {
      const waiting = wake;
      wake = undefined;
      if (waiting === undefined) queue.push(event);
      else waiting(event);
    },
    next() {
      const event = queue.shift();
      if (event !== undefined) return Promise.resolve(event);
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
  };
}
