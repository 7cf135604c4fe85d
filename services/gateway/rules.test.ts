import { describe, expect, it } from "vitest";
import {
  GetBoxScoreRequestSchema,
  ListGamesRequestSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import {
  choice,
  day,
  flag,
  idOf,
  list,
  moment,
  month,
  type Rule,
  textOf,
  whole,
  wholeOf,
} from "./rules.ts";

const given = (rule: Rule<unknown>, ...values: unknown[]) =>
  values.map((value) => {
    const reading = rule.read(value);
    return "value" in reading ? reading.value : "refused";
  });

describe("textOf", () => {
  it("keeps the rules of the .proto, in what it reads and in its schema", () => {
    const rule = textOf(GetBoxScoreRequestSchema.field.gameId);

    expect(given(rule, "0022300061", "", "a b", "x".repeat(65), 7)).toEqual([
      ...["0022300061", "refused", "refused", "refused", "refused"],
    ]);
    expect(rule.schema).toEqual({
      ...{ type: "string", minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9._-]*$" },
    });
  });
});

describe("idOf", () => {
  it("takes a whole number for its digits, and none that was rounded", () => {
    const rule = idOf(GetBoxScoreRequestSchema.field.gameId);

    expect(given(rule, 1008, "1008", 2 ** 53, 1.5, -1, true)).toEqual([
      ...["1008", "1008", "refused", "refused", "refused", "refused"],
    ]);
  });
});

describe("day and month", () => {
  it("take what is in the calendar, a month as its first day", () => {
    expect(given(day, "2024-02-29", "2023-02-29", "2023-2-1", "2023-02", 20230201)).toEqual([
      ...["2024-02-29", "refused", "refused", "refused", "refused"],
    ]);
    expect(given(month, "2023-11", "2023-13", "2023-11-05", 202311)).toEqual([
      ...["2023-11-01", "refused", "refused", "refused"],
    ]);
  });
});

describe("flag", () => {
  it("takes true and false, and nothing like them", () => {
    expect(given(flag, "true", "false", "yes", "1", "", "TRUE")).toEqual([
      ...[true, false, "refused", "refused", "refused", "refused"],
    ]);
  });
});

describe("wholeOf", () => {
  it("P9: keeps the bounds of the .proto", () => {
    const rule = wholeOf(ListGamesRequestSchema.field.pageSize);

    expect(given(rule, 0, 500, 501, -1, 1.5, "7")).toEqual([
      ...[0, 500, "refused", "refused", "refused", "refused"],
    ]);
    expect(rule.schema).toEqual({ type: "integer", minimum: 0, maximum: 500 });
  });
});

describe("moment", () => {
  it("reads RFC 3339 and milliseconds, and nothing that is guessed at", () => {
    expect(given(moment, "2023-10-24T23:41:07.5Z", "2023-10-24T19:41:07-04:00", 1_000)).toEqual([
      Date.parse("2023-10-24T23:41:07.5Z"),
      Date.parse("2023-10-24T23:41:07Z"),
      1_000,
    ]);
    const wrong = ["2023-10-24", "2023-10-24T25:00:00Z", "24 Oct 2023", "", -1, 1.5, 1e15];
    expect(new Set(given(moment, ...wrong))).toEqual(new Set(["refused"]));
  });
});

describe("choice", () => {
  it("takes its words alone", () => {
    expect(given(choice(["a", "b"]), "a", "c", "", 1)).toEqual(["a", ...Array(3).fill("refused")]);
  });
});

describe("list", () => {
  it("P9: takes so many, each once, and each by its own rule", () => {
    const rule = list(choice(["a", "b", "c"]), 2);

    expect(given(rule, "a", "a,b", "a,b,c", "a,a", "a,x", "")).toEqual([
      ...[["a"], ["a", "b"], "refused", "refused", "refused", "refused"],
    ]);
    expect(given(list(whole(1, 2), 2), "1")).toEqual(["refused"]);
  });
});
