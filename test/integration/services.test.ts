import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { Statistic } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { Order } from "#gen/courtside/read/v1/order_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { positionOf, positionToken } from "#runtime/positions";
import { reasonOf } from "#runtime/rpc";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { shortestMs } from "./patience.fixture.ts";
import {
  freshSeason,
  type Game,
  game,
  type OpenAs,
  openUpload,
  playerLine,
  teamLine,
} from "./uploads.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

const uploadOf = (of: Game, open: OpenAs = {}) => openUpload(mesh, of, open);

async function failureOf(call: Promise<unknown>) {
  return reasonOf(
    await call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

async function pointsOf({ season }: Game, playerId: string, readAfter = "") {
  const { player } = await mesh.stats.getPlayerSeason({ season, playerId, readAfter });
  return player?.totals?.points;
}

describe("UploadLines", () => {
  it("opens at 1, acknowledges cumulatively, and finishes", async () => {
    const upload = uploadOf(game());

    expect(await upload.next()).toMatchObject({
      case: "opened",
      value: { epoch: 1, nextNumber: 1n },
    });
    upload.send(1, playerLine("p1", 2), teamLine("t1", 1));
    expect(await upload.next()).toMatchObject({ case: "ack", value: { through: 2n } });
    upload.send(3, playerLine("p1", 5));
    expect(await upload.next()).toMatchObject({ case: "ack", value: { through: 3n, results: [] } });
    upload.finish(3);
    expect(await upload.next()).toMatchObject({ case: "finished" });
    expect(await upload.next()).toBeUndefined();
  });

  it("P2: counts a line once whatever was sent again, and names what was", async () => {
    const of = game();
    const first = uploadOf(of);
    await first.next();
    first.send(1, playerLine("p1", 2), playerLine("p1", 4));
    await first.next();
    first.cut();

    const again = uploadOf(of);
    expect(await again.next()).toMatchObject({ value: { epoch: 1, nextNumber: 3n } });
    // What an arena's laptop sends that has forgotten everything: all from the beginning.
    again.send(1, playerLine("p1", 2), playerLine("p1", 4), playerLine("p1", 7));
    let ack = await again.next();
    // An ack may come before that tells of the folds alone.
    while (ack?.case === "ack" && ack.value.through < 3n) ack = await again.next();

    expect(ack).toMatchObject({
      value: {
        through: 3n,
        results: [
          { number: 1n, outcome: LineOutcome.DUPLICATE },
          { number: 2n, outcome: LineOutcome.DUPLICATE },
        ],
      },
    });
    const position = ack?.case === "ack" ? ack.value.position : "";
    expect(await pointsOf(of, "p1", position)).toBe(7);
    again.cut();
  });

  it("P2: two streams of one owner that send the same leave one history", async () => {
    const of = game();
    const [one, two] = [uploadOf(of), uploadOf(of)];
    await Promise.all([one.next(), two.next()]);
    const lines = [...Array(40).keys()].map((at) => playerLine("p1", at));
    for (let at = 0; at < 40; at += 4) {
      one.send(at + 1, ...lines.slice(at, at + 4));
      two.send(at + 1, ...lines.slice(at, at + 4));
    }
    for (const stream of [one, two]) {
      stream.finish();
      for (
        let answer = await stream.next();
        answer?.case !== "finished";
        answer = await stream.next()
      ) {
        expect(answer?.case).toBe("ack");
      }
    }

    const heads = await mesh.journal.heads();
    expect(heads.get(`${of.season.league}:2023-24:regular`)?.endOffset).toBe(40);
  });

  it("P7: refuses a gap and names the number expected", async () => {
    const upload = uploadOf(game());
    await upload.next();
    upload.send(5, playerLine("p1", 2));

    expect(await failureOf(upload.next())).toMatchObject({
      code: Code.OutOfRange,
      reason: "NUMBER_GAP",
      metadata: { expected: "1" },
    });
  });

  it("P7: does not call an upload finished of which numbers are missing", async () => {
    const upload = uploadOf(game());
    await upload.next();
    upload.send(1, playerLine("p1", 2));
    await upload.next();
    upload.finish(2);

    expect(await failureOf(upload.next())).toMatchObject({
      reason: "NUMBER_GAP",
      metadata: { expected: "2" },
    });
  });

  it("P7: tells a source that does not own the game who does, and fences a former owner", async () => {
    const of = game();
    const owner = uploadOf(of);
    await owner.next();
    owner.send(1, playerLine("p1", 2));
    await owner.next();

    expect(await failureOf(uploadOf(of, { source: "other" }).next())).toMatchObject({
      reason: "NOT_OWNER",
      metadata: { owner: "arena" },
    });
    expect(await failureOf(uploadOf(of, { instance: "b" }).next())).toMatchObject({
      reason: "NOT_OWNER",
    });
    const heir = uploadOf(of, { instance: "b", takeOver: true });
    expect(await heir.next()).toMatchObject({ value: { epoch: 2, nextNumber: 1n } });
    owner.send(2, playerLine("p1", 99));
    expect(await failureOf(owner.next())).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "UPLOAD_FENCED",
      metadata: { epoch: "2" },
    });
    heir.cut();
  });

  it("P7: refuses a game of another season", async () => {
    const of = game();
    await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 1)] });
    const elsewhere = { ...of, season: { ...of.season, season: "2024-25" } };

    expect(await failureOf(uploadOf(elsewhere).next())).toMatchObject({
      reason: "SEASON_MISMATCH",
    });
  });

  it("P1: what it acknowledged is in the journal, whatever becomes of the stream", async () => {
    const of = game();
    const upload = uploadOf(of);
    await upload.next();
    let acknowledged = 0n;
    for (let number = 1; number <= 200; number += 1) upload.send(number, playerLine("p1", number));
    while (acknowledged < 60n) {
      const answer = await upload.next();
      if (answer?.case === "ack") acknowledged = answer.value.through;
    }
    upload.cut();

    const heads = await mesh.journal.heads();
    const end = heads.get(`${of.season.league}:2023-24:regular`)?.endOffset ?? 0;
    expect(BigInt(end)).toBeGreaterThanOrEqual(acknowledged);
  });
});

