import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failure } from "./errors.ts";
import { createRetryBudget, retrying } from "./retries.ts";

const far = () => Date.now() + 60_000;

function failing(error: Error) {
  const attempts = { made: 0 };
  const attempt = async () => {
    attempts.made += 1;
    throw error;
  };
  return { attempts, attempt };
}

const soon = failure("STORE_UNREACHABLE", "m", { retryAfterMs: 0 });

describe("retrying", () => {
  it("gives the first answer", async () => {
    let made = 0;
    const attempt = async () => {
      made += 1;
      if (made < 3) throw soon;
      return made;
    };

    const value = await retrying(attempt, { deadline: far(), budget: createRetryBudget() });

    expect(value).toBe(3);
  });

  it("ends after four attempts with the last error", async () => {
    const { attempts, attempt } = failing(soon);

    const call = retrying(attempt, { deadline: far(), budget: createRetryBudget() });

    await expect(call).rejects.toBe(soon);
    expect(attempts.made).toBe(4);
  });

  it("makes no retry of what is not UNAVAILABLE", async () => {
    const { attempts, attempt } = failing(new ConnectError("m", Code.Internal));

    const call = retrying(attempt, { deadline: far(), budget: createRetryBudget() });

    await expect(call).rejects.toThrow("m");
    expect(attempts.made).toBe(1);
  });

  it("makes no retry that would begin after the deadline", async () => {
    const { attempts, attempt } = failing(failure("SHUTTING_DOWN", "m", { retryAfterMs: 10_000 }));

    const deadline = Date.now() + 5_000;
    const call = retrying(attempt, { deadline, budget: createRetryBudget() });

    await expect(call).rejects.toThrow("m");
    expect(attempts.made).toBe(1);
  });

  it("does not sit out its delay once the signal has aborted", async () => {
    const { attempts, attempt } = failing(failure("SHUTTING_DOWN", "m", { retryAfterMs: 50_000 }));
    const signal = AbortSignal.abort();

    const call = retrying(attempt, { deadline: far(), signal, budget: createRetryBudget() });

    await expect(call).rejects.toThrow("m");
    expect(attempts.made).toBe(4);
  });
});

describe("createRetryBudget", () => {
  it("ends after a run of failures, and comes back with successes", async () => {
    const budget = createRetryBudget();
    const allowed = Array.from({ length: 8 }, () => budget.failed());
    expect(allowed).toEqual([true, true, true, true, false, false, false, false]);

    for (let i = 0; i < 50; i++) budget.succeeded();

    expect(budget.failed()).toBe(true);
  });

  it("is never saved up beyond its beginning", () => {
    const budget = createRetryBudget();
    for (let i = 0; i < 1_000; i++) budget.succeeded();

    const allowed = Array.from({ length: 8 }, () => budget.failed());

    expect(allowed.filter(Boolean)).toHaveLength(4);
  });
});
