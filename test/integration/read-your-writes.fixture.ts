import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { positionOf } from "#runtime/positions";
import { reasonOf, rpcClient } from "#runtime/rpc";
import { statisticOnWire } from "#wire/lines";
import { eachAtOnce } from "../../cli/each-at-once.ts";
import { meshServices } from "../../cli/mesh-services.ts";
import { paceOf, replayGame } from "../../cli/replay/index.ts";
import { COURTSIDE, meshIn, type ServicePlan } from "../../local/mesh/index.ts";
import { removeFolder } from "../../local/servers/index.ts";
import { realGames } from "./real-games.fixture.ts";

/** What came of writing and reading. */
export type ReadsOfWrites = {
  readonly writes: number;
  /** Reads that named the position of a write and did not have what it wrote. */
  readonly misses: readonly string[];
  /** Reads that were told to try again: no store was as far, or none was in time. */
  readonly refused: number;
  /** Reads of each kind. */
  readonly reads: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** How long reads took, the wait for the position included, in ms: ascending. */
  readonly waitsMs: readonly number[];
  /** Lines of real games that were uploaded meanwhile. */
  readonly linesBeside: number;
};

/** A write: what a player has now in one game and in all of them. */
type Written = {
  readonly gameId: string;
  readonly playerId: string;
  readonly teamId: string;
  readonly position: string;
  readonly inGame: number;
  readonly inSeason: number;
};

/** What a reader has found: the points, which are the player's in the game or in all, and where. */
type Seen = { readonly points: number | undefined; readonly position: string };

type Reader = {
  readonly name: string;
  readonly of: "inGame" | "inSeason";
  read(written: Written): Promise<Seen>;
};

/** Others' games that are uploaded meanwhile, and how fast: each for some 8 seconds. */
const GAMES_BESIDE = 16;
const SPEED_BESIDE = 1_000;
/** More than any run comes to. */
const GAMES_BESIDE_MAX = 20_000;

/** A writer takes another game after so many writes, so that a season is more than a game. */
const WRITES_PER_GAME = 40;

const TRY_AGAIN: ReadonlySet<string> = new Set(["STORE_UNREACHABLE", "READ_AFTER_TIMEOUT"]);

const SEASON = { league: "nba", season: "2023-24" };

/**
 * Writes so many times and reads each write at once, by its position, from other processes: two of
 * stats, two of leaderboard and the gateway, in a mesh of its own, while real games are uploaded to the
 * same season. Each writer has a player and a team of its own, so that the value to be read is known.
 */
export async function readYourWrites(times: number, writers: number): Promise<ReadsOfWrites> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-home-"));
  chmodSync(folder, 0o755);
  const services = [...COURTSIDE.services, another("stats"), another("leaderboard")];
  const mesh = meshIn({ folder, plan: { ...COURTSIDE, services }, log: () => {} });
  const state = await mesh.start();
  const addresses = new Map(state.services.map(({ name, address }) => [name, address]));
  const doors = doorsAt((name) => addresses.get(name) ?? "");
  const stopLoad = new AbortController();
  try {
    const load = loadOn(addresses.get("ingest") ?? "", stopLoad.signal);
    await Promise.race([load.begun, load.lines]);
    const found = await written(times, writers, doors);
    stopLoad.abort();
    return { ...found, linesBeside: await load.lines };
  } finally {
    stopLoad.abort();
    doors.close();
    await mesh.stop();
    removeFolder(folder);
  }
}

async function written(times: number, writers: number, { write, writeOverHttp, readers }: Doors) {
  const misses: string[] = [];
  const waitsMs: number[] = [];
  const reads: Record<string, number> = {};
  let writes = 0;
  let refused = 0;

  async function keepWriting(writer: number): Promise<void> {
    const [playerId, teamId] = [`w${writer}`, `t${writer}`];
    // One in eight writes over HTTP: games have one owner each.
    const door = writer % 8 === 0 ? writeOverHttp : write;
    const inGames = new Map<string, number>();
    for (let turn = 0; writes < times; turn += 1) {
      writes += 1;
      const gameId = `w${writer}-${Math.floor(turn / WRITES_PER_GAME)}`;
      // Rises and falls: a correction is to be read as well.
      const points = (turn * 37 + writer) % 101;
      const position = await door({ gameId, playerId, teamId }, points);
      inGames.set(gameId, points);
      const inSeason = [...inGames.values()].reduce((sum, game) => sum + game, 0);
      const write = { gameId, playerId, teamId, position, inGame: points, inSeason };
      const { name, of, read } = readers[(turn + writer) % readers.length]!;
      const begun = performance.now();
      try {
        const seen = await read(write);
        if (seen.points !== write[of] || endOf(seen.position) < endOf(position)) {
          const place = `${endOf(seen.position)}, not ${write[of]} at ${endOf(position)}`;
          misses.push(`${name} of ${playerId} in ${gameId}: ${seen.points} points at ${place}`);
        }
      } catch (error) {
        const { reason = "" } = error instanceof Refusal ? error : reasonOf(error);
        if (TRY_AGAIN.has(reason)) refused += 1;
        else misses.push(`${name} of ${playerId} in ${gameId}: ${error}`);
      }
      waitsMs.push(performance.now() - begun);
      reads[name] = (reads[name] ?? 0) + 1;
    }
  }
  const begun = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, writer) => keepWriting(writer)));
  const seconds = (performance.now() - begun) / 1_000;
  return { writes, misses, refused, reads, seconds, waitsMs: waitsMs.sort((a, b) => a - b) };
}

