/**
 * `make`, run once for all watchers who go from one state to another. What it made is kept as long as
 * both states are.
 */
export function madeOnce<State extends object, Made>(
  make: (was: State | undefined, now: State) => Made,
): (was: State | undefined, now: State) => Made {
  const wholes = new WeakMap<State, Made>();
  const steps = new WeakMap<State, WeakMap<State, Made>>();
  return (was, now) => {
    let made: WeakMap<State, Made> = wholes;
    if (was !== undefined) {
      made = steps.get(was) ?? new WeakMap();
      steps.set(was, made);
    }
    let one = made.get(now);
    if (one === undefined) {
      one = make(was, now);
      made.set(now, one);
    }
    return one;
  };
}
