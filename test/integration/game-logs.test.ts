import { randomBytes } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { type Standing, Statistic } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { Order } from "#gen/courtside/read/v1/order_pb.ts";
import { Store } from "#gen/courtside/read/v1/served_pb.ts";
import { WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { GameResult, type WindowTotals } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

const line = (playerId: string, teamId: string, points: number) => ({
  of: {
    case: "player" as const,
    value: { playerId, teamId, happenedTime: timestampFromMs(1_000), totals: { points } },
  },
});
const teamLine = (teamId: string, teamTurnovers: number) => ({
  of: {
    case: "team" as const,
    value: { teamId, happenedTime: timestampFromMs(1_000), totals: { teamTurnovers } },
  },
});

/** A season that no other test has, in which p1 plays four games: three for t1 and one for t2. */
async function season() {
  const season = { league: `t${randomBytes(6).toString("hex")}`, season: "2023-24" };
  const record = async (
    gameId: string,
    date: string | undefined,
    sides: [home: string, away: string],
    status: GameStatus,
    ...lines: (ReturnType<typeof line> | ReturnType<typeof teamLine>)[]
  ) => {
    const [homeTeamId, awayTeamId] = sides;
    const game = { gameId, date, homeTeamId, awayTeamId, status };
    const { position } = await mesh.ingest.recordGame({ season, source: "s", game });
    if (lines.length === 0) return position;
    return (await mesh.ingest.recordLines({ season, source: "s", gameId, lines })).position;
  };
  const { FINAL, LIVE } = GameStatus;
  await record("g1", "2023-10-29", ["t1", "t2"], FINAL, line("p1", "t1", 9), line("p2", "t2", 7));
  await record("g2", "2023-10-30", ["t3", "t1"], FINAL, line("p1", "t1", 4), line("p3", "t3", 8));
  const lines = [line("p1", "t2", 5), line("p9", "t2", 1), line("p2", "t1", 2), teamLine("t2", 3)];
  await record("g3", "2023-11-05", ["t1", "t2"], LIVE, ...lines);
  const position = await record("g4", undefined, ["t1", "t3"], FINAL, line("p1", "t1", 1));
  return { season, record, readAfter: position };
}

const player = (value: string) => ({ case: "playerId" as const, value });
const team = (value: string) => ({ case: "teamId" as const, value });
const WEEK = { kind: WindowKind.WEEK, date: "2023-11-01" };

async function failureOf(call: Promise<unknown>) {
  return reasonOf(await call.catch((error: unknown) => error));
}

describe("GetGameLog", () => {
  it("has a player's games, the newest first, each with its opponent, score and line", async () => {
    const { season: of, readAfter } = await season();
    const asked = { season: of, readAfter, subject: player("p1") };

    const { games, total } = await mesh.stats.getGameLog(asked);

    expect(total).toBe(4);
    expect(
      games.map(({ game, team, opponent, atHome, points, opponentPoints, result, totals }) => [
        ...[game?.gameId, team?.teamId, opponent?.teamId, atHome],
        ...[points, opponentPoints, result, totals?.points],
      ]),
    ).toEqual([
      ["g3", "t2", "t1", false, 6, 2, GameResult.UNSPECIFIED, 5],
      ["g2", "t1", "t3", false, 4, 8, GameResult.LOST, 4],
      ["g1", "t1", "t2", true, 9, 7, GameResult.WON, 9],
      ["g4", "t1", "t3", true, 1, 0, GameResult.WON, 1],
    ]);
    expect([games[0]?.official, games[0]?.teamTotals]).toEqual([false, undefined]);
    const oldest = await mesh.stats.getGameLog({ ...asked, order: Order.OLDEST_FIRST });
    expect(oldest.games.map(({ game }) => game?.gameId)).toEqual(["g1", "g2", "g3", "g4"]);
  });

  it("P3: says whose line is official, and has its counts", async () => {
    const { season: of } = await season();
    const { position: readAfter } = await mesh.ingest.recordOfficialLines({
      ...{ season: of, source: "league", gameId: "g1" },
      lines: [{ playerId: "p1", teamId: "t1", totals: { points: 8 } }],
    });

    const { games } = await mesh.stats.getGameLog({ season: of, readAfter, subject: player("p1") });

    expect(games.map(({ official, totals }) => [official, totals?.points])).toEqual([
      ...[[false, 5] as const, [false, 4] as const, [true, 8] as const, [false, 1] as const],
    ]);
  });

  it("has a team's games with the sums of its players and what belongs to it alone", async () => {
    const { season: of, readAfter } = await season();

    const { games } = await mesh.stats.getGameLog({ season: of, readAfter, subject: team("t2") });

    expect(games).toMatchObject([
      {
        ...{ game: { gameId: "g3" }, opponent: { teamId: "t1" }, atHome: false },
        ...{ totals: { points: 6 }, teamTotals: { teamTurnovers: 3 } },
      },
      { game: { gameId: "g1" }, totals: { points: 7 }, result: GameResult.LOST },
    ]);
    expect(games.map(({ official }) => official)).toEqual([undefined, undefined]);
  });

  it("keeps to a window, and names what is not known", async () => {
    const { season: of, readAfter } = await season();
    const asked = { season: of, readAfter };
    const log = (subject: ReturnType<typeof player> | ReturnType<typeof team>, date: string) =>
      mesh.stats.getGameLog({ ...asked, subject, window: { kind: WindowKind.MONTH, date } });

    const { games, total } = await log(player("p1"), "2023-10-03");
    expect([total, games.map(({ game }) => game?.gameId)]).toEqual([2, ["g2", "g1"]]);
    expect((await log(team("t1"), "2023-12-31")).games).toEqual([]);
    expect(await failureOf(log(player("p8"), "2023-10-01"))).toMatchObject({
      reason: "PLAYER_UNKNOWN",
    });
    expect(await failureOf(log(team("t8"), "2023-10-01"))).toMatchObject({
      reason: "TEAM_UNKNOWN",
    });
    expect(await failureOf(log(team("t1"), "2023-02-29"))).toMatchObject({
      code: Code.InvalidArgument,
      fieldViolations: [{ field: "window.date" }],
    });
    expect(await failureOf(mesh.stats.getGameLog({ season: of }))).toMatchObject({
      code: Code.InvalidArgument,
    });
  });

  it("P4: has pages of one moment, whatever is recorded meanwhile", async () => {
    const { season: of, record, readAfter } = await season();
    const asked = { season: of, subject: player("p1"), pageSize: 1 };
    const seen: (string | undefined)[] = [];
    let pageToken = "";
    do {
      const page = await mesh.stats.getGameLog({ ...asked, readAfter, pageToken });
      seen.push(...page.games.map(({ game }) => game?.gameId));
      expect([page.total, page.position]).toEqual([4, readAfter]);
      pageToken = page.nextPageToken;
      const newest = `n${seen.length}`;
      const { FINAL } = GameStatus;
      const date = `2023-12-0${seen.length}`;
      await record(newest, date, ["t1", "t2"], FINAL, line("p1", "t1", 3));
    } while (pageToken !== "");

    expect(seen).toEqual(["g3", "g2", "g1", "g4"]);
    const { nextPageToken } = await mesh.stats.getGameLog(asked);
    const others = { ...asked, subject: player("p2"), pageToken: nextPageToken };
    expect(await failureOf(mesh.stats.getGameLog(others))).toMatchObject({
      fieldViolations: [{ field: "page_token" }],
    });
  });

  it("P8: answers what was, from the archive as from the hot store", async () => {
    const { season: of, record, readAfter } = await season();
    const { FINAL } = GameStatus;
    const later = await record("g5", "2023-11-06", ["t1", "t2"], FINAL, line("p1", "t1", 30));
    for (const subject of [player("p1"), team("t1")]) {
      const asked = { season: of, readAfter: later, subject };
      const now = await mesh.stats.getGameLog(asked);
      const archived = await mesh.stats.getGameLog({ ...asked, asOf: {} });
      const before = await mesh.stats.getGameLog({ ...asked, asOf: { position: readAfter } });

      expect(archived.served?.store).toBe(Store.ARCHIVE);
      expect({ ...archived, served: undefined }).toEqual({ ...now, served: undefined });
      expect(before.games).toEqual(now.games.slice(1));
    }
  });
});

describe("a window of a season", () => {
  it("has the totals of its games alone, of a player, of several and of a team", async () => {
    const { season: of, readAfter } = await season();
    const asked = { season: of, readAfter, window: WEEK };

    const one = await mesh.stats.getPlayerSeason({ ...asked, playerId: "p1" });
    const some = await mesh.stats.batchGetPlayerSeasons({
      ...{ ...asked, playerIds: ["p3", "p8", "p9", "p1"] },
      window: { kind: WindowKind.DAY, date: "2023-11-05" },
    });
    const team = await mesh.stats.getTeamSeason({ ...asked, teamId: "t1" });

    expect(one).toMatchObject({
      player: {
        ...{ gamesPlayed: 2, totals: { points: 9 } },
        teams: [{ team: { teamId: "t1" } }, { team: { teamId: "t2" }, totals: { points: 5 } }],
      },
      window: { kind: WindowKind.WEEK, date: "2023-10-30", untilDate: "2023-11-06" },
    });
    expect(some).toMatchObject({
      players: [
        { playerId: "p3", gamesPlayed: 0, totals: { points: 0, assists: 0 }, teams: [] },
        { playerId: "p9", gamesPlayed: 1, totals: { points: 1 } },
        { playerId: "p1", gamesPlayed: 1, totals: { points: 5 } },
      ],
      unknownPlayerIds: ["p8"],
    });
    expect(team).toMatchObject({ gamesPlayed: 2, totals: { points: 6 } });
    const nobody = mesh.stats.getPlayerSeason({ ...asked, playerId: "p8" });
    expect(await failureOf(nobody)).toMatchObject({ reason: "PLAYER_UNKNOWN" });
    const none = mesh.stats.getTeamSeason({ ...asked, teamId: "t8" });
    expect(await failureOf(none)).toMatchObject({ reason: "TEAM_UNKNOWN" });
  });

  it("P8: is what it was, and the same from the archive", async () => {
    const { season: of, record, readAfter } = await season();
    const { FINAL } = GameStatus;
    const later = await record("g5", "2023-11-02", ["t1", "t2"], FINAL, line("p1", "t1", 30));
    const asked = { season: of, readAfter: later, playerId: "p1", window: WEEK };

    const now = await mesh.stats.getPlayerSeason(asked);
    const archived = await mesh.stats.getPlayerSeason({ ...asked, asOf: {} });
    const before = await mesh.stats.getPlayerSeason({ ...asked, asOf: { position: readAfter } });

    expect(archived.player).toEqual(now.player);
    expect([now, before].map(({ player }) => player?.totals?.points)).toEqual([39, 9]);
  });
});

describe("ListWindows", () => {
  it("has the totals of each window in which there is a game, and they add up", async () => {
    const { season: of, readAfter } = await season();
    const asked = { season: of, readAfter, subject: player("p1") };
    const rows = (windows: readonly WindowTotals[]) =>
      windows.map(({ window, gamesPlayed, totals }) => [
        ...[window?.date, window?.untilDate, gamesPlayed, totals?.points],
      ]);

    const months = await mesh.stats.listWindows({ ...asked, kind: WindowKind.MONTH });
    expect(months.total).toBe(2);
    expect(rows(months.windows)).toEqual([
      ["2023-10-01", "2023-11-01", 2, 13],
      ["2023-11-01", "2023-12-01", 1, 5],
    ]);
    const newest = { ...asked, kind: WindowKind.WEEK, order: Order.NEWEST_FIRST };
    const weeks = await mesh.stats.listWindows(newest);
    expect(rows(weeks.windows)).toEqual([
      ["2023-10-30", "2023-11-06", 2, 9],
      ["2023-10-23", "2023-10-30", 1, 9],
    ]);
    const days = { ...asked, kind: WindowKind.DAY, subject: team("t2"), pageSize: 1 };
    const first = await mesh.stats.listWindows(days);
    const last = await mesh.stats.listWindows({ ...days, pageToken: first.nextPageToken });
    expect(rows([...first.windows, ...last.windows])).toEqual([
      ["2023-10-29", "2023-10-30", 1, 7],
      ["2023-11-05", "2023-11-06", 1, 6],
    ]);
    expect([last.windows[0]?.teamTotals?.teamTurnovers, last.nextPageToken]).toEqual([3, ""]);
    const nobody = { ...asked, kind: WindowKind.DAY, subject: player("p8") };
    expect(await failureOf(mesh.stats.listWindows(nobody))).toMatchObject({
      reason: "PLAYER_UNKNOWN",
    });
  });
});

describe("a board of a window", () => {
  const boardOf = (of: Awaited<ReturnType<typeof season>>["season"], date: string) => ({
    ...{ season: of, statistic: Statistic.POINTS },
    window: { kind: WindowKind.WEEK, date },
  });

  it("ranks by the games of that window alone, page by page, by member and around one", async () => {
    const { season: of, readAfter } = await season();
    const asked = { board: boardOf(of, "2023-11-05"), readAfter };
    const ranks = (rows: readonly Standing[]) =>
      rows.map(({ rank, memberId, score }) => [rank, memberId, Number(score)]);

    const first = await mesh.leaderboard.listStandings({ ...asked, pageSize: 3 });
    const pageToken = first.nextPageToken;
    const last = await mesh.leaderboard.listStandings({ ...asked, pageSize: 3, pageToken });
    expect([first.total, last.nextPageToken, first.served?.store]).toEqual([4, "", Store.ARCHIVE]);
    expect(ranks([...first.standings, ...last.standings])).toEqual([
      ...[[1, "p1", 9] as const, [2, "p3", 8] as const, [3, "p2", 2] as const],
      [4, "p9", 1],
    ]);
    const some = await mesh.leaderboard.getStandings({ ...asked, memberIds: ["p9", "p8", "p3"] });
    expect([ranks(some.standings), some.unknownMemberIds]).toEqual([
      [
        [4, "p9", 1],
        [2, "p3", 8],
      ],
      ["p8"],
    ]);
    const around = await mesh.leaderboard.listAround({ ...asked, memberId: "p2", eachSide: 1 });
    expect(ranks(around.standings)).toEqual([
      ...[[2, "p3", 8] as const, [3, "p2", 2] as const, [4, "p9", 1] as const],
    ]);
    const absent = mesh.leaderboard.listAround({ ...asked, memberId: "p8" });
    expect(await failureOf(absent)).toMatchObject({ reason: "MEMBER_UNKNOWN" });
    const empty = { board: boardOf(of, "2024-03-01"), readAfter };
    expect(await mesh.leaderboard.listStandings(empty)).toMatchObject({ standings: [], total: 0 });
  });

  it("P4: waits for what a reader names, and is never behind what was answered before", async () => {
    const { season: of, record, readAfter } = await season();
    const { FINAL } = GameStatus;
    for (let points = 10; points < 40; points += 1) {
      const after = await record("g1", "2023-10-29", ["t1", "t2"], FINAL, line("p1", "t1", points));
      const board = boardOf(of, "2023-10-29");
      if (points % 2 === 0) {
        // Another answer of the same process, from the hot store.
        const statistic = Statistic.POINTS;
        const whole = { board: { season: of, statistic }, readAfter: after };
        await mesh.leaderboard.listStandings(whole);
      }
      const named = points % 2 === 0 ? "" : after;
      const { standings } = await mesh.leaderboard.listStandings({ board, readAfter: named });
      expect(Number(standings[0]?.score)).toBe(points);
    }
    const before = { board: boardOf(of, "2023-10-29"), asOf: { position: readAfter } };
    const { standings } = await mesh.leaderboard.listStandings(before);
    expect(Number(standings[0]?.score)).toBe(9);
  });

  it("P7: names the window that is none, and is not watched", async () => {
    const { season: of } = await season();
    const wrong = mesh.leaderboard.listStandings({ board: boardOf(of, "2023-02-29") });
    expect(await failureOf(wrong)).toMatchObject({
      fieldViolations: [{ field: "board.window.date" }],
    });
    const board = boardOf(of, "2023-10-29");
    const watched = mesh.leaderboard.watchStandings({ board, part: { case: "top", value: 3 } });
    expect(await failureOf(watched[Symbol.asyncIterator]().next())).toMatchObject({
      ...{ code: Code.InvalidArgument, fieldViolations: [{ field: "board.window" }] },
    });
    const unknown = { ...board, season: { ...of, season: "1999-00" } };
    expect(await failureOf(mesh.leaderboard.listStandings({ board: unknown }))).toMatchObject({
      reason: "SEASON_UNKNOWN",
    });
  });
});

describe("what of totals is live", () => {
  it("is that of games going on, in seasons and windows, and nothing once they have ended", async () => {
    const { season: of, record, readAfter } = await season();
    const read = async (after: string) => {
      const asked = { season: of, readAfter: after };
      const one = await mesh.stats.getPlayerSeason({ ...asked, playerId: "p1" });
      const team = await mesh.stats.getTeamSeason({ ...asked, teamId: "t2" });
      const windows = { ...asked, kind: WindowKind.MONTH, subject: player("p1") };
      const months = (await mesh.stats.listWindows(windows)).windows;
      return [one.player?.live, team.live, ...months.map(({ live }) => live)];
    };

    expect(await read(readAfter)).toMatchObject([
      { games: 1, totals: { points: 5 } },
      { games: 1, totals: { points: 6 } },
      undefined,
      { games: 1, totals: { points: 5 } },
    ]);
    const ended = await record("g3", "2023-11-05", ["t1", "t2"], GameStatus.FINAL);
    expect(await read(ended)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
