import { randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import type { GetBoxScoreResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

const INJURED = { inactive: true, reason: "INACTIVE_INJURY", description: "Left Ankle; Sprain" };

/** A game that no other test has: t1 plays at home, and p1 and p2 have lines. */
async function game() {
  const season = { league: `t${randomBytes(6).toString("hex")}`, season: "2023-24" };
  const of = { season, gameId: "g1", source: "arena" };
  const absences = (...players: { playerId: string; teamId: string }[]) =>
    mesh.ingest.recordGame({ ...of, game: { gameId: "g1" }, didNotPlay: { players } });
  const lines = ["p1", "p2"].map((playerId, at) => ({
    of: {
      case: "player" as const,
      value: {
        ...{ playerId, teamId: `t${at + 1}`, totals: { points: 7 } },
        happenedTime: timestampFromMs(1_000 * (at + 1)),
      },
    },
  }));
  await mesh.ingest.recordLines({ ...of, lines });
  const sides = { gameId: "g1", homeTeamId: "t1", awayTeamId: "t2", status: GameStatus.FINAL };
  const { position } = await mesh.ingest.recordGame({ ...of, game: sides });
  const box = (readAfter: string, asOf?: object) =>
    mesh.stats.getBoxScore({ season, gameId: "g1", readAfter, asOf });
  return { ...of, absences, box, position, sides };
}

/** By team: who did not play, in the order of the box score. */
function absentIn({ teams }: GetBoxScoreResponse) {
  return teams.map(({ team, didNotPlay }) => [
    ...[team?.teamId, ...didNotPlay.map(({ playerId }) => playerId)],
  ]);
}

describe("who did not play", () => {
  it("stands in the box score by team, with the reason, those on the active list first", async () => {
    const of = await game();
    const { league } = of.season;
    const names = { p3: "Young", p4: "Adams", p5: "Aldama" };
    const players = Object.entries(names).map(([playerId, name]) => ({ playerId, name }));
    await mesh.ingest.recordRoster({ league, players });
    await expect.poll(async () => (await mesh.stats.listPlayers({ league })).total).toBe(3);
    const { position } = await of.absences(
      { playerId: "p5", teamId: "t1", ...INJURED },
      { playerId: "p6", teamId: "t3" },
      { playerId: "p3", teamId: "t1" },
      { playerId: "p4", teamId: "t1" },
    );

    const box = await of.box(position);

    expect(absentIn(box)).toEqual([["t3", "p6"], ["t2"], ["t1", "p4", "p3", "p5"]]);
    expect(box.teams[0]?.didNotPlay).toMatchObject([{ name: "p6", inactive: false, reason: "" }]);
    expect(box.teams[2]?.didNotPlay[2]).toMatchObject({ name: "Aldama", ...INJURED });
    const { games } = await mesh.stats.listGames({ season: of.season });
    expect(JSON.stringify(games[0]?.game)).not.toContain("p5");
  });

  it("P3: is replaced as a whole, left where nothing is said, and is nobody who has a line", async () => {
    const of = await game();
    await of.absences({ playerId: "p3", teamId: "t1" }, { playerId: "p1", teamId: "t1" });
    const said = await mesh.ingest.recordGame({ ...of, game: { ...of.sides, period: 4 } });
    expect(absentIn(await of.box(said.position))).toEqual([["t2"], ["t1", "p3"]]);

    const { position: replaced } = await of.absences({ playerId: "p4", teamId: "t2" });
    expect(absentIn(await of.box(replaced))).toEqual([["t2", "p4"], ["t1"]]);
    const { position: nobody } = await of.absences();
    expect(absentIn(await of.box(nobody))).toEqual([["t2"], ["t1"]]);
  });

  it("P8: is what was known then, from the end of the game on, and the same from the archive", async () => {
    const of = await game();
    const { position: first } = await of.absences({ playerId: "p3", teamId: "t1", ...INJURED });
    const { position: last } = await of.absences({ playerId: "p4", teamId: "t1" });

    const archived = await of.box(last, {});
    expect(archived.served?.store).toBe(Store.ARCHIVE);
    expect(archived.teams).toEqual((await of.box(last)).teams);
    expect(absentIn(await of.box(last, { position: first }))).toEqual([["t2"], ["t1", "p3"]]);
    const at = (ms: number) => of.box(last, { happenedTime: timestampFromMs(ms) });
    expect(absentIn(await at(1_000))).toEqual([["t1"]]);
    expect(absentIn(await at(2_000))).toEqual([["t2"], ["t1", "p4"]]);
  });

  it("P5: is made again with the hot store, and verify finds no difference", async () => {
    const of = await game();
    const { position } = await of.absences({ playerId: "p3", teamId: "t1", ...INJURED });
    const before = await of.box(position);
    await mesh.projector.rebuildSeason({ season: of.season });

    expect((await of.box(position)).teams).toEqual(before.teams);
    for await (const { message } of mesh.projector.verifySeason({ season: of.season })) {
      expect(message).toMatchObject({ case: "verified", value: { differences: 0n } });
    }
  });

  it("P7: names a player who is there twice, and a reason that is none", async () => {
    const of = await game();
    const twice = of.absences({ playerId: "p3", teamId: "t1" }, { playerId: "p3", teamId: "t2" });
    const odd = of.absences({ playerId: "p3", teamId: "t1", ...{ reason: "a b" } });

    const failures = await Promise.all(
      [twice, odd].map(async (call) => reasonOf(await call.catch((error: unknown) => error))),
    );
    expect(failures).toMatchObject([
      { code: Code.InvalidArgument, fieldViolations: [{ field: "did_not_play.players[1]" }] },
      {
        code: Code.InvalidArgument,
        fieldViolations: [{ field: "did_not_play.players[0].reason" }],
      },
    ]);
  });
});
