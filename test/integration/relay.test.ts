import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Durability, openUplink, reasonOf, type UplinkOptions } from "#client";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { freePort } from "../../local/servers/index.ts";
import { arenaLine } from "./arena-line.fixture.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { startRelay } from "./relay.fixture.ts";
import { freshSeason } from "./uploads.fixture.ts";

type Season = ReturnType<typeof freshSeason>;

let mesh: TestMesh;
let folder: string;
beforeAll(async () => {
  mesh = await startMesh();
  folder = mkdtempSync(join(tmpdir(), "courtside-spools-"));
});
afterAll(async () => {
  await mesh.stop();
  rmSync(folder, { recursive: true });
});

let relay: Awaited<ReturnType<typeof startRelay>> | undefined;
afterEach(async () => {
  await relay?.stop();
  relay?.removeFolder();
  relay = undefined;
});

const SOURCE = "arena";

function uplinkTo(target: string, season: Season, more: Partial<UplinkOptions> = {}) {
  const name = join(folder, season.league);
  const options = { target, source: SOURCE, season, gameId: "g1", folder: name };
  return openUplink({ ...options, backoff: { firstMs: 10, mostMs: 200 }, ...more });
}

function linesOf(from: number, through: number) {
  return Array.from({ length: through - from + 1 }, (_, at) => arenaLine(from + at));
}

/** Points by player in the box score of all that is recorded. */
async function pointsIn(season: Season) {
  await untilFolded(season);
  const { teams } = await mesh.stats.getBoxScore({ season, gameId: "g1" });
  return Object.fromEntries(
    teams.flatMap(({ players }) => players.map((row) => [row.playerId, row.totals?.points])),
  );
}

/** Returns when both folds have all that is recorded. */
async function untilFolded(season: Season): Promise<void> {
  for (;;) {
    const progress = await mesh.projector.getProgress({ season });
    const { headOffset, hotStoreOffset, archiveOffset } = progress;
    if (hotStoreOffset >= headOffset && archiveOffset >= headOffset) return;
    await delay(10);
  }
}

/** What verify says of a season. */
async function verified(season: Season) {
  await untilFolded(season);
  for await (const { message } of mesh.projector.verifySeason({ season })) {
    if (message.case === "verified") return message.value;
  }
  throw new Error("no summary");
}

async function untilForwarded(): Promise<void> {
  for (;;) {
    const gauges = await relay?.relay.gauges();
    if (gauges?.lines === 0 && gauges.facts === 0) return;
    await delay(20);
  }
}

/** What each player has when the first so many lines of `arenaLine` are the last word. */
function newest(count: number) {
  return Object.fromEntries(
    Array.from({ length: 10 }, (_, at) => {
      const number = count - ((count - at) % 10);
      return [`p${at}`, number];
    }),
  );
}

