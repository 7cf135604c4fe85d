import { describe, expect, it } from "vitest";
import { dayInNewYork, eveningTipOff } from "./index.ts";

describe("eveningTipOff", () => {
  // Clocks went back on 2023-11-05 and forward on 2024-03-10.
  it.each([
    ["2023-10-24", "2023-10-24T23:00:00.000Z"],
    ["2023-11-04", "2023-11-04T23:00:00.000Z"],
    ["2023-11-05", "2023-11-06T00:00:00.000Z"],
    ["2024-01-15", "2024-01-16T00:00:00.000Z"],
    ["2024-03-09", "2024-03-10T00:00:00.000Z"],
    ["2024-03-10", "2024-03-10T23:00:00.000Z"],
  ])("is 19:00 in New York on %s", (date, utc) => {
    expect(new Date(eveningTipOff(date)).toISOString()).toBe(utc);
  });
});

describe("dayInNewYork", () => {
  it.each([
    ["2026-02-12T04:59:59.900Z", "2026-02-11"],
    ["2026-02-12T05:00:00.000Z", "2026-02-12"],
    ["2024-07-01T03:59:59.999Z", "2024-06-30"],
    ["2024-07-01T04:00:00.000Z", "2024-07-01"],
  ])("at %s is %s", (moment, day) => {
    expect(dayInNewYork(Date.parse(moment))).toBe(day);
  });
});
