import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { PlayerSchema, TeamSchema } from "#gen/courtside/roster/v1/roster_pb.ts";
import { chosenPlayer, chosenSubject, chosenTeam } from "./names.ts";

const playerOf = (playerId: string, name: string, aliases: string[] = []) =>
  create(PlayerSchema, { playerId, name, aliases });
const teamOf = (teamId: string, tricode: string, city: string, name: string) =>
  create(TeamSchema, { teamId, tricode, city, name });

const lebron = playerOf("2544", "LeBron James");
const harden = playerOf("201935", "James Harden");
const doncic = playerOf("1629029", "Luka Dončić", ["Luka Doncic"]);
const seth = playerOf("203552", "Seth Curry");
const stephen = playerOf("201939", "Stephen Curry");
const hardaway = playerOf("203501", "Tim Hardaway Jr.");

describe("chosenPlayer", () => {
  it("takes the only one that was found", () => {
    expect(chosenPlayer("luk", [doncic], 1)).toBe("1629029");
  });

  it("does not mind accents, capitals or points", () => {
    expect(chosenPlayer("DONCIC", [doncic, lebron], 2)).toBe("1629029");
    expect(chosenPlayer("tim hardaway jr", [hardaway, harden], 2)).toBe("203501");
  });

  it("takes the whole name before the family name, and that before a part", () => {
    expect(chosenPlayer("lebron james", [lebron, harden], 2)).toBe("2544");
    expect(chosenPlayer("James", [lebron, harden], 2)).toBe("2544");
    expect(chosenPlayer("Hardaway", [hardaway, harden], 2)).toBe("203501");
  });

  it("lists those who are meant equally well, and nobody else", () => {
    const found = [seth, stephen, playerOf("1", "Curry Smith")];

    expect(() => chosenPlayer("curry", found, 3)).toThrow(
      '"curry" may be Seth Curry (203552), Stephen Curry (201939): say which one.',
    );
  });

  it("says how many more match than can be listed", () => {
    expect(() => chosenPlayer("ja", [lebron, harden], 30)).toThrow("and 28 more");
  });

  it("is not sure of the only one shown when there are more", () => {
    expect(() => chosenPlayer("jam", [lebron], 2)).toThrow("may be");
  });

  it("says when nobody is called so", () => {
    expect(() => chosenPlayer("xyz", [], 0)).toThrow('No player is called "xyz".');
  });
});

describe("chosenTeam", () => {
  const lakers = teamOf("1610612747", "LAL", "Los Angeles", "Lakers");
  const clippers = teamOf("1610612746", "LAC", "Los Angeles", "Clippers");

  it("takes the team of that very name among those found", () => {
    expect(chosenTeam("lakers", [clippers, lakers])).toBe("1610612747");
    expect(chosenTeam("Los Angeles Clippers", [clippers, lakers])).toBe("1610612746");
  });

  it("lists the teams of a city that has two", () => {
    expect(() => chosenTeam("los angeles", [clippers, lakers])).toThrow(
      "Los Angeles Clippers (1610612746), Los Angeles Lakers (1610612747)",
    );
  });
});

describe("chosenSubject", () => {
  const lakers = teamOf("1610612747", "LAL", "Los Angeles", "Lakers");
  const heat = teamOf("1610612748", "MIA", "Miami", "Heat");
  const ids = (query: string, teams = [lakers, heat], players = [lebron]) => {
    const { subject, name } = chosenSubject(query, teams, players, players.length);
    return [subject.case, subject.value, name];
  };

  it("takes the team of that very name, else the player, else a team of a part of it", () => {
    expect(ids("lal", [lakers])).toEqual(["teamId", "1610612747", "Los Angeles Lakers"]);
    expect(ids("heat", [heat])).toEqual(["teamId", "1610612748", "Miami Heat"]);
    expect(ids("james")).toEqual(["playerId", "2544", "LeBron James"]);
    expect(ids("miam", [heat], [])).toEqual(["teamId", "1610612748", "Miami Heat"]);
  });

  it("takes a number for a player's id where no roster has it", () => {
    expect(ids("77", [], [])).toEqual(["playerId", "77", "77"]);
    expect(() => ids("nobody", [], [])).toThrow('No player is called "nobody".');
  });
});
