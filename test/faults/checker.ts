import type { Entry } from "#domain/boxscore";
import { positionOf } from "#runtime/positions";
import { REASONS } from "#runtime/rpc";
import { seasonOracle } from "../integration/season-oracle.fixture.ts";
import { faultIn } from "../integration/season-questions.fixture.ts";
import type { Dump } from "./dump.ts";
import type { Happening } from "./history.ts";
import { endOf, type Told } from "./load/readers.ts";
import type { Observed } from "./observed.ts";
import { printOfEntry } from "./prints.ts";
import type { Verified } from "./verified.ts";

/** What a run leaves behind, and what is checked of it. */
export type Evidence = {
  readonly history: readonly Happening[];
  readonly dump: Dump;
  /** Answers to be compared with the fold at their position. */
  readonly told: readonly Told[];
  /** What the archive has of the slot. */
  readonly archived: { readonly entries: number; readonly offsets: number };
  readonly verified: Verified;
  readonly observed: Observed;
  readonly bounds: Bounds;
  /** How many times longer all may take, on a machine that has more to do; 1 on one that has not. */
  readonly patience: number;
  /** What was wrong that no client of the load could see. */
  readonly complaints: readonly string[];
};

/** How long things may take, in s. */
export type Bounds = {
  readonly withoutWritesS: number;
  readonly withoutReadsS: number;
  readonly caughtUpWithinS: number;
  /** Whether others are to notice next to nothing. */
  readonly byClient?: boolean;
};

/** A check by its name, and what is wrong. */
export type Violation = { readonly check: CheckName; readonly what: string };
export type CheckName = keyof typeof CHECKS;

/** What a service process may take of the machine. */
const MEMORY_MB_MAX = 300;
const FILES_MAX = 2_000;

/** How much later than its time an answer may come on a machine that is busy with all of it, in ms. */
const LATE_MS_MAX = 500;

/** How much slower reads may be while a client misbehaves: so many times, and always so many ms. */
const SLOWER_MAX = 2;
const SLOW_MS_ALWAYS = 150;

/** What ends an upload for good, and names all of its lines that were not acknowledged. */
const ENDINGS: ReadonlySet<string> = new Set(["UPLOAD_FENCED", "NOT_OWNER"]);

/** Codes of failures that have no reason: those of docs/errors.md, and those of a broken connection. */
const WITHOUT_REASON: ReadonlySet<string> = new Set([
  ...["DeadlineExceeded", "Unavailable", "Canceled", "Aborted"],
]);

/** A server that goes away has not begun with it: a client that repeats says Unavailable, others this. */
const UNSEEN = /NGHTTP2_REFUSED_STREAM/;

const CHECKS = {
  I1: { what: "acknowledged lines are in the journal as they were sent", check: acknowledged },
  I2: { what: "every answer, and both stores, are the fold of the journal", check: folded },
  I3: { what: "the journal holds nothing that nobody sent", check: invented },
  I4: { what: "numbers of an upload have no gap, and epochs only rise", check: numbered },
  I5: { what: "no reader sees an older state than before", check: monotone },
  I6: { what: "a read names what it must reflect, or fails in time", check: readAfter },
  I7: { what: "an offset has one content for ever", check: digests },
  I8: { what: "failures are catalogued, and waits bounded", check: failures },
  I9: { what: "memory and files of a process are bounded", check: resources },
  I10: { what: "the folds catch up", check: caughtUp },
  I11: { what: "what was sent is acknowledged, named or unknown", check: accounted },
  I12: { what: "who misbehaves is refused, and others do not notice", check: bystanders },
} as const;

/** Every check, with what it says. */
export const CHECK_NAMES: readonly (readonly [name: string, what: string])[] = Object.entries(
  CHECKS,
).map(([name, { what }]) => [name, what]);

/** Everything that is wrong with a run. */
export async function checked(evidence: Evidence): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const [name, { check }] of Object.entries(CHECKS)) {
    for (const what of await check(evidence)) found.push({ check: name as CheckName, what });
  }
  return found;
}