describe("RecordLines", () => {
  it("P2, P3: takes each revision once and none that is older", async () => {
    const of = game();
    const record = async (revision: number, points: number) =>
      await mesh.ingest.recordLines({
        ...of,
        lines: [playerLine("p1", points)],
        revision: BigInt(revision),
      });

    expect((await record(5, 10)).taken).toBe(true);
    expect((await record(5, 10)).taken).toBe(false);
    expect((await record(4, 8)).taken).toBe(false);
    const { position, taken } = await record(6, 9);
    expect(taken).toBe(true);
    expect(await pointsOf(of, "p1", position)).toBe(9);
  });

  it("numbers by its own clock where no revision is given", async () => {
    const of = game();
    for (const points of [1, 2, 3]) {
      const { taken } = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", points)] });
      expect(taken).toBe(true);
    }
  });

  it("P7: refuses two lines of one player and names the second", async () => {
    const lines = [playerLine("p1", 1), playerLine("p2", 1), playerLine("p1", 2)];

    const failed = await failureOf(mesh.ingest.recordLines({ ...game(), lines }));

    expect(failed.fieldViolations).toEqual([
      { field: "lines[2]", description: "player p1 has a line in this request already" },
    ]);
  });

  it("finds the season of a game that is known, and asks for it else", async () => {
    const of = game("1008");
    await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 1)] });
    const season = { league: of.season.league };
    const { position } = await mesh.ingest.recordLines({
      ...of,
      season,
      lines: [playerLine("p1", 4)],
    });
    expect(await pointsOf(of, "p1", position)).toBe(4);

    const failed = await failureOf(
      mesh.ingest.recordLines({ ...of, season, gameId: "1009", lines: [playerLine("p1", 1)] }),
    );

    expect(failed.fieldViolations.map(({ field }) => field)).toEqual(["season.season"]);
  });
});

