import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { failure } from "#runtime/rpc";
import { fullBackoff, waitMs } from "./backoff.ts";
import { patience, retried } from "./retried.ts";

const away = () => new ConnectError("away", Code.Unavailable);

describe("waitMs", () => {
  it("is a random part of a bound that doubles up to the most", () => {
    const backoff = fullBackoff({ random: () => 0.5 });
    const waits = [1, 2, 3, 4, 5, 6, 50].map((failures) => waitMs(backoff, failures));

    expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  it("is never shorter than what the peer asked for", () => {
    expect(waitMs(fullBackoff({ random: () => 0 }), 1, 700)).toBe(700);
  });
});

describe("patience", () => {
  it("ends when nothing went on for the whole time, and not before", () => {
    let now = 0;
    const patient = patience({ giveUpAfterMs: 1_000 }, { now: () => now });

    patient.afterFailure(away());
    now = 999;
    patient.afterFailure(away());
    now = 1_000;
    expect(() => patient.afterFailure(away())).toThrow("gave up after 3 tries: away");
  });

  it("begins anew with each progress", () => {
    let now = 0;
    const patient = patience({ giveUpAfterMs: 1_000 }, { now: () => now });

    patient.afterFailure(away());
    patient.progressed();
    now = 5_000;
    expect(patient.afterFailure(away())).toBeGreaterThanOrEqual(0);
  });

  it("waits as long as RetryInfo says", () => {
    const error = failure("STORE_UNREACHABLE", "away", { retryAfterMs: 300 });

    expect(patience({ random: () => 0 }).afterFailure(error)).toBe(300);
  });

  it("ends at an error of this program", () => {
    const bug = new TypeError("a bug");

    expect(() => patience().afterFailure(bug)).toThrow(bug);
  });
});

describe("retried", () => {
  const quick = { firstMs: 1, mostMs: 1 };

  it("gives the answer of the first try that has one", async () => {
    let tries = 0;
    const answer = await retried(async () => {
      tries += 1;
      if (tries < 4) throw away();
      return tries;
    }, quick);

    expect(answer).toBe(4);
  });

  it("tries nothing again that was refused", async () => {
    let tries = 0;
    const call = retried(async () => {
      tries += 1;
      throw failure("GAME_NOT_FINAL", "not final");
    }, quick);

    await expect(call).rejects.toThrow("not final");
    expect(tries).toBe(1);
  });

  it("ends with the signal's reason", async () => {
    const ending = new AbortController();
    const call = retried(
      async () => {
        ending.abort(new Error("enough"));
        throw away();
      },
      { firstMs: 10_000, random: () => 0.9, signal: ending.signal },
    );

    await expect(call).rejects.toThrow("enough");
  });
});
