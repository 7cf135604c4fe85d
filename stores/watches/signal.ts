/** Something that happens again and again; who waits is told of the next time. */
export type Signal = {
  /** Settles when it happens next. All who wait share one promise. */
  next(): Promise<void>;
  happen(): void;
};

/** A signal that has not happened yet. */
export function signal(): Signal {
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    next() {
      waiting ??= Promise.withResolvers();
      return waiting.promise;
    },
    happen() {
      waiting?.resolve();
      waiting = undefined;
    },
  };
}
