import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { WatchGameResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { failure } from "#runtime/rpc";
import { eventOf, farewellOf } from "./events.ts";

const message = (content: object) => create(WatchGameResponseSchema, { position: "P", ...content });

describe("eventOf", () => {
  it("has the position as id, the kind as type, and one line of data", () => {
    const full = { case: "full" as const, value: { game: { gameId: "g\n1" }, teams: [] } };

    expect(eventOf(WatchGameResponseSchema, message({ content: full }))).toBe(
      'event: full\nid: P\ndata: {"game":{"gameId":"g\\n1"},"teams":[]}\n\n',
    );
  });

  it("moves the id alone when nothing has changed, and tells a removal", () => {
    const changes = (value: object) => message({ content: { case: "changes" as const, value } });

    expect(eventOf(WatchGameResponseSchema, changes({}))).toBe("id: P\n: nothing has changed\n\n");
    expect(eventOf(WatchGameResponseSchema, changes({ removedPlayerIds: ["p"] }))).toContain(
      '"removedPlayerIds":["p"]',
    );
  });

  it("tells a full state also when it is empty", () => {
    const full = { case: "full" as const, value: { teams: [] } };

    expect(eventOf(WatchGameResponseSchema, message({ content: full }))).toMatch(/^event: full\n/);
  });
});

describe("farewellOf", () => {
  it("says when to come back where that may help, spread over a while", () => {
    const away = failure("SHUTTING_DOWN", "m", { retryAfterMs: 2_500 });

    expect(farewellOf(away, () => 0)).toBe("retry: 3000\n: come back then\n\n");
    expect(farewellOf(away, () => 0.5)).toMatch(/^retry: 3750\n/);
    expect(farewellOf(new ConnectError("m", Code.Canceled), () => 0)).toMatch(/^retry: 1000\n/);
  });

  it("P7: says what is wrong where no coming back helps", () => {
    const lost = farewellOf(failure("POSITION_LOST", "Gone."));

    expect(lost).toMatch(/^event: problem\ndata: \{.*"reason":"POSITION_LOST".*\}\n\n$/);
    expect(farewellOf(new Error("password"))).not.toContain("password");
  });
});
