import type { Call } from "./call.ts";

/**
 * The calls that run. Not a Set: V8 makes a new table of one every few changes, each table leads to the next, and
 * from the first one that is old all grow old, with the calls that were in them.
 */
export class RunningCalls {
  readonly #calls: Call[] = [];

  add(call: Call): void {
    call.place = this.#calls.push(call) - 1;
  }

  delete(call: Call): void {
    if (this.#calls[call.place] !== call) return;
    const last = this.#calls.pop();
    if (last === undefined || last === call) return;
    this.#calls[call.place] = last;
    last.place = call.place;
  }

  /** Those that run now. */
  all(): readonly Call[] {
    return [...this.#calls];
  }
}
