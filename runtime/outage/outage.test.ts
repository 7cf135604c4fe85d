import { describe, expect, it } from "vitest";
import { Outage } from "./index.ts";

describe("Outage", () => {
  it("says which store, keeps the cause, and asks for a retry in half a second", () => {
    const cause = new Error("ECONNREFUSED");

    const outage = new Outage("redis", { cause });

    expect(outage).toMatchObject({
      name: "Outage",
      message: "redis gave no answer",
      store: "redis",
      retryAfterMs: 500,
      cause,
    });
  });

  it("takes the delay that a store knows better", () => {
    expect(new Outage("postgres", { retryAfterMs: 2_000 }).retryAfterMs).toBe(2_000);
  });
});
