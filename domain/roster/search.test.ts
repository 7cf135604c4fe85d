import { describe, expect, it } from "vitest";
import { playersMatching, teamsMatching } from "./index.ts";

const player = (playerId: string, name: string, ...aliases: string[]) => ({
  playerId,
  name,
  aliases,
});
const players = [
  player("1629029", "Luka Dončić"),
  player("1627936", "Alex Caruso"),
  player("2544", "LeBron James"),
  player("1629020", "Jarred Vanderbilt"),
  player("1641998", "Bronny James Jr."),
  player("202710", "Jimmy Butler", "Jimmy Butler III"),
];
const team = (teamId: string, tricode: string, city: string, name: string) => ({
  teamId,
  tricode,
  city,
  name,
});
const teams = [
  team("1610612747", "LAL", "Los Angeles", "Lakers"),
  team("1610612746", "LAC", "LA", "Clippers"),
  team("1610612737", "ATL", "Atlanta", "Hawks"),
];

describe("playersMatching", () => {
  it.each([
    ["doncic", ["1629029"]],
    ["DONČIĆ", ["1629029"]],
    ["2544", ["2544"]],
    ["lebron james", ["2544"]],
    ["james", ["1641998", "2544"]],
    ["jimmy butler iii", ["202710"]],
    ["bron", ["1641998", "2544"]],
    ["nobody", []],
  ])("finds %s", (query, ids) => {
    expect(playersMatching(players, query).map(({ playerId }) => playerId)).toEqual(ids);
  });

  it("puts a family name before other parts of a name", () => {
    const found = playersMatching(
      [player("1", "James Harden"), player("2", "LeBron James")],
      "james",
    );

    expect(found.map(({ playerId }) => playerId)).toEqual(["2", "1"]);
  });

  it("lists all by name for an empty query", () => {
    expect(playersMatching(players, "").map(({ name }) => name)[0]).toBe("Alex Caruso");
    expect(playersMatching(players, "")).toHaveLength(players.length);
  });
});

describe("teamsMatching", () => {
  it.each([
    ["LAL", ["LAL"]],
    ["lakers", ["LAL"]],
    ["la", ["ATL", "LAC", "LAL"]],
    ["1610612737", ["ATL"]],
    ["", ["ATL", "LAC", "LAL"]],
  ])("finds %j", (query, tricodes) => {
    expect(teamsMatching(teams, query).map(({ tricode }) => tricode)).toEqual(tricodes);
  });
});
