/** Tells those who wait that something has changed. */
export type Change = {
  /** Resolves at the next `wake`. */
  next(): Promise<void>;
  wake(): void;
};

export function newChange(): Change {
  let change = Promise.withResolvers<void>();
  return {
    next: () => change.promise,
    wake() {
      change.resolve();
      change = Promise.withResolvers();
    },
  };
}
