import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { momentArgument, whenAsked } from "./when.ts";

describe("momentArgument", () => {
  it.each([
    ["2023-10-24T23:45:00Z", Date.UTC(2023, 9, 24, 23, 45)],
    ["2023-10-24T19:45:00-04:00", Date.UTC(2023, 9, 24, 23, 45)],
    ["2023-10-24", Date.UTC(2023, 9, 24)],
    ["1698191100000", 1_698_191_100_000],
  ])("reads %s", (text, ms) => {
    expect(momentArgument(text)).toBe(ms);
  });

  it.each(["", "yesterday", "12", "2023-13-40T00:00:00Z", "1698191100"])("refuses %j", (text) => {
    expect(() => momentArgument(text)).toThrow("a moment such as");
  });
});

describe("whenAsked", () => {
  it("asks for now where nothing is said", () => {
    expect(whenAsked({})).toEqual({ readAfter: "" });
  });

  it("limits what happened and what was known apart", () => {
    expect(whenAsked({ asOf: 1_000, knownAt: 2_000, readAfter: "p" })).toEqual({
      readAfter: "p",
      asOf: { happenedTime: timestampFromMs(1_000), knownTime: timestampFromMs(2_000) },
    });
  });
});
