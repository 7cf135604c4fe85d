import type { Slot } from "#domain/slots";
import {
  compared,
  type Position,
  type Progress,
  positionAt,
  positionOf,
  positionToken,
} from "#runtime/positions";
import { badRequest, failure, untilAborted } from "#runtime/rpc";
import type { HotMoves } from "#stores/hotstore";
import { knownIn } from "./known.ts";
import { type Stores, type Subject, type Version, type Watched, watched } from "./subject.ts";

/** What brings a watcher from the state it has to the next one. */
export type Step<State> = {
  /** The state that the watcher has; undefined when it has none, or none that is known here. */
  readonly was: State | undefined;
  /** The state after this step: the very same object when nothing has changed. */
  readonly now: State;
  /** The token of the position that `now` reflects. */
  readonly position: string;
};

/** Who watches, as far as it matters here. */
export type Watcher = {
  /** The token of the position that the watcher has, or empty. */
  readonly resumeAfter: string;
  /** Aborts when the watcher is gone. */
  readonly signal: AbortSignal;
};

/** All that is watched in a process. */
export type Watches = {
  /**
   * The steps of one watcher, each computed when it is asked for: who is slow skips states. Positions
   * never go back. A step without a change comes after {@link HEARTBEAT_MS} of silence, and first when
   * nothing has changed since `resumeAfter`. Ends by an error, or when the signal aborts.
   */
  follow<State extends object>(subject: Subject<State>, who: Watcher): AsyncGenerator<Step<State>>;
  /** How much there is to do, for those who measure. */
  counts(): { readonly watchers: number; readonly subjects: number };
  stop(): void;
};

/** What may differ from the usual. */
export type WatchLimits = {
  readonly watchersMax: number;
  /** Different things watched at a time: each costs its own reads. */
  readonly subjectsMax: number;
  /** Silence after which a watcher is told that nothing has changed, in ms. */
  readonly heartbeatMs: number;
  /** How long a subject is kept when its last watcher has gone, in ms: they mostly come back. */
  readonly lingerMs: number;
  /** Subjects that are kept without a watcher: beyond them the one that was left first goes. */
  readonly lingeringMax: number;
  /** How long watchers wait for a state as new as the last one before they are told, in ms. */
  readonly staleMs: number;
};

const WATCHERS_MAX = 5_000;
const SUBJECTS_MAX = 500;
const HEARTBEAT_MS = 15_000;
const LINGER_MS = 15_000;
const LINGERING_MAX = 32;
const STALE_MS = 10_000;
const FULL_RETRY_MS = 1_000;

type Kept = { watchers: number; readonly watched: Watched<object> };

