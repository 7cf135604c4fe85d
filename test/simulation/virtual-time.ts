import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { seeded } from "../../client/seeded.fixture.ts";

/** Time that passes only when nothing is left to do, and chance that is the same for the same seed. */
export type VirtualTime = {
  /** In ms; begins at 0. */
  now(): number;
  /** Does some work later; the function that it returns calls that off. */
  after(ms: number, work: () => void): () => void;
  /** Chance of its own for each name: what one actor does leaves the others' as it was. */
  chance(name: string): Chance;
};

/** Seeded chance. */
export type Chance = {
  /** From 0 to below 1. */
  (): number;
  below(bound: number): number;
  between(from: number, to: number): number;
  of<Item>(items: readonly Item[]): Item;
};

/** When the clocks of the simulated machines begin, in ms since 1970. */
export const EPOCH_MS = Date.UTC(2023, 9, 24);

/** More steps than this are a simulation that never ends. */
const STEPS_MAX = 200_000;

type Event = { readonly at: number; readonly order: number; work: (() => void) | undefined };

/**
 * Runs a program in virtual time until it settles, and says in how many steps: all timers, clocks and
 * random numbers of this process are the simulation's meanwhile, so that the same seed gives the same run.
 * A step is one timer, or one message that arrives, and all that follows from it at once.
 */
export async function inVirtualTime<Result>(
  seed: number,
  program: (time: VirtualTime) => Promise<Result>,
): Promise<{ readonly result: Result; readonly steps: number }> {
  const heap = new Heap();
  const chances = new Map<string, Chance>();
  let now = 0;
  let order = 0;
  const time: VirtualTime = {
    now: () => now,
    after(ms, work) {
      order += 1;
      const event: Event = { at: now + ms, order, work };
      heap.push(event);
      return () => {
        event.work = undefined;
      };
    },
    chance(name) {
      let chance = chances.get(name);
      if (chance === undefined) {
        chance = chanceOf(hashOf(`${seed} ${name}`));
        chances.set(name, chance);
      }
      return chance;
    },
  };
  const turn = setImmediate;
  const restore = install(time);
  try {
    let settled: { result: Result } | { error: unknown } | undefined;
    program(time).then(
      (result) => {
        settled = { result };
      },
      (error) => {
        settled = { error };
      },
    );
    let steps = 0;
    for (;;) {
      // Everything that is ready now runs before time goes on.
      await new Promise((resolve) => turn(resolve));
      if (settled !== undefined) break;
      let next = heap.pop();
      while (next !== undefined && next.work === undefined) next = heap.pop();
      if (next?.work === undefined) {
        throw new Error("nothing is left to do, and the program has not ended");
      }
      steps += 1;
      if (steps > STEPS_MAX) throw new Error(`the program has not ended after ${steps} steps`);
      now = next.at;
      next.work();
    }
    if ("error" in settled) throw settled.error;
    return { result: settled.result, steps };
  } finally {
    restore();
  }
}

/** Puts the simulation's timers, clocks and chance in the place of Node's. */
function install(time: VirtualTime): () => void {
  const chance = time.chance("program");
  const epochNow = () => EPOCH_MS + Math.floor(time.now());
  const timer = (ms: number, work: () => void) => {
    const cancel = time.after(Math.max(ms, 1), work);
    return { cancel, unref: () => {}, ref: () => {} };
  };
  const later = (ms: number, value: unknown, options: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      const cancel = time.after(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve(value);
      });
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  const every = (ms: number, work: () => void) => {
    const ticking = { cancel: () => {}, unref: () => {} };
    const tick = () => {
      ticking.cancel = time.after(ms, () => {
        tick();
        work();
      });
    };
    tick();
    return ticking;
  };
  const clear = (handle?: { cancel(): void }) => handle?.cancel();
  // A turn of the event loop takes a little time, and not always the same.
  const turnMs = () => 0.01 + chance() / 20;
  return replaced([
    [globalThis, "setTimeout", (work: () => void, ms = 1) => timer(ms, work)],
    [globalThis, "setInterval", (work: () => void, ms = 1) => every(ms, work)],
    [globalThis, "setImmediate", (work: () => void) => time.after(turnMs(), work)],
    [globalThis, "clearTimeout", clear],
    [globalThis, "clearInterval", clear],
    [timers, "setTimeout", (ms = 1, value: unknown, options = {}) => later(ms, value, options)],
    [timers, "setImmediate", () => later(turnMs(), undefined)],
    [performance, "now", time.now],
    [Date, "now", epochNow],
    [Math, "random", chance],
    [
      crypto,
      "randomBytes",
      (count: number) => Buffer.from(Array.from({ length: count }, () => chance.below(256))),
    ],
  ]);
}

function replaced(all: [object: object, name: string, value: unknown][]): () => void {
  const former = all.map(([object, name]) => [object, name, Reflect.get(object, name)] as const);
  for (const [object, name, value] of all) Reflect.set(object, name, value);
  syncBuiltinESMExports();
  return () => {
    for (const [object, name, value] of former) Reflect.set(object, name, value);
    syncBuiltinESMExports();
  };
}

function chanceOf(seed: number): Chance {
  const random = seeded(seed);
  return Object.assign(random, {
    below: (bound: number) => Math.floor(random() * bound),
    between: (from: number, to: number) => from + random() * (to - from),
    of: <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item,
  });
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** What comes first: by time, then by the order in which it was said. */
class Heap {
  readonly #events: Event[] = [];

  push(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (isBefore(events[above]!, event)) break;
      events[at] = events[above]!;
      at = above;
    }
    events[at] = event;
  }

  pop(): Event | undefined {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= events.length) break;
      if (below + 1 < events.length && isBefore(events[below + 1]!, events[below]!)) below += 1;
      if (isBefore(last, events[below]!)) break;
      events[at] = events[below]!;
      at = below;
    }
    events[at] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
