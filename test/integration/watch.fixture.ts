import { randomBytes } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { onTestFinished } from "vitest";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import {
  type BoxScore,
  type GetBoxScoreResponse,
  type PlayerBox,
  StatsService,
  type TeamBox,
  WatchGameRequestSchema,
  type WatchGameResponse,
  WatchGameResponseSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type Limits, type RpcClient, rpcClient, serveRpc } from "#runtime/rpc";
import { archiveReadsIn, historyIn } from "#stores/archive";
import { type HotReads, hotMovesIn, hotReadsIn } from "#stores/hotstore";
import { pastFrom, pastReaderOf, readerOf, withFallback } from "#stores/reads";
import { rosterCache, rosterIn } from "#stores/roster";
import { type WatchLimits, watchesOver } from "#stores/watches";
import { framed, rawCall, rawSession } from "../../runtime/rpc/raw.fixture.ts";
import { leaderboardHandlers } from "../../services/leaderboard/handlers.ts";
import { watchHandlers as boardWatches } from "../../services/leaderboard/watch.ts";
import { statsHandlers } from "../../services/stats/handlers.ts";
import { watchHandlers } from "../../services/stats/watch.ts";
import type { TestMesh } from "./mesh.fixture.ts";
import { redisOn, SILENT } from "./stores.fixture.ts";

/** A process of its own that serves watches over a mesh's stores, as far as one process can be one. */
export async function startWatchServer(
  mesh: TestMesh,
  limits: Partial<WatchLimits> = {},
  rpcLimits: Partial<Limits> = {},
  drainMs = 2_000,
) {
  const log = SILENT;
  const redisName = `watch-${randomBytes(6).toString("hex")}`;
  const redis = await redisOn(undefined, redisName);
  const direct = hotReadsIn(redis);
  const counts = { gameReads: 0 };
  const faults: { game?: Error } = {};
  const hot: HotReads = {
    ...direct,
    game(slot, gameId) {
      counts.gameReads += 1;
      return faults.game ? Promise.reject(faults.game) : direct.game(slot, gameId);
    },
  };
  const names = await rosterCache(rosterIn(mesh.pool), log);
  const moves = hotMovesIn(redis);
  const archive = archiveReadsIn(mesh.pool);
  const watches = watchesOver({ hot, archive, journal: mesh.journal }, moves, limits);
  const reads = withFallback(hot, archive, log);
  const past = pastFrom({ primary: historyIn(mesh.pool) }, log);
  const read = readerOf(reads, past);
  const readPast = pastReaderOf(read, past);
  const means = { names, watches };
  const stats = {
    ...statsHandlers({ read, names, slotOfGame: mesh.journal.slotOfGame }),
    ...watchHandlers(means),
  };
  const leaderboard = { ...leaderboardHandlers({ read, readPast, names }), ...boardWatches(means) };
  const server = await serveRpc({
    listen: "127.0.0.1:0",
    log,
    drainMs,
    limits: rpcLimits,
    routes: (router) =>
      router.service(StatsService, stats).service(LeaderboardService, leaderboard),
  });
  const stop = async () => {
    await server.close();
    watches.stop();
    await moves.stop();
    names.stop();
    redis.disconnect();
  };
  onTestFinished(stop);
  return {
    address: server.address,
    close: server.close,
    watches,
    redis,
    redisName,
    counts,
    faults,
  };
}

/** A client of the statistics, closed with the test. */
export function statsOf({ address }: { address: string }): RpcClient<typeof StatsService> {
  const client = rpcClient(StatsService, address);
  onTestFinished(client.close);
  return client;
}

/** A client of the boards, closed with the test. */
export function boardsOf({ address }: { address: string }) {
  const client = rpcClient(LeaderboardService, address);
  onTestFinished(client.close);
  return client;
}

/** A box score as a watcher has it. */
export type Seen = { position: string; box: Pick<BoxScore, "game" | "teams"> | undefined };

/** What a watcher has after a message: what a client of ours does with it. */
export function advanced(seen: Seen, { position, content }: WatchGameResponse): Seen {
  if (content.case === "full") {
    const { game, teams } = content.value;
    return { position, box: { game, teams } };
  }
  if (content.case !== "changes" || seen.box === undefined) throw new Error("changes of nothing");
  const { game = seen.box.game, teams, removedPlayerIds, removedTeamIds } = content.value;
  const changed = new Set(teams.flatMap(({ players }) => players.map((row) => row.playerId)));
  const left = ({ playerId }: PlayerBox) =>
    !changed.has(playerId) && !removedPlayerIds.includes(playerId);
  const sides = new Map(
    seen.box.teams
      .map((team): TeamBox => ({ ...team, players: team.players.filter(left) }))
      .map((team) => [team.team?.teamId, team]),
  );
  for (const team of teams) {
    const before = sides.get(team.team?.teamId)?.players ?? [];
    sides.set(team.team?.teamId, { ...team, players: [...before, ...team.players].sort(byPoints) });
  }
  for (const teamId of removedTeamIds) sides.delete(teamId);
  const ids = [game?.awayTeamId, game?.homeTeamId];
  const place = ({ team }: TeamBox) => ids.indexOf(team?.teamId);
  const sorted = [...sides.values()].sort(
    (a, b) => place(a) - place(b) || ((a.team?.teamId ?? "") < (b.team?.teamId ?? "") ? -1 : 1),
  );
  return { position, box: { game, teams: sorted } };
}

function byPoints(a: PlayerBox, b: PlayerBox): number {
  const points = (b.totals?.points ?? 0) - (a.totals?.points ?? 0);
  const seconds = (b.totals?.secondsPlayed ?? 0) - (a.totals?.secondsPlayed ?? 0);
  return points || seconds || (a.playerId < b.playerId ? -1 : 1);
}

/** The same of an answer, to be compared. */
export function seenIn({ game, teams, position }: GetBoxScoreResponse): Seen {
  return { position, box: { game, teams } };
}

/** The points of all players in what a watcher has. */
export function pointsIn({ box }: Seen): number {
  const rows = box?.teams.flatMap(({ players }) => players) ?? [];
  return rows.reduce((sum, { totals }) => sum + (totals?.points ?? 0), 0);
}

/** Watchers of a game on one connection that reads nothing until it is told to. */
export function deafWatchers(
  address: string,
  watch: MessageInitShape<typeof WatchGameRequestSchema>,
  count: number,
) {
  const session = rawSession(address, { settings: { initialWindowSize: 0 } });
  const request = framed(toBinary(WatchGameRequestSchema, create(WatchGameRequestSchema, watch)));
  const received: WatchGameResponse[][] = [];
  for (let at = 0; at < count; at += 1) {
    const { stream } = rawCall(session, "/courtside.stats.v1.StatsService/WatchGame");
    const own: WatchGameResponse[] = [];
    received.push(own);
    let rest = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        own.push(fromBinary(WatchGameResponseSchema, rest.subarray(5, end)));
        rest = rest.subarray(end);
      }
    });
    stream.end(request);
  }
  return {
    received,
    listen: () => session.settings({ initialWindowSize: 65_535 }),
  };
}