/** The watches over these stores; `moves` tells the hot store's moves. */
export function watchesOver(
  stores: Stores,
  moves: HotMoves,
  limits: Partial<WatchLimits> = {},
): Watches {
  const {
    watchersMax = WATCHERS_MAX,
    subjectsMax = SUBJECTS_MAX,
    heartbeatMs = HEARTBEAT_MS,
    lingerMs = LINGER_MS,
    lingeringMax = LINGERING_MAX,
    staleMs = STALE_MS,
  } = limits;
  const isKnown = knownIn(stores);
  const kept = new Map<string, Kept>();
  /** Those without a watcher, the one that was left first in front, and when each ends. */
  const lingering = new Map<string, NodeJS.Timeout>();
  const floors = new Map<Slot, Progress>();
  let watchers = 0;

  function end(key: string): void {
    stay(key);
    kept.get(key)?.watched.stop();
    kept.delete(key);
  }

  function stay(key: string): void {
    clearTimeout(lingering.get(key));
    lingering.delete(key);
  }

  function linger(key: string): void {
    lingering.set(
      key,
      setTimeout(() => end(key), lingerMs),
    );
    const [first] = lingering.keys();
    if (lingering.size > lingeringMax && first !== undefined) end(first);
  }

  function keep<State extends object>(subject: Subject<State>): Kept {
    const known = kept.get(subject.key);
    if (known !== undefined) return known;
    if (kept.size >= subjectsMax) {
      const [first] = lingering.keys();
      if (first === undefined) throw exhausted();
      end(first);
    }
    const fresh = { watchers: 0, watched: watched(subject, stores, moves, floors, staleMs) };
    kept.set(subject.key, fresh);
    return fresh;
  }

  /** Joins those who watch a subject until the signal aborts or the function returned is called. */
  function join<State extends object>(subject: Subject<State>, signal: AbortSignal) {
    if (watchers >= watchersMax) throw exhausted();
    signal.throwIfAborted();
    const own = keep(subject);
    stay(subject.key);
    own.watchers += 1;
    watchers += 1;
    const leave = () => {
      signal.removeEventListener("abort", leave);
      own.watchers -= 1;
      watchers -= 1;
      if (own.watchers > 0 || kept.get(subject.key) !== own) return;
      linger(subject.key);
    };
    // A call whose peer has gone may never ask for its next step, nor end the generator.
    signal.addEventListener("abort", leave, { once: true });
    // A key names one subject, and so one kind of state.
    return { watched: own.watched as Watched<State>, leave };
  }

  return {
    async *follow(subject, { resumeAfter, signal }) {
      const resumed = resumedFrom(resumeAfter, subject.slot);
      if (!(await isKnown(subject.slot))) throw resumed ? lost(resumed) : subject.unknownSlot();
      const { watched, leave } = join(subject, signal);
      const failed = watched.failed();
      try {
        let last = await begun(watched, resumed, signal, failed);
        const was = resumed && watched.stateAt(resumed.endOffset);
        const unknown = was === undefined ? subject.unknown(last.state) : undefined;
        if (unknown !== undefined) throw unknown;
        yield stepOf(subject.slot, was, last);
        for (;;) {
          const change = watched.changed.next();
          if ("error" in failed) throw failed.error;
          const now = watched.current();
          if (now !== undefined && now.state !== last.state) {
            yield stepOf(subject.slot, last.state, now);
            last = now;
            continue;
          }
          const isSilent = !(await within(heartbeatMs, change, signal));
          if (isSilent && now !== undefined && watched.isFresh()) {
            yield stepOf(subject.slot, now.state, now);
          }
        }
      } finally {
        if (!signal.aborted) leave();
      }
    },
    counts: () => ({ watchers, subjects: kept.size }),
    stop() {
      for (const key of kept.keys()) end(key);
    },
  };
}

function resumedFrom(token: string, slot: Slot): Position | undefined {
  if (token === "") return undefined;
  const position = positionOf(token);
  if (position?.slot === slot) return position;
  const description = "Pass a position of this watch as it was returned.";
  throw badRequest([{ field: "resume_after", description }]);
}

/** The first state that is as new as the watcher's position. */
async function begun<State>(
  { current, moved }: Watched<State>,
  resumed: Position | undefined,
  signal: AbortSignal,
  failed: { readonly error?: unknown },
): Promise<Version<State>> {
  for (;;) {
    const move = moved.next();
    if ("error" in failed) throw failed.error;
    const now = current();
    const outcome = resumed && now ? compared(resumed, now.until) : "reached";
    if (outcome === "lost" && resumed) throw lost(resumed);
    if (now !== undefined && outcome === "reached") return now;
    await untilAborted(signal, move);
  }
}

function lost({ slot }: Position) {
  const message = "The journal no longer holds what the position names.";
  return failure("POSITION_LOST", message, { metadata: { slot } });
}

function stepOf<State>(slot: Slot, was: State | undefined, now: Version<State>): Step<State> {
  return { was, now: now.state, position: positionToken(positionAt(slot, now.until)) };
}

/** Whether the promise settled within `ms`. Throws the signal's reason when that aborts. */
async function within(ms: number, promise: Promise<void>, signal: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await untilAborted(signal, Promise.race([promise.then(() => true), late]));
  } finally {
    clearTimeout(timer);
  }
}

function exhausted() {
  const message = "The server has no room for another watch.";
  return failure("WATCHES_EXHAUSTED", message, { retryAfterMs: FULL_RETRY_MS });
}