describe("RecordOfficialLines", () => {
  const official = (playerId: string, points: number, more = {}) => ({
    playerId,
    teamId: "t1",
    totals: { points, assists: 1 },
    ...more,
  });

  it("P3: replaces counting statistics everywhere, keeps seconds, and can be withdrawn", async () => {
    const of = game();
    const { season, gameId, source } = of;
    await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 10, { seconds: 600 })] });
    const early = mesh.ingest.recordOfficialLines({ ...of, lines: [official("p1", 11)] });
    expect(await failureOf(early)).toMatchObject({ reason: "GAME_NOT_FINAL" });
    await mesh.ingest.recordGame({ season, source, game: { gameId, status: GameStatus.FINAL } });

    const both = [official("p1", 11), official("p9", 4)];
    const first = await mesh.ingest.recordOfficialLines({ ...of, lines: both });
    expect(first).toMatchObject({ changed: 2, unchanged: 0 });
    const { teams } = await mesh.stats.getBoxScore({ season, gameId, readAfter: first.position });
    expect(teams[0]?.players).toMatchObject([
      { playerId: "p1", official: true, totals: { points: 11, assists: 1, secondsPlayed: 600 } },
      { playerId: "p9", official: true, totals: { points: 4 } },
    ]);
    expect(teams[0]?.totals?.points).toBe(15);

    const again = await mesh.ingest.recordOfficialLines({ ...of, lines: both });
    expect(again).toMatchObject({ changed: 0, unchanged: 2 });

    const late = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 99)] });
    expect(late.supersededPlayerIds).toEqual(["p1"]);
    expect(await pointsOf(of, "p1", late.position)).toBe(11);

    const back = await mesh.ingest.recordOfficialLines({
      ...of,
      lines: [official("p1", 0, { withdrawn: true })],
    });
    expect(await pointsOf(of, "p1", back.position)).toBe(99);
    const board = { season, statistic: Statistic.POINTS };
    const { standings } = await mesh.leaderboard.listStandings({ board, readAfter: back.position });
    expect(standings.map(({ memberId, score }) => [memberId, score])).toEqual([
      ["p1", 99n],
      ["p9", 4n],
    ]);
  });
});