type Doors = ReturnType<typeof doorsAt>;
type Whose = Pick<Written, "gameId" | "playerId" | "teamId">;

/** All ways to write and to read, by the addresses of services. */
function doorsAt(addressOf: (name: string) => string) {
  const ingest = rpcClient(IngestService, addressOf("ingest"));
  const gateway = addressOf("gateway");
  const open: { close(): void }[] = [ingest];
  const season = SEASON;
  const board = { season, statistic: statisticOnWire("points") };

  const readers: Reader[] = ["", "-2"].flatMap((process): Reader[] => {
    const stats = rpcClient(StatsService, addressOf(`stats${process}`));
    const leaderboard = rpcClient(LeaderboardService, addressOf(`leaderboard${process}`));
    open.push(stats, leaderboard);
    return [
      {
        name: `box${process}`,
        of: "inGame",
        async read({ gameId, playerId, position: readAfter }) {
          const { teams, position } = await stats.getBoxScore({ season, gameId, readAfter });
          const rows = teams.flatMap(({ players }) => players);
          const row = rows.find((player) => player.playerId === playerId);
          return { points: row?.totals?.points, position };
        },
      },
      {
        name: `player${process}`,
        of: "inSeason",
        async read({ playerId, position: readAfter }) {
          const asked = { season, playerId, readAfter };
          const { player, position } = await stats.getPlayerSeason(asked);
          return { points: player?.totals?.points, position };
        },
      },
      {
        name: `team${process}`,
        of: "inSeason",
        async read({ teamId, position: readAfter }) {
          const { totals, position } = await stats.getTeamSeason({ season, teamId, readAfter });
          return { points: totals?.points, position };
        },
      },
      {
        name: `rank${process}`,
        of: "inSeason",
        async read({ playerId, position: readAfter }) {
          const asked = { board, memberIds: [playerId], readAfter };
          const { standings, position } = await leaderboard.getStandings(asked);
          return { points: scoreOf(playerId, standings), position };
        },
      },
      {
        name: `around${process}`,
        of: "inSeason",
        async read({ playerId: memberId, position: readAfter }) {
          const { standings, position } = await leaderboard.listAround({
            ...{ board, memberId, readAfter },
          });
          return { points: scoreOf(memberId, standings), position };
        },
      },
    ];
  });

  async function get(path: string, position: string) {
    const headers = { "Courtside-Read-After": position };
    const answer = await fetch(gateway + path, { headers });
    if (!answer.ok)
      throw new Refusal(String(((await answer.json()) as { reason?: string }).reason));
    const reached = answer.headers.get("Courtside-Position") ?? "";
    // biome-ignore lint/suspicious/noExplicitAny: what is missing of the shape is a miss.
    return { position: reached, body: (await answer.json()) as any };
  }
  readers.push(
    {
      name: "player over HTTP",
      of: "inSeason",
      async read({ playerId, position: after }) {
        const { body, position } = await get(`/stat/player/${playerId}`, after);
        return { points: body.player.totals.points, position };
      },
    },
    {
      name: "box over HTTP",
      of: "inGame",
      async read({ gameId, playerId, position: after }) {
        const path = `/api/v1/games/${gameId}/stats?season=${SEASON.season}`;
        const { body, position } = await get(path, after);
        const players: { playerId: string; totals: { points: number } }[] = body.teams[0].players;
        const row = players.find((player) => player.playerId === playerId);
        return { points: row?.totals.points, position };
      },
    },
  );

  return {
    readers,
    async write({ gameId, playerId, teamId }: Whose, points: number): Promise<string> {
      const happenedTime = timestampFromMs(Date.now());
      const value = { playerId, teamId, happenedTime, totals: { points } };
      const lines = [{ of: { case: "player" as const, value } }];
      const { position } = await ingest.recordLines({ season, gameId, source: "writer", lines });
      return position;
    },
    async writeOverHttp(whose: Whose, points: number): Promise<string> {
      const answer = await fetch(`${gateway}/stat/live/game`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...whose, ...SEASON, points }),
      });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      return answer.headers.get("Courtside-Position") ?? "";
    },
    close() {
      for (const client of open) client.close();
    },
  };
}

/** Uploads real games until the signal aborts; says when the first lines are durable, and in the end how many were. */
function loadOn(ingest: string, signal: AbortSignal) {
  const begun = Promise.withResolvers<void>();
  return { begun: begun.promise, lines: uploaded(ingest, signal, begun.resolve) };
}

async function uploaded(ingest: string, signal: AbortSignal, onBegun: () => void): Promise<number> {
  const services = meshServices({ COURTSIDE_INGEST: ingest });
  let lines = 0;
  const onDurable = (more: number) => {
    lines += more;
    onBegun();
  };
  try {
    await eachAtOnce(await realGames(GAMES_BESIDE_MAX), GAMES_BESIDE, (game) =>
      replayGame({ services, game, pace: paceOf(SPEED_BESIDE, signal), signal, onDurable }),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    services.close();
  }
  return lines;
}

/** What a read over HTTP was refused with. */
class Refusal extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** One more process of a service. */
function another(service: string): ServicePlan {
  const plan = COURTSIDE.services.find(({ name }) => name === service);
  if (plan === undefined) throw new Error(`there is no ${service}`);
  return { ...plan, name: `${service}-2` };
}

function scoreOf(member: string, rows: readonly { memberId: string; score: bigint }[]) {
  const row = rows.find(({ memberId }) => memberId === member);
  return row && Number(row.score);
}

function endOf(position: string): number {
  return positionOf(position)?.endOffset ?? -1;
}
