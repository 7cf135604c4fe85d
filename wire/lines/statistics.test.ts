import { describe, expect, it } from "vitest";
import { STATISTICS } from "#domain/statistics";
import { Statistic } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { statisticOf, statisticOnWire } from "./index.ts";

describe("statisticOnWire", () => {
  it("names every statistic of a line by its own word", () => {
    const words = STATISTICS.map((one) => one.replaceAll(/[A-Z]/g, "_$&").toUpperCase());

    expect(STATISTICS.map(statisticOnWire)).toEqual(
      words.map((word) => Statistic[word as keyof typeof Statistic]),
    );
  });

  it("is undone by statisticOf", () => {
    expect(STATISTICS.map(statisticOnWire).map(statisticOf)).toEqual([...STATISTICS]);
  });
});
