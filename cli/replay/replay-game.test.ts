import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { type ScriptedIngest, scriptedIngest } from "../../client/scripted-ingest.fixture.ts";
import { type GamePlays, readGames } from "../files/index.ts";
import { type MeshServices, meshServices } from "../mesh-services.ts";
import { SHIPPED } from "../shipped.ts";
import { paceOf } from "./pace.ts";
import { replayGame } from "./replay-game.ts";

const LINES = 539;

let ingest: ScriptedIngest;
let services: MeshServices;
beforeEach(async () => {
  ingest = await scriptedIngest();
  services = meshServices({ COURTSIDE_INGEST: ingest.address });
});
afterEach(async () => {
  services.close();
  await ingest.kill();
});

async function openingNight(): Promise<GamePlays> {
  for await (const game of readGames(SHIPPED.events)) return game;
  throw new Error("no game ships");
}

describe("replayGame", () => {
  it("makes a game live, uploads its lines, and ends it", async () => {
    const game = await openingNight();
    const replayed = await replayGame({ services, game });

    expect(replayed).toMatchObject({ lines: LINES, sent: LINES, duplicates: 0 });
    expect(ingest.facts.map(({ game }) => game?.status)).toEqual([
      GameStatus.LIVE,
      GameStatus.FINAL,
    ]);
    expect(ingest.facts.at(-1)?.game).toMatchObject({ period: 4, clockLeftMs: 0 });
  });

  it("P2: is all duplicates the second time, at whatever speed", async () => {
    const game = await openingNight();
    await replayGame({ services, game });
    const facts = [...ingest.facts];
    const again = await replayGame({ services, game });
    const paced = await replayGame({ services, game, pace: paceOf(60) });

    expect(again).toMatchObject({ sent: 0, duplicates: LINES });
    expect(paced).toMatchObject({ sent: 0, duplicates: LINES });
    expect(ingest.taken).toHaveLength(LINES);
    expect(ingest.facts).toEqual(facts);
  });

  it("sends the same at a pace, and tells the clock on the way and at each period's end", async () => {
    const game = await openingNight();
    await replayGame({ services, game, asNew: true });
    const atOnce = ingest.taken.slice();
    const clocks = ingest.facts.length;
    const other = await scriptedIngest();
    const paced = meshServices({ COURTSIDE_INGEST: other.address });
    await replayGame({ services: paced, game, pace: paceOf(50_000) });
    paced.close();
    await other.kill();

    expect(other.taken).toEqual(atOnce);
    expect(other.facts.length).toBeGreaterThan(clocks);
    const ends = other.facts.filter(({ game }) => game?.clockLeftMs === 0);
    expect(ends.map(({ game }) => game?.period)).toEqual([1, 2, 3, 4, 4]);
  });

  it("takes the game over when it is to be as new", async () => {
    const game = await openingNight();
    await replayGame({ services, game });
    const anew = await replayGame({ services, game, asNew: true });

    expect(anew).toMatchObject({ sent: LINES, duplicates: 0, epoch: 2 });
  });

  it("leaves a game that goes on live, and says how far it is", async () => {
    const game = await openingNight();
    const plays = game.plays.filter(({ period }) => period < 3);
    await replayGame({ services, game: { ...game, plays, isOver: false } });

    const [first, ...more] = ingest.facts.map(({ game }) => game);
    expect(first).toMatchObject({ status: GameStatus.LIVE });
    expect(more).toMatchObject([{ status: GameStatus.UNSPECIFIED, period: 2 }]);
  });

  it("sends the times and periods of the live feed's plays", async () => {
    const [game] = await Array.fromAsync(readGames(SHIPPED.liveFeed));
    if (game === undefined) throw new Error("no game ships");
    await replayGame({ services, game });

    const times = ingest.taken.map(({ of }) => Number(of.value?.happenedTime?.seconds));
    expect(new Date((times[0] ?? 0) * 1000).toISOString()).toBe("2020-12-23T00:06:19.000Z");
    expect(new Date((times.at(-1) ?? 0) * 1000).toISOString()).toBe("2020-12-23T02:20:52.000Z");
    const periods = ingest.taken.map(({ of }) => (of.case === "player" ? of.value.periods : []));
    expect(periods.filter(({ length }) => length === 4).length).toBeGreaterThan(50);
  });
});
