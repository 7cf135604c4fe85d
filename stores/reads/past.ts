import { Code, ConnectError } from "@connectrpc/connect";
import type { Moment } from "#domain/history";
import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import {
  compared,
  type Looks,
  type Position,
  positionOf,
  positionToken,
  type ReadAfter,
  readAfter,
  sharedLooks,
} from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { answeredFloors, type Floors } from "./floors.ts";
import type { Found, History, PastReads } from "./reads.ts";

/** How long a reader waits. */
export type Deadline = ReadAfter["deadline"];

/** Reads of the past that reflect what the reader has seen. */
export type Past = {
  /**
   * Reads a slot as it was at a moment, from a store that has reached the position of a token. Throws
   * what {@link readAfter} says.
   */
  read<Value>(
    asked: { readonly slot: Slot; readonly moment: Moment; readonly readAfter: string },
    deadline: Deadline,
    find: (from: PastReads) => Promise<Found<Value>>,
  ): Promise<Found<Value>>;
};

/** How long a replica is waited for that is behind what a reader has seen, in ms. */
const BEHIND_MS_MAX = 250;

/** How long a replica may take for an answer, in ms, and which part of a reader's time at most. */
const REPLICA_MS_MAX = 2_000;
const REPLICA_PART_MAX = 0.5;

/** How long a replica that was behind is not waited for, and one that gave no answer not asked, in ms. */
const LEFT_ALONE_MS = 1_000;

/**
 * Reads the past from a replica, where there is one that has come as far as what the reader names and as
 * what this process has answered; else from the primary. A replica is waited for a moment, so that one
 * that is just behind serves as well; one that is away or far behind costs time once a second, and nobody
 * an error.
 */
export function pastFrom(
  { replica, primary }: { readonly replica?: History | undefined; readonly primary: History },
  log: Log,
  floors: Floors = answeredFloors(),
): Past {
  const looks = looksOver(primary);
  const looksAtReplica = replica && looksOver(replica);
  const notWaitedUntil = new Map<Slot, number>();
  let notAskedUntil = 0;
  let isAway = false;

  /** What the replica says, if it is as far as it must be in time; undefined else. */
  async function fromReplica<Value>(
    slot: Slot,
    token: string,
    { remainingMs, signal }: Deadline,
    find: (from: History) => Promise<Found<Value>>,
  ): Promise<Found<Value> | undefined> {
    const now = performance.now();
    if (replica === undefined || looksAtReplica === undefined || now < notAskedUntil) return;
    const named = positionIn(token, slot);
    const waitMs = now < (notWaitedUntil.get(slot) ?? 0) ? 0 : BEHIND_MS_MAX;
    const answerMs = Math.min(REPLICA_MS_MAX, REPLICA_PART_MAX * remainingMs());
    const late = AbortSignal.timeout(Math.max(0, Math.ceil(answerMs)));
    const deadline = {
      remainingMs: () => now + Math.min(waitMs, answerMs) - performance.now(),
      signal: AbortSignal.any([signal, late]),
    };
    const wait = { readAfter: furthest(token, named, floors.of(slot)), slot, deadline };
    try {
      const answer = readAfter(wait, () => find(replica), reachedIn, looksAtReplica);
      const found = await Promise.race([answer, rejectedBy(deadline.signal)]);
      if (isAway) log.info("reading history from a replica again");
      isAway = false;
      const reached = reachedIn(found);
      const isReached = reached !== undefined && (!named || compared(named, reached) === "reached");
      return isReached ? found : undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const until = performance.now() + LEFT_ALONE_MS;
      if (isBehind(error)) notWaitedUntil.set(slot, until);
      // What else readers are told does not depend on the store that says it.
      if (error instanceof ConnectError && !late.aborted) return undefined;
      notAskedUntil = until;
      if (!isAway) log.warn({ err: error }, "reading history from the primary");
      isAway = true;
      return undefined;
    }
  }

  return {
    async read({ slot, moment, readAfter: token }, deadline, find) {
      const from = (history: History) => find(history.at(moment));
      const found =
        (await fromReplica(slot, token, deadline, from)) ??
        (await readAfter(
          { readAfter: token, slot, deadline },
          () => from(primary),
          reachedIn,
          looks,
        ));
      if (found.cursor !== undefined) floors.keeps(slot, undefined, found.cursor);
      return found;
    },
  };
}

/** What a store had reached for an answer. */
export function reachedIn({ cursor, reached = cursor }: Found<unknown>) {
  return reached;
}

function looksOver(history: History): Looks {
  const present = history.at({});
  return sharedLooks(async (slot) => reachedIn(await present.progress(slot)));
}

/** What a token names in a slot; undefined where it is none, or of another slot. */
function positionIn(token: string, slot: Slot): Position | undefined {
  const position = token === "" ? undefined : positionOf(token);
  return position?.slot === slot ? position : undefined;
}

/** The later of what a reader names and what was answered before. */
function furthest(token: string, named: Position | undefined, floor: Position | undefined): string {
  if (floor === undefined || (token !== "" && named === undefined)) return token;
  const isLater =
    named !== undefined &&
    named.journalId === floor.journalId &&
    (named.term > floor.term || (named.term === floor.term && named.endOffset > floor.endOffset));
  return isLater ? token : positionToken(floor);
}

/** Whether a store is not where it has to be; the primary decides whether any is. */
function isBehind(error: unknown): boolean {
  const { reason } = reasonOf(error);
  return reason === "READ_AFTER_TIMEOUT" || reason === "POSITION_LOST";
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new ConnectError("no answer in time", Code.DeadlineExceeded));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
