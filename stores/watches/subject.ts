import type { ConnectError } from "@connectrpc/connect";
import type { Slot } from "#domain/slots";
import { Outage } from "#runtime/outage";
import { compared, type Progress, positionAt } from "#runtime/positions";
import { failure } from "#runtime/rpc";
import type { ArchiveCursor } from "#stores/archive";
import type { HotCursor, HotMoves, Move, TouchedNames } from "#stores/hotstore";
import type { Journal } from "#stores/journal";
import type { Found, SeasonReads, StoreProgress } from "#stores/reads";
import { type Signal, signal } from "./signal.ts";

/** Something that is watched, and how it is read. */
export type Subject<State extends object> = {
  /** Names it among all subjects. */
  readonly key: string;
  readonly slot: Slot;
  /** Reads state and cursor of one moment. */
  read<Reached extends StoreProgress>(from: SeasonReads<Reached>): Promise<Found<State, Reached>>;
  /** Whether a move that touched these may have changed the state. */
  isTouchedBy(names: TouchedNames): boolean;
  isSame(a: State, b: State): boolean;
  /** Why nobody can begin to watch when nothing was ever recorded of the slot. */
  unknownSlot(): ConnectError;
  /** Why nobody can begin to watch this state; undefined when anybody can. */
  unknown(state: State): ConnectError | undefined;
};

/** Where states come from. */
export type Stores = {
  readonly hot: SeasonReads<HotCursor>;
  /** Gives the first state, where the hot store has none or is away. */
  readonly archive: SeasonReads<ArchiveCursor>;
  /** Says whether anything was ever recorded of a slot. */
  readonly journal: Pick<Journal, "terms">;
};

/** A state, and the places in its slot's log where it is known to hold. */
export type Version<State> = {
  readonly state: State;
  /** The first end offset at which it was seen. */
  readonly since: number;
  /** The last place at which it is known to hold: what a watcher of it has seen. */
  until: HotCursor;
};

/** A subject as all its watchers in this process see it. */
export type Watched<State> = {
  /** The newest state; undefined before the first read. Never goes back. */
  current(): Version<State> | undefined;
  /** The state at an end offset, if it is still known. */
  stateAt(endOffset: number): State | undefined;
  /** Whether `current` is what the hot store said within the last second or so. */
  isFresh(): boolean;
  /** Happens when the state has changed or watching has failed. */
  readonly changed: Signal;
  /** Happens when the state or its place has changed, or watching has failed. */
  readonly moved: Signal;
  /** Why those who watch now cannot go on; they hold the object, those who come later get another. */
  failed(): { readonly error?: unknown };
  stop(): void;
};

/** Versions kept for watchers who come back. Each may be some ten kilobytes. */
const VERSIONS_MAX = 8;

/** The generation of a state that is not of the hot store. */
const ARCHIVED = "";

/** Moves kept while a read runs; with more the state is read again. */
const MOVES_MAX = 64;

/**
 * Keeps the state of a subject: one read a change, whoever watches. `floors` has the furthest place that
 * any watcher of this process has seen of each slot; what is behind it is a slot being made again, and
 * waited for, up to `staleMs`. Who has no state meanwhile gets one of the archive.
 */
export function watched<State extends object>(
  subject: Subject<State>,
  { hot, archive }: Pick<Stores, "hot" | "archive">,
  moves: HotMoves,
  floors: Map<Slot, Progress>,
  staleMs: number,
): Watched<State> {
  const { slot } = subject;
  const changed = signal();
  const moved = signal();
  let versions: Version<State>[] = [];
  let staleSince: number | undefined;
  let failing: { error?: unknown } = {};
  let stopped = false;

  let reading = false;
  let again = false;
  let heard: Move[] = [];

  const stopListening = moves.listen(slot, { onMove, onLook, onOutage: setStale });
  void read();

  async function read(): Promise<void> {
    if (reading || stopped) {
      again = true;
      return;
    }
    reading = true;
    do {
      again = false;
      await readOnce();
      const missed = heard;
      heard = [];
      for (const move of missed) follow(move);
    } while (again && staleSince === undefined && !stopped);
    reading = false;
  }

  async function readOnce(): Promise<void> {
    let away: unknown;
    try {
      const { cursor, value } = await subject.read(hot);
      if (cursor !== undefined && take(cursor, value)) return;
    } catch (error) {
      away = error;
    }
    try {
      if (versions.length === 0) await readArchive();
    } catch (error) {
      away ??= error;
    }
    setStale(away);
  }

  async function readArchive(): Promise<void> {
    const { cursor, value } = await subject.read(archive);
    if (cursor !== undefined) take({ ...cursor, generation: ARCHIVED }, value);
  }

  /** Takes a state unless it is behind what was seen. */
  function take(cursor: HotCursor, value: State): boolean {
    const last = versions.at(-1);
    const seen = last?.until ?? floors.get(slot);
    const outcome = seen === undefined ? "reached" : compared(positionAt(slot, seen), cursor);
    if (outcome === "behind") return false;
    if (outcome === "lost") {
      floors.delete(slot);
      if (last !== undefined) lose();
    }
    const state = last && outcome === "reached" && subject.isSame(last.state, value);
    versions.push({ state: state ? last.state : value, since: cursor.endOffset, until: cursor });
    versions = versions.slice(-VERSIONS_MAX);
    reached(cursor);
    if (!state) changed.happen();
    return true;
  }

  function reached(cursor: HotCursor): void {
    staleSince = undefined;
    floors.set(slot, cursor);
    moved.happen();
  }

  function lose(): void {
    versions = [];
    const message = `The journal no longer holds what was seen of ${slot}.`;
    fail(failure("POSITION_LOST", message, { metadata: { slot } }));
  }

  function fail(error: unknown): void {
    failing.error = error;
    failing = {};
    changed.happen();
    moved.happen();
  }

  function setStale(error: unknown): void {
    if (stopped) return;
    staleSince ??= performance.now();
    if (performance.now() - staleSince < staleMs) return;
    staleSince = performance.now();
    // The archive has gone on meanwhile, and who comes next is to see that.
    if (versions.at(-1)?.until.generation === ARCHIVED) versions = [];
    fail(new Outage("redis", { cause: error ?? new Error(`${slot} is not there`) }));
  }

  function onMove(move: Move): void {
    if (!reading) follow(move);
    else if (heard.length < MOVES_MAX) heard.push(move);
    else again = true;
  }

  function follow({ from, to, touched }: Move): void {
    const last = versions.at(-1);
    if (last !== undefined && to !== undefined) {
      const { until } = last;
      const isOld = to.generation === until.generation && to.endOffset <= until.endOffset;
      if (isOld) return;
      if (isSamePlace(from, until) && touched !== undefined && !subject.isTouchedBy(touched)) {
        last.until = to;
        reached(to);
        return;
      }
    }
    void read();
  }

  function onLook(at: HotCursor | undefined): void {
    const last = versions.at(-1);
    if (at !== undefined && isSamePlace(last?.until, at)) staleSince = undefined;
    else void read();
  }

  return {
    current: () => versions.at(-1),
    stateAt: (endOffset) =>
      versions.findLast(({ since, until }) => since <= endOffset && endOffset <= until.endOffset)
        ?.state,
    isFresh: () => staleSince === undefined,
    changed,
    moved,
    failed: () => failing,
    stop() {
      stopped = true;
      stopListening();
    },
  };
}

function isSamePlace(a: HotCursor | undefined, b: HotCursor | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.generation === b.generation && a.endOffset === b.endOffset && a.digest === b.digest;
}
