import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readRoster, readSchedule } from "./index.ts";
import { seasonFigures } from "./season-figures.fixture.ts";

const OCTOBER = fileURLToPath(new URL("../../data/nba-2023-24/", import.meta.url));

describe("the games of October 2023 that ship with the repository", () => {
  it("come to the official box scores, but for the cells listed as different", async () => {
    const figures = await seasonFigures(OCTOBER);

    expect(figures).toMatchObject({
      games: 54,
      lines: { appeared: 1123, counted: 24_789, "period-ended": 3618, team: 978 },
      players: 1190,
      playersEqual: 1170,
      minutesEqual: 1190,
      allZero: 28,
      strangers: [],
      contradictions: [],
    });
    expect(figures.differences).toHaveLength(33);
    expect(figures.differences).toEqual(figures.differencesListed);
  });

  it("have a roster and a schedule", async () => {
    const [roster, schedule] = await Promise.all([readRoster(OCTOBER), readSchedule(OCTOBER)]);

    expect([roster.teams.length, roster.players.length, schedule.length]).toEqual([30, 540, 1280]);
    expect(roster.players.filter(({ aliases }) => aliases.length > 0)).toHaveLength(14);
    expect(roster.players.find(({ playerId }) => playerId === "1629029")?.name).toBe("Luka Dončić");
  });
});
