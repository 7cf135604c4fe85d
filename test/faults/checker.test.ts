import { describe, expect, it } from "vitest";
import type { Entry } from "#domain/boxscore";
import { positionToken } from "#runtime/positions";
import { type CheckName, checked, type Evidence } from "./checker.ts";
import type { Happening, What } from "./history.ts";
import { observedIn } from "./observed.ts";
import { printOfEntry } from "./prints.ts";

const SLOT = "t:2023-24:regular";
const JOURNAL = "0123456789abcdef0123456789abcdef";
const UPLOAD = { who: "arena", upload: "arena/g1" };

const at = (endOffset: number, term = 1) =>
  positionToken({ journalId: JOURNAL, slot: SLOT, endOffset, term });

function live(number: number, points = number, epoch = 1): Entry {
  const line = { teamId: "t1", epoch, number, happenedAt: 0, totals: { points } };
  return { kind: "live", gameId: "g1", playerId: "p1", line };
}
const printed = (...entries: Entry[]) => entries.map((entry) => printOfEntry(entry) ?? "");

/** An upload of three lines, all of them acknowledged; one read by who had seen the second; both folds there. */
const LINES = [live(1), live(2), live(3)];
const GOOD: What[] = [
  { ...UPLOAD, op: "open", type: "ok", epoch: 1, next: 1 },
  { ...UPLOAD, op: "lines", type: "invoke", game: "g1", from: 1, prints: printed(...LINES) },
  { ...UPLOAD, op: "lines", type: "ok", through: 3, position: at(3) },
  readOf(1, at(2)),
  { who: "reader", op: "read", call: 1, type: "ok", position: at(3), store: "hot store" },
  { who: "monitor", op: "places", type: "ok", head: place(3), hot: place(3), archive: place(3) },
];

function readOf(call: number, after: string): What {
  const asked = { session: "reader", question: "box", after, withinMs: 1_000 };
  return { who: "reader", op: "read", call, type: "invoke", ...asked };
}
function place(end: number, digest = `d${end}`) {
  return { end, digest, generation: "g" };
}

/** The evidence of a run, everything 10 ms after what was before. */
function evidence(what: readonly What[], more: Partial<Evidence> & { entries?: Entry[] } = {}) {
  const history = what.map((one, at) => ({ at: 10 * at, ...one })) as Happening[];
  const { entries = LINES, ...rest } = more;
  const { length } = entries;
  return {
    history,
    dump: {
      entries: entries.map((entry, offset) => {
        return { offset, recordedAt: 0, bytes: new Uint8Array(), entry };
      }),
      digestAt: new Map(entries.map((_, offset) => [offset + 1, `d${offset + 1}`])),
      terms: [{ term: 1, firstOffset: 0 }],
    },
    told: [],
    archived: { entries: length, offsets: length },
    verified: { entries: length, differences: [] },
    observed: observedIn(history),
    bounds: { withoutWritesS: 5, withoutReadsS: 5, caughtUpWithinS: 5 },
    complaints: [],
    patience: 1,
    ...rest,
  } satisfies Evidence;
}

const namesOf = async (of: Evidence) => [...new Set((await checked(of)).map(({ check }) => check))];