/** The lines of the journal by whose they are: game, epoch and number. A recorded batch has several. */
function linesIn({ entries }: Dump): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const { entry } of entries) {
    const print = printOfEntry(entry);
    if (print === undefined || isReleased(entry)) continue;
    const { epoch, number } = (entry as Extract<Entry, { kind: "live" }>).line;
    const key = lineKey(entry.gameId, epoch, number);
    lines.set(key, [...(lines.get(key) ?? []), print]);
  }
  return lines;
}

const lineKey = (gameId: string, epoch: number, number: number) => `${gameId} ${epoch} ${number}`;

const isReleased = (entry: Entry) => "released" in entry && entry.released === true;

/** What is known of each upload by what it was told. */
type Upload = {
  game: string;
  epoch: number;
  /** What line n says, at n - 1. */
  readonly prints: string[];
  through: number;
  /** It took its game over anew, under other numbers. */
  isRenumbered: boolean;
  ended?: string;
};

function uploadsIn(history: readonly Happening[]): Map<string, Upload> {
  const uploads = new Map<string, Upload>();
  const of = (upload: string) => {
    const known = uploads.get(upload);
    if (known !== undefined) return known;
    const fresh: Upload = { game: "", epoch: 0, prints: [], through: 0, isRenumbered: false };
    uploads.set(upload, fresh);
    return fresh;
  };
  for (const one of history) {
    if (one.op === "open") of(one.upload).epoch = one.epoch;
    else if (one.op === "hole") of(one.upload).isRenumbered = true;
    else if (one.op === "lines") {
      const upload = of(one.upload);
      if (one.type === "invoke") {
        upload.game = one.game;
        for (const [at, print] of one.prints.entries()) upload.prints[one.from - 1 + at] = print;
      } else {
        upload.through = Math.max(upload.through, one.through);
        if (one.type === "fail") upload.ended = one.reason;
        if (one.type === "info") upload.ended = "unknown";
      }
    }
  }
  return uploads;
}

type Call = Extract<Happening, { op: "record" | "facts" | "official"; type: "invoke" }>;

/** The calls that write, each with its answer if it had one. */
function callsIn(history: readonly Happening[]): { call: Call; taken: boolean | undefined }[] {
  const calls = new Map<number, { call: Call; taken: boolean | undefined }>();
  for (const one of history) {
    if (one.op !== "record" && one.op !== "facts" && one.op !== "official") continue;
    if (one.type === "invoke") calls.set(one.call, { call: one, taken: undefined });
    const known = calls.get(one.call);
    if (one.type === "ok" && known !== undefined) known.taken = one.taken;
  }
  return [...calls.values()];
}

function* acknowledged({ history, dump }: Evidence): Generator<string> {
  const lines = linesIn(dump);
  const byGame = new Map<string, Set<string>>();
  for (const [key, prints] of lines) {
    const game = key.slice(0, key.indexOf(" "));
    const known = byGame.get(game) ?? new Set();
    for (const print of prints) known.add(print);
    byGame.set(game, known);
  }
  for (const [name, { game, epoch, prints, through, isRenumbered }] of uploadsIn(history)) {
    for (let number = 1; number <= through; number += 1) {
      const sent = prints[number - 1] ?? "nothing";
      const kept = lines.get(lineKey(game, epoch, number))?.[0];
      const isKept = isRenumbered ? byGame.get(game)?.has(sent) : kept === sent;
      if (isKept) continue;
      yield `line ${number} of ${name} (epoch ${epoch}) was acknowledged; the journal has ${kept ?? "nothing"}`;
    }
  }
  const facts = new Set(
    dump.entries.flatMap(({ entry }) => {
      if (entry.kind === "game") return [`${entry.gameId} facts ${entry.revision}`];
      if (entry.kind !== "official") return [];
      const { revision, totals } = entry.line;
      return [`${entry.gameId} official ${revision} ${entry.playerId} ${totals?.points}`];
    }),
  );
  for (const { call, taken } of callsIn(history)) {
    if (taken !== true) continue;
    const { op, game, revision, prints } = call;
    const isKept =
      op === "record"
        ? prints.every((print) => lines.get(lineKey(game, 1, revision))?.includes(print))
        : facts.has(`${game} ${op} ${revision}${prints[0] ? ` ${prints[0]}` : ""}`);
    if (!isKept) yield `${op} ${revision} of ${game} was acknowledged and is not in the journal`;
  }
}

