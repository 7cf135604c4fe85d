import { create } from "@bufbuild/protobuf";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { WindowKind, WindowSchema } from "#gen/courtside/read/v1/window_pb.ts";
import {
  monthArgument,
  optionsText,
  windowOfOptions,
  windowText,
  withBy,
  withWindow,
} from "./windows.ts";

const parsed = (...args: string[]) =>
  withBy(withWindow(new Command()))
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .parse(args, { from: "user" })
    .opts();

describe("withWindow", () => {
  it("takes one window, and names both where there are two", () => {
    expect(windowOfOptions(parsed())).toBeUndefined();
    expect(windowOfOptions(parsed("--week", "2023-11-05"))).toEqual({
      ...{ kind: WindowKind.WEEK, date: "2023-11-05" },
    });
    expect(windowOfOptions(parsed("--month", "2023-11"))?.date).toBe("2023-11-01");
    expect(optionsText(parsed("--week", "2023-11-05"))).toBe("2023-10-30 to 2023-11-05");
    expect(optionsText(parsed())).toBeUndefined();
    expect(() => parsed("--day", "2023-11-05", "--month", "2023-11")).toThrow(
      "option '--day <day>' cannot be used with option '--month <month>'",
    );
    expect(() => parsed("--by", "week", "--month", "2023-11")).toThrow("cannot be used with");
  });
});

describe("monthArgument", () => {
  it.each(["2023-13", "2023-1", "2023-11-05", "november"])("refuses %s", (text) => {
    expect(() => monthArgument(text)).toThrow("It is a month such as 2023-11.");
  });
});

describe("windowText", () => {
  it("says a day, a week by its first and last, and a month", () => {
    const texts = [
      [WindowKind.DAY, "2023-11-05", "2023-11-06"] as const,
      [WindowKind.WEEK, "2023-12-25", "2024-01-01"] as const,
      [WindowKind.MONTH, "2023-11-01", "2023-12-01"] as const,
    ].map(([kind, date, untilDate]) => windowText(create(WindowSchema, { kind, date, untilDate })));

    expect(texts).toEqual(["2023-11-05", "2023-12-25 to 2023-12-31", "2023-11"]);
  });
});
