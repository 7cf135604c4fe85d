import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { GivenUp } from "#client";
import { badRequest, failure } from "#runtime/rpc";
import { sentenceOf } from "./complaints.ts";
import { Complaint } from "./shell.ts";

describe("sentenceOf", () => {
  it.each([
    [new Complaint("Say which one."), "Say which one."],
    [failure("GAME_UNKNOWN", "Nothing was recorded of game 1."), "Nothing was recorded of game 1."],
    [badRequest([{ field: "game_id", description: "too long" }]), "game_id: Too long."],
    [new GivenUp("x", { cause: new Complaint("It is away.") }), "It is away."],
    [new Error("first\nsecond"), "First."],
    ["thrown text", "Thrown text."],
  ])("says one sentence", (error, sentence) => {
    expect(sentenceOf(error)).toBe(sentence);
  });

  it("says where nobody answers", () => {
    const error = new ConnectError("connect ECONNREFUSED 127.0.0.1:28918 at", Code.Unavailable);

    expect(sentenceOf(error)).toContain("Nobody answers at 127.0.0.1:28918");
  });
});
