import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderOf } from "./folder.fixture.ts";
import { readRoster } from "./index.ts";

const TEAMS = "team_id,tricode,city,name,slug\n1610612747,LAL,Los Angeles,Lakers,lakers\n";
const players = (...rows: string[]) =>
  `${["player_id,name_2026,box_score_name", ...rows].join("\n")}\n`;

describe("readRoster", () => {
  it.each(["teams.csv", "reference/teams.csv", "season/teams.csv", "season/events/teams.csv"])(
    "finds %s from the folder of the events",
    async (name) => {
      const folder = folderOf({ [name]: TEAMS, "season/events/a.ndjson": "" });
      const { teams } = await readRoster(join(folder, "season/events/a.ndjson"));

      expect(teams).toEqual([
        { teamId: "1610612747", tricode: "LAL", city: "Los Angeles", name: "Lakers" },
      ]);
    },
  );

  it("takes the nearest file", async () => {
    const folder = folderOf({
      "teams.csv": TEAMS,
      "season/teams.csv": TEAMS.replace("Lakers", "Nearer"),
    });

    expect((await readRoster(join(folder, "season"))).teams[0]?.name).toBe("Nearer");
  });

  it("shows a name with its diacritics, and finds it without", async () => {
    const folder = folderOf({ "players.csv": players("1629029,Luka Dončić,Luka Doncic") });

    expect((await readRoster(folder)).players).toEqual([
      { playerId: "1629029", name: "Luka Dončić", aliases: ["Luka Doncic"] },
    ]);
  });

  it("shows the name of the season where the later one is another", async () => {
    const folder = folderOf({ "players.csv": players("202710,Jimmy Butler III,Jimmy Butler") });

    expect((await readRoster(folder)).players).toEqual([
      { playerId: "202710", name: "Jimmy Butler", aliases: ["Jimmy Butler III"] },
    ]);
  });

  it("has no alias for a name spelled in one way, and takes the one name there is", async () => {
    const rows = players("2544,LeBron James,LeBron James", "1,Only Later,", "2,,Only Then");
    const found = await readRoster(folderOf({ "players.csv": rows }));

    expect(found.players).toEqual([
      { playerId: "2544", name: "LeBron James", aliases: [] },
      { playerId: "1", name: "Only Later", aliases: [] },
      { playerId: "2", name: "Only Then", aliases: [] },
    ]);
  });

  it("names the line of a player without a name", async () => {
    const folder = folderOf({ "players.csv": players("2544,,") });

    await expect(readRoster(folder)).rejects.toThrow("players.csv, line 2: 2544 has no name.");
  });

  it("is empty where there are no such files, or only further above", async () => {
    const folder = folderOf({ "a/b/c/a.ndjson": "", "teams.csv": TEAMS });

    expect(await readRoster(join(folder, "a/b/c"))).toEqual({ teams: [], players: [] });
  });
});
