import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { positionOf } from "#runtime/positions";
import { meshServices } from "../../cli/mesh-services.ts";
import { paceOf, replayGame } from "../../cli/replay/index.ts";
import { findChromium, openPage } from "./browser.fixture.ts";
import { startGateway } from "./gateway.fixture.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { realGames } from "./real-games.fixture.ts";
import { startOwnRedis } from "./stores.fixture.ts";

const chromium = findChromium();
const why = "a browser: skipped, there is no Chromium on this machine";
if (chromium === undefined) console.log(why);

/** Times faster than the game was: some four seconds of it. */
const SPEED = 2_000;

let mesh: TestMesh;
let redis: Awaited<ReturnType<typeof startOwnRedis>>;

/** What the page says of each event. */
type Told = { type: string; id: string; points: number };

/** Keeps a box score as its events tell it, and says after each how many points are in it. */
const script = (url: string) => `
  const players = new Map();
  const source = new EventSource(${JSON.stringify(url)});
  const take = ({ type, lastEventId, data }) => {
    const { teams = [], removedPlayerIds = [] } = JSON.parse(data);
    if (type === "full") players.clear();
    for (const { players: rows = [] } of teams) {
      for (const { playerId, totals } of rows) players.set(playerId, totals?.points ?? 0);
    }
    for (const playerId of removedPlayerIds) players.delete(playerId);
    const points = [...players.values()].reduce((sum, one) => sum + one, 0);
    tell({ type, id: lastEventId, points });
  };
  source.addEventListener("full", take);
  source.addEventListener("changes", take);
  source.addEventListener("problem", ({ data }) => tell({ type: "problem", id: data, points: 0 }));
`;

const endOf = (event: Told | undefined) => positionOf(event?.id ?? "")?.endOffset ?? -1;

describe.skipIf(chromium === undefined)(chromium === undefined ? why : "a browser", () => {
  beforeAll(async () => {
    redis = await startOwnRedis();
    mesh = await startMesh({ redisUrl: redis.url });
  });
  afterAll(async () => {
    await mesh.stop();
    await redis.stop();
  });

  it("P4: watches a live game with EventSource, and goes on where the gateway was away", async () => {
    const [game] = await realGames(1);
    const { gameId } = game!;
    const fact = { source: "replay", game: { gameId, period: 1 }, revision: 1n };
    const { position: begun } = await mesh.ingest.recordGame(fact);
    await mesh.stats.getBoxScore({ gameId, readAfter: begun });
    let gateway = await startGateway(mesh);
    onTestFinished(() => gateway.close());
    const { address, url } = gateway;
    const told: Told[] = [];
    await openPage(chromium!, script(`${url}/api/v1/games/${gameId}/watch`), (message) =>
      told.push(message as Told),
    );
    await expect.poll(() => told.length, { timeout: 30_000 }).toBe(1);

    const services = meshServices({ COURTSIDE_INGEST: mesh.address });
    const { position, lines } = await replayGame({ services, game: game!, pace: paceOf(SPEED) });
    services.close();
    const { teams } = await mesh.stats.getBoxScore({ gameId, readAfter: position });
    const points = teams.reduce((sum, { totals }) => sum + (totals?.points ?? 0), 0);
    await expect.poll(() => told.at(-1)?.points, { timeout: 10_000 }).toBe(points);
    await expect.poll(() => endOf(told.at(-1))).toBeGreaterThan(positionOf(position)!.endOffset);
    const live = told.length;
    await gateway.close();
    gateway = await startGateway(mesh, { listen: address });
    await mesh.ingest.recordGame({ ...fact, game: { gameId, period: 9 }, revision: 10n ** 9n });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBe(live + 1);

    console.log(`${lines} lines, ${live} events while they came`);
    expect(points).toBeGreaterThan(150);
    expect(live).toBeGreaterThan(20);
    // It went on by the id of the last event: only what has changed since.
    expect(told.map(({ type }) => type)).toEqual(["full", ...Array(live).fill("changes")]);
    expect(told.map(endOf)).toEqual([...new Set(told.map(endOf))].sort((a, b) => a - b));
  });
});
