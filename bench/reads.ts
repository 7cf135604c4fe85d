/**
 * How many reads a second one service process answers: a box score, a player's season, and a rank on a
 * board of a million members. And how long one takes at 5,000 a second.
 *
 * The season is that of the games that ship, and stands still. The board is that of its points, with a
 * million members more written into Redis alone: they would be a million players otherwise. `<what>`: as
 * many calls as are answered, 64 at a time, runs of 3 s; higher is better. `<what> at 5000/s`, for 10 s:
 * p50 in place of the median of runs; lower is better. The ceiling is that of an empty call to a server that does
 * nothing. `cpu` is the service's processor time a call, in µs.
 */
import { strict as assert } from "node:assert";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { Redis } from "ioredis";
import { slotOf } from "#domain/slots";
import {
  IngestService,
  RecordGameRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import {
  GetStandingsRequestSchema,
  LeaderboardService,
  Statistic,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import {
  GetBoxScoreRequestSchema,
  GetPlayerSeasonRequestSchema,
  StatsService,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { cursorOf } from "../stores/hotstore/cursor.ts";
import { cursorKey, keysOf } from "../stores/hotstore/keys.ts";
import { bareEcho } from "./ceilings.ts";
import { framed } from "./frames.ts";
import { SEASON } from "./load.ts";
import { asked, type BenchMesh, child, onMesh } from "./mesh.ts";
import { at, print } from "./result.ts";
import { shippedGames } from "./shipped-games.ts";
import type { Called, Calls } from "./unary.ts";
import { cpuMsOf } from "./usage.ts";

const BENCH = "reads";
const RUNS = 3;
const RUN_S = 3;
const RATE = 5_000;
/** Long enough that one stop of a process is not the p99. */
const PACED_S = 10;
/** What is left of being asked as much as is answered is gone by then. */
const WARM_UP_S = 3;
/** It would collect its old space three times a second, by threads that the servers would have: what waits is theirs. */
const CALLER_FLAGS = ["--initial-old-space-size=512"];
/** Some 280 games, however quick they are uploaded. */
const GAME_LINES = 125_000;
const GAMES_S_MAX = 30;
const MEMBERS = 1_000_000;
const MEMBERS_AT_ONCE = 10_000;
const REQUESTS = 1_000;
const SLOT = slotOf({ league: SEASON.league, season: SEASON.season, type: "regular" });
const BOARD = { season: SEASON, statistic: Statistic.POINTS };
/** More than anybody scores in the games that ship: member number n is above all lower ones. */
const POINTS_FROM = 1_000_000;

await onMesh(async (mesh) => {
  const ends = { ingest: mesh.addressOf("ingest"), projector: mesh.addressOf("projector") };
  const games = { linesMax: GAME_LINES, seconds: GAMES_S_MAX };
  const loaded = await mesh.load({ ...ends, batchLines: 50, ...games });
  await mesh.caughtUp();
  await mesh.check(loaded);
  await fillBoard(mesh);
  const players = (await shippedGames(50, 8)).flatMap((game) => [
    ...game.totalsAfter(game.lines).keys(),
  ]);
  await checkRank(mesh);

  const echo = await bareEcho();
  const caller = child("unary.ts", CALLER_FLAGS);
  const ask = (calls: Calls) => asked<Called>(caller, calls);
  const pick = <One>(all: readonly One[]) => all[Math.floor(Math.random() * all.length)] as One;
  const nothing = requestsOf(RecordGameRequestSchema, () => ({}));
  const bare = {
    target: echo.address,
    path: pathOf(IngestService.method.recordGame),
    requests: nothing,
  };
  const cases = {
    "box score": {
      service: "stats",
      path: pathOf(StatsService.method.getBoxScore),
      requests: requestsOf(GetBoxScoreRequestSchema, () => ({
        ...{ season: SEASON, gameId: pick(loaded.games).gameId },
      })),
    },
    "player season": {
      service: "stats",
      path: pathOf(StatsService.method.getPlayerSeason),
      requests: requestsOf(GetPlayerSeasonRequestSchema, () => ({
        ...{ season: SEASON, playerId: pick(players) },
      })),
    },
    rank: {
      service: "leaderboard",
      path: pathOf(LeaderboardService.method.getStandings),
      requests: requestsOf(GetStandingsRequestSchema, () => ({
        ...{ board: BOARD, memberIds: [memberOf(Math.floor(Math.random() * MEMBERS))] },
      })),
    },
  };
  await ask({ ...bare, seconds: RUN_S });
  const idleMs = cpuMsOf(echo.pid);
  const { answers } = await ask({ ...bare, seconds: RUN_S });
  const ceiling = answers / RUN_S;
  const ceilingCpu = ((cpuMsOf(echo.pid) - idleMs) * 1_000) / answers;
  const askPaced = async (calls: Omit<Calls, "seconds">) => {
    await ask({ ...calls, rate: RATE, seconds: WARM_UP_S });
    return ask({ ...calls, rate: RATE, seconds: PACED_S });
  };
  const still = await askPaced(bare);
  for (const [what, { service, path, requests }] of Object.entries(cases)) {
    const calls = { target: mesh.addressOf(service), path, requests, seconds: RUN_S };
    await ask(calls);
    const runs: number[] = [];
    const pid = mesh.pidOf(service);
    const cpuMs = cpuMsOf(pid);
    for (let run = 0; run < RUNS; run++) runs.push((await ask(calls)).answers / RUN_S);
    const answers = runs.reduce((sum, rate) => sum + rate * RUN_S, 0);
    const cpu = ((cpuMsOf(pid) - cpuMs) * 1_000) / answers;
    const more = { cpu, ceilingCpu, ...mesh.peaks(service) };
    print({ bench: BENCH, case: what, unit: "calls/s", runs, ceiling, more });
    const paced = await askPaced(calls);
    const { latencies, failures } = paced;
    print({
      ...{ bench: BENCH, case: `${what} at ${RATE}/s`, unit: "ms" },
      runs: [at(latencies, 0), at(latencies, 0.5), at(latencies, 1)],
      ceiling: at(still.latencies, 0.5),
      more: {
        p90: at(latencies, 0.9),
        p99: at(latencies, 0.99),
        ceiling_p99: at(still.latencies, 0.99),
        ...{ callsPerSecond: paced.answers / PACED_S, failures },
      },
    });
  }
  caller.kill();
  echo.close();
});

/** Puts members on the board of points, number n with as many points more. */
async function fillBoard(mesh: BenchMesh): Promise<void> {
  const redis = new Redis(mesh.urlOf("redis"));
  const cursor = cursorOf(await redis.get(cursorKey(SLOT)));
  assert.ok(cursor);
  const key = keysOf(SLOT, cursor.generation).standings("points");
  for (let from = 0; from < MEMBERS; from += MEMBERS_AT_ONCE) {
    const rows = Array.from({ length: MEMBERS_AT_ONCE }, (_, place) => [
      ...[String(-(POINTS_FROM + from + place)), memberOf(from + place)],
    ]);
    await redis.zadd(key, ...rows.flat());
  }
  redis.disconnect();
}

/** Throws where the board says another rank than the number of a member comes to. */
async function checkRank(mesh: BenchMesh): Promise<void> {
  const leaderboard = rpcClient(LeaderboardService, mesh.addressOf("leaderboard"));
  const numbers = [0, 1, MEMBERS / 2, MEMBERS - 1];
  const memberIds = numbers.map(memberOf);
  const { standings } = await leaderboard.getStandings({ board: BOARD, memberIds });
  assert.deepEqual(
    standings.map(({ rank, score }) => [rank, Number(score)]),
    numbers.map((number) => [MEMBERS - number, POINTS_FROM + number]),
  );
  leaderboard.close();
}

function memberOf(number: number): string {
  return `member-${number}`;
}

function pathOf(method: { readonly parent: { readonly typeName: string }; readonly name: string }) {
  return `/${method.parent.typeName}/${method.name}`;
}

function requestsOf<Schema extends DescMessage>(
  schema: Schema,
  make: () => MessageInitShape<Schema>,
): Buffer[] {
  return Array.from({ length: REQUESTS }, () => framed(schema, make()));
}