async function folded({ dump, told, archived, verified }: Evidence): Promise<string[]> {
  const found: string[] = [];
  const { length } = dump.entries;
  if (archived.entries !== length || archived.offsets !== length) {
    found.push(
      `the archive has ${archived.entries} entries at ${archived.offsets} offsets of ${length}`,
    );
  }
  if (verified.entries !== length) found.push(`${verified.entries} of ${length} were verified`);
  for (const one of verified.differences) found.push(`verify: ${one}`);
  const oracle = seasonOracle(dump.entries);
  for (const one of told.toSorted((a, b) => endOf(a.position) - endOf(b.position))) {
    const end = endOf(one.position);
    if (isLost(one.position, dump)) continue;
    if (end > length) {
      found.push(`an answer is of ${end}, and the journal ends at ${length}`);
      continue;
    }
    oracle.moveTo(one.position);
    const fault = await faultIn(one.question, one.answer, oracle);
    if (fault !== "") found.push(`at ${end}, ${fault}`);
  }
  return found;
}

/** Whether the journal has lost what a position names, and put something else there. */
function isLost(token: string, { terms }: Dump): boolean {
  const position = positionOf(token);
  if (position === undefined) return false;
  return terms.some(
    ({ term, firstOffset }) => term > position.term && firstOffset < position.endOffset,
  );
}

function* invented({ history, dump }: Evidence): Generator<string> {
  const sent = new Map<string, Set<string>>();
  const of = (game: string) => {
    const known = sent.get(game) ?? new Set<string>();
    sent.set(game, known);
    return known;
  };
  for (const one of history) {
    if (!("prints" in one)) continue;
    for (const print of one.prints) of(one.game).add(print);
  }
  for (const { offset, entry } of dump.entries) {
    const print = printOfEntry(entry);
    if (print !== undefined && !sent.get(entry.gameId)?.has(print)) {
      yield `nobody sent what stands at ${offset}, of ${entry.gameId}`;
    }
  }
}

function* numbered({ history, dump }: Evidence): Generator<string> {
  // Who records call by call has numbers of its own, which may skip.
  const recorded = new Set(
    history.flatMap((one) => (one.op === "record" && one.type === "invoke" ? [one.game] : [])),
  );
  const last = new Map<string, { epoch: number; number: number }>();
  for (const { offset, entry } of dump.entries) {
    if (isReleased(entry)) continue;
    const place =
      entry.kind === "live" || entry.kind === "team"
        ? entry.line
        : entry.kind === "quarantined"
          ? entry
          : undefined;
    if (place === undefined) continue;
    const { epoch, number } = place;
    const before = last.get(entry.gameId) ?? { epoch: 0, number: 0 };
    last.set(entry.gameId, { epoch, number });
    const where = `${entry.gameId} at ${offset}: number ${number} of epoch ${epoch} after ${before.number} of ${before.epoch}`;
    if (epoch < before.epoch) yield where;
    else if (recorded.has(entry.gameId)) {
      if (epoch === before.epoch && number < before.number) yield where;
    } else if (number !== (epoch === before.epoch ? before.number + 1 : 1)) yield where;
  }
}

function* monotone({ history }: Evidence): Generator<string> {
  const seen = new Map<string, string>();
  const sessions = new Map<number, string>();
  for (const one of history) {
    if (one.op === "read" && one.type === "invoke") sessions.set(one.call, one.session);
    // What the journal has lost is read anew.
    if ("reason" in one && one.reason === "POSITION_LOST") {
      seen.delete(("call" in one && sessions.get(one.call)) || one.who);
    }
    if (one.type !== "ok" || (one.op !== "read" && one.op !== "watch")) continue;
    const session = one.op === "read" ? (sessions.get(one.call) ?? one.who) : one.who;
    const before = seen.get(session);
    if (before !== undefined && isBehind(one.position, before)) {
      yield `${session} was answered at ${endOf(one.position)} after ${endOf(before)}`;
    }
    seen.set(session, one.position);
  }
}

/** Whether a position is before another one of the same term. */
function isBehind(position: string, other: string): boolean {
  const isSameTerm = positionOf(position)?.term === positionOf(other)?.term;
  return isSameTerm && endOf(position) < endOf(other);
}

