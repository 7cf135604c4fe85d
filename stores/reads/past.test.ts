import { describe, expect, it } from "vitest";
import { createLog } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { positionToken } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { answeredFloors, type History, type PastReads, pastFrom } from "./index.ts";

const SLOT = "nba:2023-24:regular";
const JOURNAL = "ab".repeat(16);
const cursorAt = (endOffset: number, term = 1) => ({
  ...{ journalId: JOURNAL, endOffset, recordedAt: 0 },
  terms: [1, 2].slice(0, term).map((term) => ({ term, firstOffset: term === 1 ? 0 : 500 })),
});
const tokenAt = (endOffset: number, term = 1) =>
  positionToken({ journalId: JOURNAL, slot: SLOT, endOffset, term });

/** A history that has come as far as it is told, counts what it is asked, and may give no answer. */
function store(endOffset: number, term = 1) {
  const state = { endOffset, term, asked: 0, answer: async () => {} };
  const progress = async () => {
    state.asked += 1;
    await state.answer();
    return { cursor: cursorAt(state.endOffset, state.term), value: state };
  };
  const history: History = { at: () => ({ progress }) as unknown as PastReads };
  return { state, history };
}

function started(replica = store(10), primary = store(10), floors = answeredFloors()) {
  const histories = { replica: replica.history, primary: primary.history };
  const past = pastFrom(histories, createLog("test", "silent"), floors);
  const read = async (readAfter = "", withinMs = 1_000) => {
    const end = performance.now() + withinMs;
    const deadline = {
      remainingMs: () => end - performance.now(),
      signal: new AbortController().signal,
    };
    const asked = { slot: SLOT, moment: {}, readAfter };
    const { value } = await past.read(asked, deadline, (from) => from.progress(SLOT));
    return (value as unknown) === replica.state ? "replica" : "primary";
  };
  return { replica: replica.state, primary: primary.state, floors, read };
}

describe("pastFrom", () => {
  it("reads from the replica, and leaves the primary alone", async () => {
    const { read, primary } = started();

    expect(await read(tokenAt(10))).toBe("replica");
    expect(primary.asked).toBe(0);
  });

  it("P4: waits for a replica that is just behind the position", async () => {
    const { read, replica, primary } = started(store(9));
    const reading = read(tokenAt(10));
    setTimeout(() => Object.assign(replica, { endOffset: 10 }), 30);

    expect(await reading).toBe("replica");
    expect(primary.asked).toBe(0);
  });

  it("P4: reads from the primary where the replica stays behind, and then waits no more for a while", async () => {
    const { read, replica } = started(store(9));
    expect(await read(tokenAt(10))).toBe("primary");
    const { asked } = replica;
    expect(asked).toBeGreaterThan(2);

    expect(await read(tokenAt(10))).toBe("primary");
    expect(replica.asked).toBe(asked + 1);
  });

  it("P4: uses no replica that is behind what was answered, whatever the reader names", async () => {
    const { read, floors } = started(store(9));
    floors.keeps(SLOT, undefined, cursorAt(10));

    expect(await read()).toBe("primary");
    expect(await read(tokenAt(8))).toBe("primary");
  });

  it("P4: uses no replica that has what a failover lost", async () => {
    const { read } = started(store(900, 1), store(600, 2));

    expect(await read(tokenAt(600, 2))).toBe("primary");
  });

  it("P4: says of a position that was lost that it is, whatever was answered before", async () => {
    const { read, floors } = started(store(600, 2), store(600, 2));
    expect(await read(tokenAt(550, 1)).catch(reasonOf)).toMatchObject({ reason: "POSITION_LOST" });

    floors.keeps(SLOT, undefined, cursorAt(600, 2));
    expect(await read(tokenAt(550, 1)).catch(reasonOf)).toMatchObject({ reason: "POSITION_LOST" });
  });

  it("P6: reads from the primary while the replica is away, and asks it no more for a while", async () => {
    const { read, replica } = started();
    replica.answer = async () => {
      throw new Outage("postgres");
    };

    expect([await read(), await read()]).toEqual(["primary", "primary"]);
    expect(replica.asked).toBe(1);
  });

  it("P6: reads from the primary in time where the replica hangs", async () => {
    const { read, replica } = started();
    replica.answer = () => new Promise(() => {});

    expect(await read("", 200)).toBe("primary");
  });

  it("P4: fails with a reason where the primary is behind as well", async () => {
    const { read } = started(store(9), store(9));
    const failed = await read(tokenAt(10), 300).catch(reasonOf);

    expect(failed).toMatchObject({ reason: "READ_AFTER_TIMEOUT" });
  });

  it("names the field of a token that is not one", async () => {
    const failed = await started().read("junk").catch(reasonOf);

    expect(failed).toMatchObject({ fieldViolations: [{ field: "read_after" }] });
  });
});
