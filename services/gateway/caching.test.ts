import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GameSchema, GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { etagOf, gameMaxAgeS, isNamedIn, seasonMaxAgeS } from "./caching.ts";

describe("etagOf", () => {
  it("changes with the body and with nothing else", () => {
    expect(etagOf('{"name":"Nikola Jokić"}')).toBe(etagOf('{"name":"Nikola Jokić"}'));
    expect(etagOf('{"name":"Nikola Jokić"}')).not.toBe(etagOf('{"name":"Nikola Jokic"}'));
    expect(etagOf("")).toMatch(/^"[\w-]{22}"$/);
  });
});

describe("isNamedIn", () => {
  it.each([
    ['"a"', true],
    ['W/"a"', true],
    ['"b", W/"a"', true],
    ["*", true],
    ['"b"', false],
    ["a", false],
    ["", false],
    [undefined, false],
  ])("of %s is %s", (header, named) => {
    expect(isNamedIn(header, '"a"')).toBe(named);
  });
});

describe("gameMaxAgeS", () => {
  const played = Date.parse("2023-10-24");
  const hours = (count: number) => played + count * 3_600_000;
  const game = (status: GameStatus) => create(GameSchema, { status, date: "2023-10-24" });

  it("is a second while a game may be played or corrected, and a minute days after its end", () => {
    expect(gameMaxAgeS(game(GameStatus.LIVE), hours(1_000))).toBe(1);
    expect(gameMaxAgeS(game(GameStatus.FINAL), hours(71))).toBe(1);
    expect(gameMaxAgeS(game(GameStatus.FINAL), hours(73))).toBe(60);
  });

  it("is a second where it is not known when the game was, or what it is", () => {
    const undated = create(GameSchema, { status: GameStatus.FINAL });

    expect(gameMaxAgeS(undated, hours(1_000))).toBe(1);
    expect(gameMaxAgeS(undefined, hours(1_000))).toBe(1);
  });
});

describe("seasonMaxAgeS", () => {
  it("is a second in the current season and after it, a minute in those before", () => {
    const ages = ["2022-23", "2023-24", "2024-25"].map((one) => seasonMaxAgeS(one, "2023-24"));

    expect(ages).toEqual([60, 1, 1]);
  });
});
