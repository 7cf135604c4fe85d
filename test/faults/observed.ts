import type { Happening } from "./history.ts";
import { WRITER } from "./load/readers.ts";
import { VISITOR } from "./load/visitors.ts";

/** What is slow at first says nothing of what is usual. */
const WARM_UP_MS = 1_500;

/** What a run showed, in figures. Times are in s, from when the fault began. */
export type Observed = {
  /** Lines and calls that were acknowledged, and those that were under way when the fault began. */
  readonly acked: number;
  readonly inFlight: number;
  /** The longest that one client waited for an ack, and the longest between two answers to one reader. */
  readonly withoutWritesS: number;
  readonly withoutReadsS: number;
  /** The longest that a fold stood still although there was something to fold. */
  readonly hotStoodS: number;
  readonly archiveStoodS: number;
  /** From when the fault was healed until both folds had come as far as the journal had then. */
  readonly caughtUpS: number;
  /** How often an upload broke, a call was answered with a failure, and a read was. */
  readonly broke: number;
  readonly callsFailed: number;
  readonly readsFailed: number;
  /** Answers that came from the archive. */
  readonly archived: number;
  /** How far the hot store went back, in entries, at most. */
  readonly lostByHotStore: number;
  /** How often the hot store was made again. */
  readonly madeAgain: number;
  /** How often the journal could not be asked how far it is. */
  readonly journalAway: number;
  /** How often a visitor of the gateway got no answer. */
  readonly visitsFailed: number;
  /** How long half of what was sent waited for its ack, and 99 of 100 reads for their answer, in ms: … */
  readonly ackP50Ms: number;
  readonly readP99Ms: number;
  /** … and before the fault. */
  readonly ackP50BeforeMs: number;
  readonly readP99BeforeMs: number;
};

/** The figures of a history in which one fault began and was healed. */
export function observedIn(history: readonly Happening[]): Observed {
  const faults = history.filter((one) => one.op === "fault");
  const begun = faults.find(({ type }) => type === "invoke")?.at ?? 0;
  const healed = faults.findLast(({ type }) => type === "ok")?.at ?? begun;
  const since = history.filter(({ at }) => at >= begun);
  const reads = readTimes(history);
  const acks = ackTimes(history);
  const during = ({ at }: Timed) => at >= begun && at <= healed;
  const before = ({ at }: Timed) => at < begun && at >= WARM_UP_MS;
  const last = history.findLast((one) => one.op === "places" && one.at < begun);
  const places = since.filter((one) => one.op === "places");
  const seconds = (ms: number) => Math.round(ms / 100) / 10;
  return {
    acked: ackedIn(history),
    inFlight: inFlightAt(history, begun),
    withoutWritesS: seconds(Math.max(0, ...writeWaits(history, begun))),
    withoutReadsS: seconds(Math.max(0, ...readWaits(history, begun))),
    hotStoodS: seconds(stoodStill(places, (one) => one.hot?.end)),
    archiveStoodS: seconds(stoodStill(places, (one) => one.archive?.end)),
    caughtUpS: seconds(caughtUpMs(history, healed)),
    broke: since.filter(({ op }) => op === "broke").length,
    callsFailed: since.filter((one) => isCall(one) && one.type === "info").length,
    readsFailed: since.filter((one) => isFailedRead(one)).length,
    archived: since.filter((one) => one.op === "read" && "store" in one && one.store === "archive")
      .length,
    lostByHotStore: wentBack(places.map(({ hot }) => hot?.end ?? 0)),
    madeAgain: changesOf(
      [last, ...places].flatMap((one) => (one?.op === "places" && one.hot?.generation) || []),
    ),
    visitsFailed: since.filter((one) => isFailedRead(one) && one.who === VISITOR).length,
    ackP50Ms: quantile(acks.filter(during), 0.5),
    readP99Ms: quantile(reads.filter(during), 0.99),
    ackP50BeforeMs: quantile(acks.filter(before), 0.5),
    readP99BeforeMs: quantile(reads.filter(before), 0.99),
    journalAway: places.filter(({ head }) => head === undefined).length,
  };
}

const isCall = ({ op }: Happening) => op === "record" || op === "facts" || op === "official";

// That nothing is known of somebody yet is an answer.
const isFailedRead = (one: Happening) =>
  one.op === "read" && one.type === "fail" && one.code !== "NotFound";

function ackedIn(history: readonly Happening[]): number {
  const through = new Map<string, number>();
  let calls = 0;
  for (const one of history) {
    if (one.op === "lines" && one.type === "ok") through.set(one.upload, one.through);
    if (isCall(one) && one.type === "ok") calls += 1;
  }
  return [...through.values()].reduce((sum, lines) => sum + lines, calls);
}

function inFlightAt(history: readonly Happening[], moment: number): number {
  const sent = new Map<string, number>();
  const calls = new Set<number>();
  for (const one of history) {
    if (one.at > moment) break;
    if (one.op === "lines") {
      if (one.type === "invoke") sent.set(one.upload, one.from + one.prints.length - 1);
      else if ((sent.get(one.upload) ?? 0) <= one.through) sent.delete(one.upload);
    } else if ("call" in one) {
      if (one.type === "invoke") calls.add(one.call);
      else calls.delete(one.call);
    }
  }
  return sent.size + calls.size;
}

