import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLog } from "#runtime/log";
import { Outage } from "#runtime/outage";
import { reasonOf } from "#runtime/rpc";
import type { AppendItem, AppendVerdict, Journal } from "#stores/journal";
import type { Roster } from "#stores/roster";
import { guarded, type RequiredDurability } from "./replication.ts";

type Fence = PromiseWithResolvers<{ replicated: boolean }> & { readonly waitMs: number };

/** A journal whose fences are answered by hand, and whose appends are what they are told to be. */
function started(required: RequiredDurability) {
  const fences: Fence[] = [];
  const asked = { appends: 0, records: 0, replicated: true };
  const journal = {
    fence(waitMs: number) {
      const fence = { ...Promise.withResolvers<{ replicated: boolean }>(), waitMs };
      fences.push(fence);
      return fence.promise;
    },
    async append() {
      asked.appends += 1;
      return [{ verdict: "appended", replicated: asked.replicated } as AppendVerdict];
    },
  } as unknown as Journal;
  const roster = {
    async record() {
      asked.records += 1;
      return 1;
    },
  } as unknown as Roster;
  const log = createLog("test", "silent");
  const timing = { everyMs: 1, stalledMs: 20, patienceMs: 100, patienceMsMax: 400 };
  const guard = guarded({ journal, roster }, { required, log, timing });
  onTestFinished(guard.stop);
  const told: boolean[] = [];
  guard.follow((isTaking) => told.push(isTaking));
  return {
    ...{ asked, told, fences },
    /** The fence that is waited for. */
    async fence() {
      await expect.poll(() => fences.length, { interval: 1 }).toBeGreaterThan(0);
      return fences.splice(0)[0]!;
    },
    record: () => guard.roster.record("nba", [], []).catch((error) => typeof error),
    append: async () => {
      try {
        const [verdict] = await guard.journal.append([{} as AppendItem]);
        return verdict?.verdict;
      } catch (error) {
        return error instanceof Outage ? "outage" : reasonOf(error).reason;
      }
    },
  };
}

describe("guarded", () => {
  it("P1: passes no append on that only the primary has, where it must be replicated", async () => {
    const { append, asked, fence, told } = started("replicated");
    (await fence()).resolve({ replicated: true });
    asked.replicated = false;

    expect(await append()).toBe("NOT_REPLICATED");
    // What comes next is not even tried.
    asked.replicated = true;
    expect(await append()).toBe("NOT_REPLICATED");
    expect(asked.appends).toBe(1);
    (await fence()).resolve({ replicated: true });
    await expect.poll(append, { interval: 1 }).toBe("appended");
    expect(told).toEqual([false, true, false, true]);
  });

  it("P1: says what it has where nobody asks for more", async () => {
    const { append, asked, fence } = started("local");
    asked.replicated = false;
    (await fence()).resolve({ replicated: false });

    expect(await append()).toBe("appended");
  });

  it.each([
    ["local", "outage"],
    ["replicated", "NOT_REPLICATED"],
  ] as const)(
    "P6, P9: tries nothing while commits wait in vain, and leaves one session waiting: %s",
    async (required, failure) => {
      const { append, asked, fence, fences, record, told } = started(required);
      (await fence()).resolve({ replicated: true });
      const stuck = await fence();
      await expect.poll(() => told.at(-1), { interval: 1 }).toBe(false);

      expect([await append(), await append()]).toEqual([failure, failure]);
      expect(await record()).toBe("object");
      expect(asked).toMatchObject({ appends: 0, records: 0 });
      await delay(20);
      expect(fences).toEqual([]);
      stuck.reject(new Outage("postgres"));
      const next = await fence();
      expect([stuck.waitMs, next.waitMs]).toEqual([100, 200]);
      next.resolve({ replicated: true });
      await expect.poll(append, { interval: 1 }).toBe("appended");
      expect((await fence()).waitMs).toBe(100);
    },
  );

  it("P6: tries while there is no primary, since that is known sooner so", async () => {
    const { append, fence, told } = started("replicated");
    (await fence()).reject(new Outage("postgres"));
    await fence();

    expect(await append()).toBe("appended");
    expect(told).toEqual([false, false]);
  });
});