function* readAfter({ history, patience }: Evidence): Generator<string> {
  const asked = new Map<number, Extract<Happening, { op: "read"; type: "invoke" }>>();
  for (const one of history) {
    if (one.op !== "read") continue;
    if (one.type === "invoke") {
      asked.set(one.call, one);
      continue;
    }
    const invoke = asked.get(one.call);
    if (invoke === undefined) continue;
    const { who, question, after, withinMs } = invoke;
    const ms = one.at - invoke.at;
    if (ms > withinMs + patience * LATE_MS_MAX) {
      yield `${who} was answered about ${question} after ${Math.round(ms)} ms of ${withinMs}`;
    }
    if (one.type === "ok" && after !== "" && isBehind(one.position, after)) {
      yield `${who} asked for ${endOf(after)} and was answered about ${question} at ${endOf(one.position)}`;
    }
  }
}

function* digests({ history, dump }: Evidence): Generator<string> {
  // Several rows may end at an offset only where a failover has lost the first of them.
  if (dump.terms.length > 1) return;
  for (const one of history) {
    if (one.op !== "places") continue;
    for (const [store, place] of Object.entries({
      journal: one.head,
      hot: one.hot,
      archive: one.archive,
    })) {
      if (place === undefined || place.end === 0) continue;
      const digest = dump.digestAt.get(place.end);
      if (digest === place.digest) continue;
      yield `${store} was at ${place.end} with ${place.digest}, and the journal has ${digest ?? "no row that ends there"}`;
    }
  }
}

function* failures({ history, observed, bounds, patience }: Evidence): Generator<string> {
  for (const one of history) {
    if (!("code" in one)) continue;
    const { who, op, code, reason } = one;
    if (reason !== "" ? Object.hasOwn(REASONS, reason) : WITHOUT_REASON.has(code)) continue;
    const message = "message" in one ? one.message : "";
    if (UNSEEN.test(message)) continue;
    yield `${who} was answered ${code} ${reason} at ${op}: ${message}`;
  }
  for (const what of ["withoutWritesS", "withoutReadsS"] as const) {
    const most = patience * bounds[what];
    if (observed[what] > most) yield `${what}: ${observed[what]} s, more than ${most}`;
  }
}

function* resources({ history }: Evidence): Generator<string> {
  const told = new Set<string>();
  for (const one of history) {
    if (one.op !== "process" || /^(postgres|redis|sentinel)/.test(one.who)) continue;
    if (told.has(one.who) || (one.memoryMb <= MEMORY_MB_MAX && one.files <= FILES_MAX)) continue;
    told.add(one.who);
    yield `${one.who} takes ${one.memoryMb} MB and ${one.files} files`;
  }
}

function* caughtUp({ observed, bounds, patience }: Evidence): Generator<string> {
  const { caughtUpS } = observed;
  const most = patience * bounds.caughtUpWithinS;
  if (caughtUpS > most) yield `the folds caught up after ${caughtUpS} s, more than ${most}`;
}

function* accounted({ history }: Evidence): Generator<string> {
  for (const [name, { prints, through, ended }] of uploadsIn(history)) {
    const left = prints.length - through;
    if (left < 0) yield `${name} was acknowledged ${through} lines and sent ${prints.length}`;
    if (left > 0 && ended === undefined) yield `${left} lines of ${name} were never heard of again`;
    if (ended !== undefined && ended !== "unknown" && !ENDINGS.has(ended)) {
      yield `${name} was ended by ${ended}, with ${left} lines left`;
    }
  }
  for (const { call, taken } of callsIn(history)) {
    if (taken !== undefined) continue;
    const { op, revision, game } = call;
    yield `nobody answered ${op} ${revision} of ${game} in a minute`;
  }
}

function* bystanders({ complaints, observed, bounds, patience }: Evidence): Generator<string> {
  yield* complaints;
  const { readP99Ms, readP99BeforeMs } = observed;
  const most = patience * Math.max(SLOW_MS_ALWAYS, SLOWER_MAX * readP99BeforeMs);
  if (bounds.byClient === true && readP99Ms > most) {
    yield `99 of 100 reads took up to ${readP99Ms} ms, and ${readP99BeforeMs} ms before`;
  }
}
