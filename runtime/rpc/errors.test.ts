import { readFileSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { BadRequestSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { badRequest, failure, REASONS } from "./errors.ts";

describe("REASONS", () => {
  it("are those of docs/errors.md, with the same codes", () => {
    const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
    const rows = page.matchAll(/^\| `([A-Z_]+)` \| ([A-Z_]+) \|/gm);
    const documented = [...rows].map(([, reason, code]) => [reason, code]);

    const coded = Object.entries(REASONS).map(([reason, code]) => [reason, grpcName(code)]);
    expect(documented).toEqual(coded);
  });
});

describe("failure", () => {
  it("keeps fractions of a second in the retry delay", () => {
    const error = failure("STORE_UNREACHABLE", "m", { retryAfterMs: 1_500 });

    const [retry] = error.findDetails(RetryInfoSchema);
    expect(retry?.retryDelay).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  });

  it("has no retry delay unless given one", () => {
    const error = failure("GAME_UNKNOWN", "m");

    expect(error.findDetails(RetryInfoSchema)).toEqual([]);
  });
});

describe("badRequest", () => {
  it("names the first 16 fields and counts the others", () => {
    const violations = Array.from({ length: 20 }, (_, i) => ({
      field: `lines[${i}]`,
      description: "bad",
    }));

    const error = badRequest(violations);

    const [detail] = error.findDetails(BadRequestSchema);
    expect(detail?.fieldViolations).toHaveLength(16);
    expect(error.rawMessage).toMatch(/lines\[15\] and 4 more$/);
  });
});

function grpcName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
