import { readFileSync } from "node:fs";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { badRequest, failure, REASONS, type Reason } from "#runtime/rpc";
import { problemOf, Refusal } from "./problems.ts";

const reasons = Object.keys(REASONS) as Reason[];

describe("problemOf", () => {
  it("has the status that docs/errors.md says of each reason", () => {
    const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
    const [, section = ""] = page.split("\n## Over HTTP\n");
    const said = [...section.matchAll(/^\| ([A-Z_]+) \| (\d{3}) \|/gm)].map(([, code, status]) => [
      code,
      Number(status),
    ]);
    const codes = Object.values(Code).filter((code): code is Code => typeof code === "number");
    const found = codes
      .map((code) => [code, problemOf(new ConnectError("m", code)).body.status] as const)
      .filter(([, status]) => status !== 500)
      .map(([code, status]) => [grpcName(code), status]);

    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(found));
  });

  it.each(reasons)("names %s by type, title and reason, with its sentence", (reason) => {
    const { body } = problemOf(failure(reason, "One sentence.", { metadata: { game_id: "1" } }));

    expect(body).toMatchObject({
      type: `https://courtside.example/errors/${reason}`,
      detail: "One sentence.",
      reason,
      metadata: { game_id: "1" },
    });
    expect(body.title).toMatch(/^[A-Z][a-z ]+$/);
    expect(body.status).toBeLessThan(600);
  });

  it("says when a retry may help, in whole seconds from 1", () => {
    const delayOf = (retryAfterMs?: number) =>
      problemOf(
        failure("STORE_UNREACHABLE", "m", { ...(retryAfterMs !== undefined && { retryAfterMs }) }),
      ).headers["Retry-After"];

    expect([delayOf(0), delayOf(400), delayOf(1_001), delayOf()]).toEqual(["1", "1", "2", "1"]);
  });

  it("P7: names each field by the name that the request has for it", () => {
    const fields = [
      "season.season",
      "board.season.season",
      "page_token",
      "lines[3]",
      "lines[3].player.player_id",
      "lines[0].player.periods[1].totals.field_goals_made",
    ];
    const violations = fields.map((field) => ({ field, description: "wrong" }));

    expect(problemOf(badRequest(violations)).body.errors?.map(({ field }) => field)).toEqual([
      "season",
      "season",
      "page_token",
      "lines[3]",
      "lines[3].playerId",
      "lines[0].periods[1].fieldGoalsMade",
    ]);
  });

  it("tells nothing of what was not expected", () => {
    const errors = [new Error("password"), new ConnectError("password", Code.Internal), undefined];
    const unreachable = new ConnectError("connect 10.0.0.1:7103 password", Code.Unavailable);

    for (const error of [...errors, unreachable]) {
      expect(JSON.stringify(problemOf(error))).not.toContain("password");
    }
    expect(problemOf(errors[0]).body).toEqual({
      ...{ type: "about:blank", title: "Internal Server Error", status: 500 },
    });
  });

  it("passes on a refusal of the gateway's own", () => {
    const refusal = new Refusal(405, "No.", { headers: { Allow: "GET" } });

    expect(problemOf(refusal)).toEqual({
      body: { type: "about:blank", title: "Method Not Allowed", status: 405, detail: "No." },
      headers: { Allow: "GET" },
    });
  });
});

function grpcName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
