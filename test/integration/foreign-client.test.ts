import { fileURLToPath } from "node:url";
import { toJson } from "@bufbuild/protobuf";
import {
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GetBoxScoreResponseSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { meshServices } from "../../cli/mesh-services.ts";
import { paceOf, replayGame } from "../../cli/replay/index.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { realGames } from "./real-games.fixture.ts";
import { startOwnRedis } from "./stores.fixture.ts";

/** Times faster than the game was: some three seconds of it. */
const SPEED = 3_000;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

// What anybody has who has the .proto files: nothing generated, and nothing of ours.
const loaded = loadPackageDefinition(
  loadSync("courtside/stats/v1/stats_service.proto", {
    includeDirs: [`${ROOT}proto`, `${ROOT}third_party`],
  }),
);

type Row = { playerId: string; totals?: { points?: number } };
type Team = { team?: { teamId: string }; players?: Row[] };
type Box = { teams?: Team[]; position?: string };
type Told = {
  position: string;
  full?: Box;
  changes?: Box & { removedPlayerIds?: string[] };
};

let mesh: TestMesh;
let redis: Awaited<ReturnType<typeof startOwnRedis>>;
let client: InstanceType<ServiceClientConstructor>;

beforeAll(async () => {
  redis = await startOwnRedis();
  mesh = await startMesh({ redisUrl: redis.url });
  const Stats = ["courtside", "stats", "v1", "StatsService"].reduce(
    (found, name) => found[name] as GrpcObject,
    loaded,
  ) as unknown as ServiceClientConstructor;
  client = new Stats(mesh.address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await mesh.stop();
  await redis.stop();
});

function getBoxScore(request: object): Promise<Box> {
  return new Promise((resolve, reject) => {
    client.GetBoxScore?.(request, (error: ServiceError | null, answer: Box) =>
      error === null ? resolve(answer) : reject(error),
    );
  });
}

describe("a client made of the .proto files alone", () => {
  it("reads and watches a game while it is uploaded", async () => {
    const [game] = await realGames(1);
    const services = meshServices({ COURTSIDE_INGEST: mesh.address });
    const { gameId } = game!;
    /** Says the clock; the position is that of all that was recorded before as well. */
    const told = async (revision: bigint, clockLeftMs: number) => {
      const fact = { source: "replay", game: { gameId, clockLeftMs }, revision };
      return (await mesh.ingest.recordGame(fact)).position;
    };
    await getBoxScore({ gameId, readAfter: await told(1n, 720_000) });
    const watch: ClientReadableStream<Told> = client.WatchGame?.({ gameId });
    const watched = new Map<string, Row>();
    const contents: string[] = [];
    let seen = "";
    watch.on("data", ({ position, full, changes }: Told) => {
      if (full !== undefined) watched.clear();
      for (const { players = [] } of (full ?? changes)?.teams ?? []) {
        for (const row of players) watched.set(row.playerId, row);
      }
      for (const playerId of changes?.removedPlayerIds ?? []) watched.delete(playerId);
      contents.push(full === undefined ? "changes" : "full");
      seen = position;
    });
    watch.on("error", () => {});

    let uploading = true;
    const upload = replayGame({ services, game: game!, pace: paceOf(SPEED) }).finally(() => {
      uploading = false;
    });
    const points: number[] = [];
    while (uploading) {
      const { teams = [] } = await getBoxScore({ gameId });
      const rows = teams.flatMap(({ players = [] }) => players);
      points.push(rows.reduce((sum, { totals }) => sum + (totals?.points ?? 0), 0));
    }
    const { lines } = await upload;
    services.close();
    const readAfter = await told(1_000_000_000n, 1);
    const box = await getBoxScore({ gameId, readAfter });
    const ours = await mesh.stats.getBoxScore({ gameId, readAfter });
    await expect.poll(() => seen).toBe(box.position);
    watch.cancel();

    console.log(`${lines} lines, ${points.length} reads, ${contents.length} messages of a watch`);
    expect({ teams: box.teams }).toEqual({
      teams: (toJson(GetBoxScoreResponseSchema, ours) as Box).teams,
    });
    const rows = box.teams!.flatMap(({ players = [] }) => players);
    expect(watched).toEqual(new Map(rows.map((row) => [row.playerId, row])));
    expect(contents.slice(0, 2)).toEqual(["full", "changes"]);
    expect(new Set(points).size).toBeGreaterThan(5);
    expect(rows.length).toBeGreaterThan(15);
  });

  it("is told what went wrong", async () => {
    const failed: ServiceError = await getBoxScore({ gameId: "0022399999" }).catch(
      (error) => error,
    );

    expect(failed.code).toBe(status.NOT_FOUND);
    expect(String(failed.metadata.get("grpc-status-details-bin")[0])).toContain("GAME_UNKNOWN");
  });
});