describe("GetBoxScore", () => {
  const row = (period: number, points: number) => ({ period, totals: { points } });
  const lineOf = (playerId: string, points: number, periods: ReturnType<typeof row>[]) => {
    const happenedTime = { seconds: 1_700_000_000n };
    const value = { playerId, teamId: "t1", happenedTime, totals: { points }, periods };
    return { of: { case: "player" as const, value } };
  };

  it("P7: shows each period of players and team, and what is in none", async () => {
    const of = game();
    const { season, gameId, source } = of;
    const lines = [lineOf("p1", 10, [row(2, 4), row(1, 6)]), lineOf("p2", 7, [row(1, 5)])];
    await mesh.ingest.recordLines({ ...of, lines: [...lines, lineOf("p3", 3, [])] });
    await mesh.ingest.recordGame({ season, source, game: { gameId, status: GameStatus.FINAL } });
    const { position } = await mesh.ingest.recordOfficialLines({
      ...of,
      lines: [{ playerId: "p1", teamId: "t1", totals: { points: 9 } }],
    });

    const { teams } = await mesh.stats.getBoxScore({ season, gameId, readAfter: position });
    expect(teams[0]).toMatchObject({
      totals: { points: 19 },
      periods: [row(1, 11), row(2, 4)],
      unassigned: { points: 4 },
    });
    expect(teams[0]?.players).toMatchObject([
      { playerId: "p1", periods: [row(1, 6), row(2, 4)], unassigned: { points: -1 } },
      { playerId: "p2", periods: [row(1, 5)], unassigned: { points: 2 } },
      { playerId: "p3", periods: [], unassigned: { points: 3 } },
    ]);
  });

  it("says the same as binary protobuf and as JSON", async () => {
    const { season, gameId, source } = game();
    const lines = [lineOf("p1", 6, [row(1, 6)]), lineOf("p2", 5, [])];
    const { position } = await mesh.ingest.recordLines({ season, gameId, source, lines });
    const asked = { season, gameId, readAfter: position };
    const baseUrl = `http://${mesh.address}`;
    const [binary, json] = await Promise.all(
      [true, false].map((useBinaryFormat) =>
        createClient(
          StatsService,
          createConnectTransport({ httpVersion: "2", baseUrl, useBinaryFormat }),
        ).getBoxScore(asked),
      ),
    );

    expect(binary?.teams[0]?.players).toHaveLength(2);
    expect({ ...binary, served: undefined }).toEqual({ ...json, served: undefined });
  });

  it("P7: refuses a line that has a period twice, and names the field", async () => {
    const twice = lineOf("p1", 2, [row(1, 1), row(1, 1)]);
    const failure = await failureOf(mesh.ingest.recordLines({ ...game(), lines: [twice] }));

    expect(failure.fieldViolations).toMatchObject([{ field: "lines[0].player.periods" }]);
  });
});

describe("read_after", () => {
  it("P4: a read waits for the write that it names, and its answer says where it is", async () => {
    const of = game();
    for (let points = 1; points <= 50; points += 1) {
      const { position } = await mesh.ingest.recordLines({
        ...of,
        lines: [playerLine("p1", points)],
      });
      expect(await pointsOf(of, "p1", position)).toBe(points);
    }
  });

  it("P4: fails with a reason when folds stand still, and names how far they are", async () => {
    const of = game();
    await mesh.pause();
    const { position } = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 3)] });
    const { season } = of;

    const late = mesh.stats.getPlayerSeason(
      { season, playerId: "p1", readAfter: position },
      { timeoutMs: 2_000 },
    );
    const failed = await failureOf(late);
    await mesh.resume();
    expect(failed).toMatchObject({
      code: Code.DeadlineExceeded,
      reason: "READ_AFTER_TIMEOUT",
      metadata: { end_offset: "1", reached: "0" },
    });
    expect(await pointsOf(of, "p1", position)).toBe(3);
  });

  it("P8: looks back to a position, to what was known, and to what had happened", async () => {
    const of = game();
    const { season } = of;
    const first = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 3)] });
    // The archive keeps milliseconds: what comes next is recorded in a later one.
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const last = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 8)] });
    const at = (asOf: object) =>
      mesh.stats.getPlayerSeason({ season, playerId: "p1", readAfter: last.position, asOf });

    const then = await at({ position: first.position });
    expect([then.player?.totals?.points, then.position]).toEqual([3, first.position]);
    const believed = await at({ knownTime: timestampFromMs(between) });
    expect(believed.player?.totals?.points).toBe(3);
    expect((await at({})).player?.totals?.points).toBe(8);
    const before = at({ happenedTime: timestampFromMs(1_600_000_000_000) });
    expect(await failureOf(before)).toMatchObject({ reason: "PLAYER_UNKNOWN" });

    const here = positionOf(first.position);
    if (here === undefined) throw new Error("a position that is none");
    const foreign = positionToken({ ...here, journalId: "ab".repeat(16) });
    expect(await failureOf(at({ position: foreign }))).toMatchObject({ reason: "POSITION_LOST" });
  });

  it("waits for both folds where asked for the progress", async () => {
    const of = game();
    const { position } = await mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 3)] });

    const { season } = of;
    expect(await mesh.projector.getProgress({ season, readAfter: position })).toMatchObject({
      headOffset: 1n,
      hotStoreOffset: 1n,
      archiveOffset: 1n,
    });
  });
});

