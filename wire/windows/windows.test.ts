import { describe, expect, it } from "vitest";
import { WINDOW_KINDS } from "#domain/season";
import { WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { windowAsked, windowKindOf, windowKindOnWire, windowOnWire } from "./index.ts";

describe("windowKindOnWire", () => {
  it("names every kind by its own word, and is undone by windowKindOf", () => {
    const words = WINDOW_KINDS.map((kind) => kind.toUpperCase() as keyof typeof WindowKind);

    expect(WINDOW_KINDS.map(windowKindOnWire)).toEqual(words.map((word) => WindowKind[word]));
    expect(WINDOW_KINDS.map(windowKindOnWire).map(windowKindOf)).toEqual([...WINDOW_KINDS]);
  });
});

describe("windowAsked", () => {
  it("takes any day of the window, and answers its first and the one after it", () => {
    const window = windowAsked({ kind: WindowKind.WEEK, date: "2023-11-05" });

    expect(window && windowOnWire(window)).toEqual({
      ...{ kind: WindowKind.WEEK, date: "2023-10-30", untilDate: "2023-11-06" },
    });
    expect(windowAsked(undefined)).toBeUndefined();
  });

  it("names the field of what is no day", () => {
    let failed: unknown;
    try {
      windowAsked({ kind: WindowKind.DAY, date: "2023-02-29" });
    } catch (error) {
      failed = error;
    }

    expect(reasonOf(failed).fieldViolations).toMatchObject([{ field: "window.date" }]);
  });
});