describe("checked", () => {
  it("finds nothing wrong with a run in which nothing is", async () => {
    expect(await checked(evidence(GOOD))).toEqual([]);
  });

  const WRONG: readonly (readonly [CheckName, string, Evidence])[] = [
    [
      "I1",
      "an acknowledged line that is not there",
      evidence(GOOD, { entries: LINES.slice(0, 2) }),
    ],
    [
      "I1",
      "an acknowledged line that says something else",
      evidence(GOOD, { entries: [live(1), live(2), live(3, 9)] }),
    ],
    [
      "I2",
      "an entry that the archive lacks",
      evidence(GOOD, { archived: { entries: 2, offsets: 2 } }),
    ],
    [
      "I2",
      "an entry that the archive has twice",
      evidence(GOOD, { archived: { entries: 4, offsets: 3 } }),
    ],
    [
      "I2",
      "a store that is not the fold of the journal",
      evidence(GOOD, { verified: { entries: 3, differences: ["hot store, p1: 3 is not 4"] } }),
    ],
    ["I3", "a line that nobody sent", evidence(GOOD, { entries: [...LINES, live(4)] })],
    ["I4", "a line that is there twice", evidence(GOOD, { entries: [...LINES, live(3)] })],
    ["I4", "a number that is missing", evidence(GOOD, { entries: [live(1), live(3)] })],
    [
      "I4",
      "a line of the former owner after one of the next",
      evidence(GOOD, { entries: [live(1), live(1, 1, 2), live(2)] }),
    ],
    [
      "I5",
      "an answer that is older than the one before",
      evidence([
        ...GOOD,
        readOf(2, ""),
        { who: "reader", op: "read", call: 2, type: "ok", position: at(1), store: "hot store" },
      ]),
    ],
    [
      "I5",
      "a watcher who is led back",
      evidence([
        ...GOOD,
        { who: "watcher", op: "watch", type: "ok", position: at(3), content: "full" },
        { who: "watcher", op: "watch", type: "ok", position: at(2), content: "changes" },
      ]),
    ],
    [
      "I6",
      "an answer from before the position that was named",
      evidence([
        readOf(1, at(3)),
        { who: "reader", op: "read", call: 1, type: "ok", position: at(2), store: "hot store" },
      ]),
    ],
    [
      "I7",
      "a digest that the journal has not there",
      evidence([
        ...GOOD,
        { who: "monitor", op: "places", type: "ok", hot: place(2, "other"), head: place(3) },
      ]),
    ],
    [
      "I8",
      "a failure without a reason",
      evidence([
        ...GOOD,
        readOf(2, ""),
        {
          ...{ who: "reader", op: "read", call: 2, type: "fail", code: "Internal" },
          ...{ reason: "", message: "internal error" },
        },
      ]),
    ],
    [
      "I9",
      "a process that grows",
      evidence([
        ...GOOD,
        { who: "ingest-1", op: "process", type: "ok", pid: 1, memoryMb: 900, files: 9 },
      ]),
    ],
    [
      "I11",
      "lines that nobody heard of again",
      evidence(
        GOOD.map((one) => (one.op === "lines" && one.type === "ok" ? { ...one, through: 2 } : one)),
      ),
    ],
    [
      "I12",
      "what a client that misbehaves was told",
      evidence(GOOD, { complaints: ["a number was taken twice"] }),
    ],
    [
      "I11",
      "an upload that was refused",
      evidence([
        ...GOOD,
        { ...UPLOAD, op: "lines", type: "fail", through: 3, reason: "NUMBER_REUSED" },
      ]),
    ],
  ];
  it.each(WRONG)("%s: finds %s", async (check, _, of) => {
    expect(await namesOf(of)).toContain(check);
  });

  it("I8, I10: finds waits that are longer than they may be", async () => {
    const fault = { who: "nemesis", op: "fault", fault: "x", target: "y" } as const;
    const history = [
      { ...fault, type: "invoke" },
      { ...UPLOAD, op: "lines", type: "invoke", game: "g1", from: 1, prints: printed(...LINES) },
      {
        who: "monitor",
        op: "places",
        type: "ok",
        head: place(3),
        hot: place(0),
        archive: place(0),
      },
      { ...fault, type: "ok" },
      { ...UPLOAD, op: "open", type: "ok", epoch: 1, next: 1 },
      { ...UPLOAD, op: "lines", type: "ok", through: 3, position: at(3) },
    ].map((one, place) => ({ at: 3_000 * place, ...one })) as Happening[];
    const late = { ...evidence([]), history, observed: observedIn(history) };

    expect(late.observed).toMatchObject({ withoutWritesS: 12, caughtUpS: Infinity });
    expect(await namesOf(late)).toEqual(["I8", "I10"]);
  });
});