describe("a relay before a mesh", () => {
  it("brings lines, facts, names and official lines, all by the calls of ingest", async () => {
    relay = await startRelay(mesh.address);
    const season = freshSeason();
    const { client } = relay;
    const of = { source: SOURCE, season };
    const uplink = await uplinkTo(relay.address, season);
    await Promise.all(linesOf(1, 100).map((line) => uplink.send(line)));
    expect(await uplink.close()).toBe(0);
    const game = { gameId: "g1", status: GameStatus.FINAL };
    expect(await client.recordGame({ ...of, game })).toMatchObject({
      durability: Durability.SPOOLED,
      position: "",
      taken: true,
    });
    // Not refused as GAME_NOT_FINAL: it waits for the fact.
    const lines = [{ playerId: "p1", teamId: "t1", totals: { points: 7 } }];
    expect(await client.recordOfficialLines({ ...of, gameId: "g1", lines })).toMatchObject({
      changed: 1,
    });
    const players = [{ playerId: "p1", name: "Player One" }];
    expect((await client.recordRoster({ league: season.league, players })).version).toBeGreaterThan(
      0n,
    );
    const { lines: held } = await client.listQuarantined({ season });

    expect(held).toEqual([]);
    expect(await pointsIn(season)).toEqual({ ...newest(100), p1: 7 });
    expect((await verified(season)).differences).toBe(0n);
  });

  it("P6: takes lines and facts without the mesh, tells how much it holds, and brings it after a restart", async () => {
    const season = freshSeason();
    const nowhere = `127.0.0.1:${await freePort()}`;
    relay = await startRelay(nowhere);
    const { folder } = relay;
    const uplink = await uplinkTo(relay.address, season);
    await Promise.all(linesOf(1, 50).map((line) => uplink.send(line)));
    expect(await uplink.close()).toBe(0);
    const game = { gameId: "g1", status: GameStatus.LIVE };
    await relay.client.recordGame({ source: SOURCE, season, game });
    const official = relay.client.recordOfficialLines(
      {
        source: SOURCE,
        season,
        gameId: "g1",
        lines: [{ playerId: "p1", teamId: "t1", totals: {} }],
      },
      { timeoutMs: 1_000 },
    );
    expect(await official.catch((error) => reasonOf(error).code)).toSatisfy((code) =>
      [Code.Unavailable, Code.DeadlineExceeded].includes(code),
    );
    const away = await relay.health();
    await relay.stop();
    relay = await startRelay(mesh.address, folder);
    await untilForwarded();

    expect(away).toMatchObject({
      status: 200,
      body: { status: "serving", lines: 50, facts: 1, connected: false },
    });
    expect(away.body.bytes).toBeGreaterThan(50 * 32);
    expect(away.body.oldestMs).toBeGreaterThanOrEqual(0);
    expect(away.body.lastFailure).not.toBe("");
    expect(await pointsIn(season)).toEqual(newest(50));
  });

  it("passes on what the mesh refuses, in its words", async () => {
    relay = await startRelay(mesh.address);
    const season = freshSeason();
    const lines = [{ playerId: "p1", teamId: "t1", totals: {} }];
    const request = { source: SOURCE, season, gameId: "unknown", lines };
    const refused = await relay.client.recordOfficialLines(request).catch(reasonOf);
    const invalid = await relay.client.recordRoster({ league: "NO" }).catch(reasonOf);

    expect(refused).toMatchObject({ reason: "GAME_NOT_FINAL", metadata: { game_id: "unknown" } });
    expect(invalid).toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("a spool of a month ago", () => {
  it.each(["ingest", "a relay"])(
    "P2: changes nothing when it is replayed to %s after everything",
    async (way) => {
      const season = freshSeason();
      relay = await startRelay(mesh.address);
      const uplink = await uplinkTo(way === "ingest" ? mesh.address : relay.address, season);
      await Promise.all(linesOf(1, 80).map((line) => uplink.send(line)));
      await uplink.drained();
      await uplink.close();
      // The laptop is forgotten in a cupboard, with lines that it never saw acknowledged.
      const nowhere = `127.0.0.1:${await freePort()}`;
      const offline = await uplinkTo(nowhere, season);
      await Promise.all(linesOf(81, 120).map((line) => offline.send(line)));
      expect(await offline.close({ withinMs: 10 })).toBe(40);
      const cupboard = join(folder, `${season.league}-cupboard`);
      cpSync(join(folder, season.league), cupboard, { recursive: true });
      // The game goes on from its copy, ends, and is corrected twice.
      const on = await uplinkTo(way === "ingest" ? mesh.address : relay.address, season);
      await Promise.all(linesOf(121, 200).map((line) => on.send(line)));
      await on.close();
      await untilForwarded();
      const of = { source: SOURCE, season };
      await mesh.ingest.recordGame({ ...of, game: { gameId: "g1", status: GameStatus.FINAL } });
      for (const points of [7, 8]) {
        const lines = [{ playerId: "p1", teamId: "t1", totals: { points } }];
        await mesh.ingest.recordOfficialLines({ ...of, gameId: "g1", lines });
      }
      const before = await verified(season);

      for (const target of [mesh.address, relay.address]) {
        const late = await uplinkTo(target, season, { folder: cupboard });
        await late.drained();
        expect(await late.close()).toBe(0);
      }
      await untilForwarded();

      expect(await pointsIn(season)).toEqual({ ...newest(200), p1: 8 });
      expect(before.differences).toBe(0n);
      expect(await verified(season)).toEqual(before);
    },
  );
});
