import { describe, expect, it } from "vitest";
import { dateArgument, pathArgument, positiveArgument, speedArgument } from "./arguments.ts";

describe("speedArgument", () => {
  it("takes numbers above 0 and max", () => {
    expect(["60", "0.5", "max"].map(speedArgument)).toEqual([60, 0.5, "max"]);
  });

  it.each(["0", "-1", "fast", "", "1e3", "Infinity"])("refuses %j", (text) => {
    expect(() => speedArgument(text)).toThrow("a number above 0");
  });
});

describe("dateArgument", () => {
  it.each(["2023-02-29", "2023-13-01", "20231024", "today"])("refuses %s", (text) => {
    expect(() => dateArgument(text)).toThrow("a day such as");
  });

  it("takes a day", () => {
    expect(dateArgument("2024-02-29")).toBe("2024-02-29");
  });
});

describe("positiveArgument", () => {
  it.each(["0", "-3", "1.5", "x", ""])("refuses %j", (text) => {
    expect(() => positiveArgument(text)).toThrow("a whole number from 1");
  });
});

describe("pathArgument", () => {
  it("looks first where the person is, then in the clone", () => {
    const env = { INIT_CWD: import.meta.dirname };

    expect(pathArgument("csv.ts", env)).toBe(`${import.meta.dirname}/csv.ts`);
    expect(pathArgument("package.json", env)).toBe(`${process.cwd()}/package.json`);
  });
});