/** How long each client waited for each ack that came after a moment, or did not come. */
function writeWaits(history: readonly Happening[], moment: number): number[] {
  const waits: number[] = [];
  const uploads = new Map<string, { since: number; sent: number }>();
  const calls = new Map<number, number>();
  const end = history.at(-1)?.at ?? 0;
  const wait = (since: number, at: number) => {
    if (at >= moment) waits.push(at - since);
  };
  for (const one of history) {
    if (one.op === "lines") {
      const upload = uploads.get(one.upload);
      if (one.type === "invoke") {
        const sent = one.from + one.prints.length - 1;
        uploads.set(one.upload, { since: upload?.since ?? one.at, sent });
      } else if (upload !== undefined) {
        wait(upload.since, one.at);
        const isOver = one.type !== "ok" || one.through >= upload.sent;
        if (isOver) uploads.delete(one.upload);
        else upload.since = one.at;
      }
    } else if (isCall(one) && "call" in one) {
      if (one.type === "invoke") calls.set(one.call, one.at);
      const since = calls.get(one.call);
      if (one.type !== "ok" || since === undefined) continue;
      wait(since, one.at);
      calls.delete(one.call);
    }
  }
  for (const { since } of uploads.values()) wait(since, end);
  for (const since of calls.values()) wait(since, end);
  return waits;
}

/**
 * How long each reader was without an answer, as far as that was after a moment. Who waits for what was
 * just acknowledged waits for the folds, and does not count here.
 */
function readWaits(history: readonly Happening[], moment: number): number[] {
  const waits: number[] = [];
  const last = new Map<string, number>();
  let end = 0;
  for (const one of history) {
    if (one.op !== "read" || one.who === WRITER) continue;
    end = one.at;
    const since = last.get(one.who);
    if (since === undefined) last.set(one.who, one.at);
    else if (one.type === "ok" || (one.type === "fail" && !isFailedRead(one))) {
      if (one.at >= moment) waits.push(one.at - since);
      last.set(one.who, one.at);
    }
  }
  for (const since of last.values()) waits.push(end - since);
  return waits;
}

type PlacesSeen = Extract<Happening, { op: "places" }>;

/** The longest that a fold did not move while it was behind the journal. */
function stoodStill(
  places: readonly PlacesSeen[],
  endOf: (one: PlacesSeen) => number | undefined,
): number {
  let longest = 0;
  let at = -1;
  let since: number | undefined;
  let head = 0;
  for (const one of places) {
    head = one.head?.end ?? head;
    const end = endOf(one) ?? at;
    const isWaiting = end < head && end <= at;
    if (!isWaiting) since = undefined;
    else since ??= one.at;
    at = end;
    if (since !== undefined) longest = Math.max(longest, one.at - since);
  }
  return longest;
}

/** From a moment until both folds have come as far as the journal had then. */
function caughtUpMs(history: readonly Happening[], moment: number): number {
  const places = history.filter((one) => one.op === "places");
  const head = Math.max(
    0,
    ...places.filter(({ at }) => at <= moment).map((one) => one.head?.end ?? 0),
  );
  const there = places.find(
    ({ at, hot, archive }) =>
      at >= moment && (hot?.end ?? -1) >= head && (archive?.end ?? -1) >= head,
  );
  return there === undefined ? Number.POSITIVE_INFINITY : there.at - moment;
}

/** How often something is not what it was before. */
function changesOf(values: readonly string[]): number {
  return values.filter((value, at) => at > 0 && value !== values[at - 1]).length;
}

/** Something that took so long, and ended or should have ended then. */
type Timed = { readonly at: number; readonly ms: number };

function quantile(times: readonly Timed[], share: number): number {
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
}

/** How long each read took that was answered, by when it was asked; not that of who waits for the folds. */
function readTimes(history: readonly Happening[]): Timed[] {
  const asked = new Map<number, number>();
  const times: Timed[] = [];
  for (const one of history) {
    if (one.op !== "read" || one.who === WRITER) continue;
    if (one.type === "invoke") asked.set(one.call, one.at);
    const at = asked.get(one.call);
    if (one.type === "ok" && at !== undefined) times.push({ at, ms: one.at - at });
  }
  return times;
}

/** How long each part of an upload waited for its ack, by when it was sent. */
function ackTimes(history: readonly Happening[]): Timed[] {
  const waiting = new Map<string, { through: number; at: number }[]>();
  const times: Timed[] = [];
  for (const one of history) {
    if (one.op !== "lines") continue;
    const parts = waiting.get(one.upload) ?? [];
    waiting.set(one.upload, parts);
    if (one.type === "invoke") {
      parts.push({ through: one.from + one.prints.length - 1, at: one.at });
      continue;
    }
    while (parts[0] !== undefined && parts[0].through <= one.through) {
      const { at } = parts[0];
      times.push({ at, ms: one.at - at });
      parts.shift();
    }
  }
  return times;
}

function wentBack(ends: readonly number[]): number {
  let most = 0;
  let highest = 0;
  for (const end of ends) {
    highest = Math.max(highest, end);
    most = Math.max(most, highest - end);
  }
  return most;
}