describe("reads", () => {
  it("names what is not known", async () => {
    const { season, gameId } = game();
    const reasons = await Promise.all([
      failureOf(mesh.stats.getBoxScore({ season, gameId })),
      failureOf(mesh.stats.getPlayerSeason({ season, playerId: "p1" })),
      failureOf(mesh.stats.getTeamSeason({ season, teamId: "t1" })),
      failureOf(mesh.leaderboard.listStandings({ board: { season, statistic: Statistic.POINTS } })),
    ]);

    expect(reasons.map(({ reason }) => reason)).toEqual([
      "GAME_UNKNOWN",
      "PLAYER_UNKNOWN",
      "TEAM_UNKNOWN",
      "SEASON_UNKNOWN",
    ]);
  });

  it("keeps a traded player's totals per team, and what belongs to a team alone", async () => {
    const season = freshSeason();
    const record = (
      gameId: string,
      ...lines: Parameters<ReturnType<typeof uploadOf>["send"]>[1][]
    ) => mesh.ingest.recordLines({ season, gameId, source: "arena", lines });
    await record("g1", playerLine("p1", 10), playerLine("p2", 6), teamLine("t1", 2));
    const { position } = await record("g2", playerLine("p1", 5, { teamId: "t2" }));

    const { player } = await mesh.stats.getPlayerSeason({
      season,
      playerId: "p1",
      readAfter: position,
    });
    expect(player).toMatchObject({ gamesPlayed: 2, totals: { points: 15 } });
    expect(player?.teams.map(({ team, totals }) => [team?.teamId, totals?.points])).toEqual([
      ["t1", 10],
      ["t2", 5],
    ]);
    expect(await mesh.stats.getTeamSeason({ season, teamId: "t1" })).toMatchObject({
      gamesPlayed: 1,
      totals: { points: 16, turnovers: 0 },
      teamTotals: { teamTurnovers: 2 },
    });
    expect(
      await mesh.stats.batchGetPlayerSeasons({ season, playerIds: ["p2", "nobody", "p1"] }),
    ).toMatchObject({
      players: [{ playerId: "p2" }, { playerId: "p1" }],
      unknownPlayerIds: ["nobody"],
    });
  });

  it("lists games by date and page by page, those without a date last", async () => {
    const season = freshSeason();
    const days = ["2023-10-25", "2023-10-24", undefined, "2023-10-24"];
    let position = "";
    for (const [at, date] of days.entries()) {
      ({ position } = await mesh.ingest.recordGame({
        season,
        source: "league",
        game: { gameId: `g${at}`, date, status: GameStatus.SCHEDULED },
      }));
    }

    const found: (string | undefined)[] = [];
    let pageToken = "";
    do {
      const page = await mesh.stats.listGames({
        season,
        pageSize: 1,
        pageToken,
        readAfter: position,
      });
      found.push(...page.games.map((summary) => summary.game?.gameId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found).toEqual(["g1", "g3", "g0", "g2"]);
    const { games } = await mesh.stats.listGames({ season, date: "2023-10-24" });
    expect(games.map((summary) => summary.game?.gameId)).toEqual(["g1", "g3"]);
  });

  it("lists games of a day, a status or a team, in either order, and as of a moment", async () => {
    const season = freshSeason();
    const games = [
      ["g0", "2023-10-25", "t1", "t2", GameStatus.SCHEDULED],
      ["g1", "2023-10-24", "t2", "t3", GameStatus.FINAL],
      ["g2", "2023-10-24", "t3", "t1", GameStatus.LIVE],
      ["g3", undefined, "t1", "t3", GameStatus.POSTPONED],
    ] as const;
    const positions: string[] = [];
    for (const [gameId, date, homeTeamId, awayTeamId, status] of games) {
      const fact = { gameId, date, homeTeamId, awayTeamId, status };
      const told = await mesh.ingest.recordGame({ season, source: "league", game: fact });
      positions.push(told.position);
    }
    const readAfter = positions.at(-1);
    const idsOf = async (asked: object) => {
      const page = await mesh.stats.listGames({ season, readAfter, ...asked });
      return page.games.map((summary) => summary.game?.gameId);
    };

    expect(await idsOf({ teamId: "t1" })).toEqual(["g2", "g0", "g3"]);
    expect(await idsOf({ teamId: "t1", order: Order.NEWEST_FIRST })).toEqual(["g0", "g2", "g3"]);
    expect(await idsOf({ status: GameStatus.FINAL })).toEqual(["g1"]);
    expect(await idsOf({ date: "2023-10-24", teamId: "t3", status: GameStatus.LIVE })).toEqual([
      "g2",
    ]);
    expect(await idsOf({ date: "2023-10-24", teamId: "t4" })).toEqual([]);
    expect(await idsOf({ asOf: { position: positions[1] } })).toEqual(["g1", "g0"]);
  });

  it("P4: pages of one list are of one moment, whatever is recorded meanwhile", async () => {
    const season = freshSeason();
    const record = (gameId: string, date: string) =>
      mesh.ingest.recordGame({ season, source: "league", game: { gameId, date } });
    const expected: string[] = [];
    let position = "";
    for (let at = 10; at < 31; at += 1) {
      expected.push(`g${at}`);
      ({ position } = await record(`g${at}`, `2023-10-${at}`));
    }

    const found: (string | undefined)[] = [];
    const positions = new Set<string>();
    let pageToken = "";
    do {
      const asked = { season, pageSize: 4, pageToken, readAfter: position };
      const page = await mesh.stats.listGames(asked);
      found.push(...page.games.map((summary) => summary.game?.gameId));
      positions.add(page.position);
      pageToken = page.nextPageToken;
      // The last of the games becomes the first one, and another one comes in before all that were read.
      await record(`g${31 - positions.size}`, "2023-09-01");
      ({ position } = await record(`n${found.length}`, "2023-09-02"));
    } while (pageToken !== "");
    expect(found).toEqual(expected);
    expect(positions.size).toBe(1);

    const now = await mesh.stats.listGames({ season, pageSize: 2, readAfter: position });
    expect(now.games.map((summary) => summary.game?.gameId)).toEqual(["g30", "n12"]);
  });

  it("P4: refuses a page of what is lost, and a token with other fields", async () => {
    const season = freshSeason();
    const record = (gameId: string) =>
      mesh.ingest.recordGame({ season, source: "league", game: { gameId } });
    await record("g1");
    const { position } = await record("g2");
    const asked = { season, pageSize: 1 };
    const { nextPageToken } = await mesh.stats.listGames({ ...asked, readAfter: position });
    const next = (pageToken: string, more = {}) =>
      failureOf(mesh.stats.listGames({ ...asked, ...more, pageToken }));

    const [, ...rest] = JSON.parse(Buffer.from(nextPageToken, "base64url").toString());
    const here = positionOf(position);
    if (here === undefined) throw new Error("a position that is none");
    const foreign = positionToken({ ...here, journalId: "ab".repeat(16) });
    const lost = Buffer.from(JSON.stringify([foreign, ...rest])).toString("base64url");
    expect(await next(lost)).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "PAGE_EXPIRED",
    });
    for (const wrong of [next("junk"), next(nextPageToken, { teamId: "t1" })]) {
      expect(await wrong).toMatchObject({
        code: Code.InvalidArgument,
        fieldViolations: [{ field: "page_token" }],
      });
    }
  });

  it("shares ranks, pages a board, and finds members and their neighbours", async () => {
    const of = game();
    const { season } = of;
    const points = [30, 20, 20, 20, 10, 0];
    const lines = points.map((value, at) => playerLine(`p${at}`, value));
    const { position } = await mesh.ingest.recordLines({ ...of, lines });
    const board = { season, statistic: Statistic.POINTS };
    const ranksOf = (rows: { memberId: string; rank: number }[]) =>
      rows.map(({ memberId, rank }) => `${memberId}:${rank}`);

    const pages: string[] = [];
    let pageToken = "";
    do {
      const page = await mesh.leaderboard.listStandings({
        board,
        pageSize: 2,
        pageToken,
        readAfter: position,
      });
      expect(page.total).toBe(6);
      pages.push(...ranksOf(page.standings));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(pages).toEqual(["p0:1", "p1:2", "p2:2", "p3:2", "p4:5", "p5:6"]);
    const asked = { board, memberIds: ["p5", "nobody", "p3"] };
    const some = await mesh.leaderboard.getStandings(asked);
    expect(ranksOf(some.standings)).toEqual(["p5:6", "p3:2"]);
    expect(some.unknownMemberIds).toEqual(["nobody"]);
    const around = await mesh.leaderboard.listAround({ board, memberId: "p3", eachSide: 1 });
    expect(ranksOf(around.standings)).toEqual(["p2:2", "p3:2", "p4:5"]);
    expect(
      await failureOf(mesh.leaderboard.listAround({ board, memberId: "nobody" })),
    ).toMatchObject({ reason: "MEMBER_UNKNOWN" });
  });
});

describe("the roster", () => {
  it("is shown within a second of being recorded, and found by any spelling", async () => {
    const { league } = freshSeason();
    const { version } = await mesh.ingest.recordRoster({
      league,
      teams: [{ teamId: "t1", tricode: "DAL", city: "Dallas", name: "Mavericks" }],
      players: [{ playerId: "p1", name: "Luka Dončić", aliases: [] }],
    });

    await expect
      .poll(async () => (await mesh.stats.listPlayers({ league, query: "doncic" })).players)
      .toMatchObject([{ playerId: "p1", name: "Luka Dončić" }]);
    expect((await mesh.stats.listTeams({ league, query: "dal" })).version).toBe(version);
    const same = await mesh.ingest.recordRoster({
      league,
      players: [{ playerId: "p1", name: "Luka Dončić" }],
    });
    expect(same.version).toBe(version);

    const shownMs = await shortestMs(1_500, async (round) => {
      const playerId = `p${2 + round}`;
      await mesh.ingest.recordRoster({ league, players: [{ playerId, name: "Dwight Powell" }] });
      const begun = performance.now();
      const total = async () => (await mesh.stats.listPlayers({ league })).total;
      await expect.poll(total).toBe(2 + round);
      return performance.now() - begun;
    });
    expect(shownMs).toBeLessThan(1_500);
  });

  it("is paged, and refuses the pages of names that have changed", async () => {
    const { league } = freshSeason();
    const named = (...names: string[]) =>
      mesh.ingest.recordRoster({
        league,
        players: names.map((name) => ({ playerId: name.toLowerCase(), name })),
      });
    await named("Curry", "Green", "Looney", "Payton", "Thompson");
    const page = (pageToken = "") => mesh.stats.listPlayers({ league, pageSize: 2, pageToken });
    await expect.poll(async () => (await page()).total).toBe(5);

    const found: string[] = [];
    let first = "";
    let pageToken = "";
    do {
      const { players, nextPageToken } = await page(pageToken);
      found.push(...players.map(({ name }) => name));
      first ||= nextPageToken;
      pageToken = nextPageToken;
    } while (pageToken !== "");
    expect(found).toEqual(["Curry", "Green", "Looney", "Payton", "Thompson"]);

    await named("Aldridge");
    await expect.poll(async () => (await failureOf(page(first))).reason).toBe("PAGE_EXPIRED");
  });
});
