import { randomInt } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gameScore } from "#domain/metrics";
import { STATISTICS, type Totals } from "#domain/statistics";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { Category } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

/** A season of the NBA, which has coefficients and minimums, that no other test has. */
function freshSeason() {
  const year = randomInt(3_000, 9_000);
  return { league: "nba", season: `${year}-${String((year + 1) % 100).padStart(2, "0")}` };
}

/** A line that knows everything, 0 where nothing is said, and adds up. */
function whole(said: Totals): Totals {
  const zeros = Object.fromEntries(STATISTICS.map((name) => [name, 0])) as Required<Totals>;
  const line = { ...zeros, ...said };
  const points = 2 * line.fieldGoalsMade + line.threePointersMade + line.freeThrowsMade;
  return { ...line, points, rebounds: line.offensiveRebounds + line.defensiveRebounds };
}

/** A line of so many points, all of them free throws. */
const scored = (points: number, more: Totals = {}) =>
  whole({ freeThrowsMade: points, freeThrowsAttempted: points, ...more });

/** A game of a season: ids are those of the whole league. */
const gameIn = ({ season }: { season: string }, name: string) => `${season}.${name}`;

type Line = { playerId: string; teamId?: string; totals: Totals };

const record = (
  season: ReturnType<typeof freshSeason>,
  gameId: string,
  lines: Line[],
  happenedAt = 1_700_000_000_000,
) =>
  mesh.ingest.recordLines({
    season,
    gameId: gameIn(season, gameId),
    source: "arena",
    lines: lines.map(({ playerId, teamId = "t1", totals }) => ({
      of: {
        case: "player" as const,
        value: { playerId, teamId, happenedTime: timestampFromMs(happenedAt), totals },
      },
    })),
  });

const shots = (made: number, attempted: number, more: Totals = {}) =>
  whole({ secondsPlayed: 600, fieldGoalsMade: made, fieldGoalsAttempted: attempted, ...more });

const NO_MINIMUM = {};

const failureOf = async (call: Promise<unknown>) => reasonOf(await call.catch((error) => error));

/** Two teams of two, who play a whole game; one of them has a double-double. */
const GAME: Line[] = [
  { playerId: "a1", teamId: "t1", totals: shots(10, 20, { defensiveRebounds: 12, assists: 5 }) },
  { playerId: "a2", teamId: "t1", totals: shots(4, 10, { defensiveRebounds: 8, turnovers: 2 }) },
  {
    ...{ playerId: "b1", teamId: "t2" },
    totals: shots(7, 18, { offensiveRebounds: 4, defensiveRebounds: 5, steals: 2 }),
  },
  {
    ...{ playerId: "b2", teamId: "t2" },
    totals: shots(5, 15, { freeThrowsMade: 3, freeThrowsAttempted: 4, personalFouls: 2 }),
  },
];

describe("GetPlayerSeason, with metrics", () => {
  it("weighs a player against the season of the same moment, and names the formulas", async () => {
    const season = freshSeason();
    const { position } = await record(season, "g1", GAME);
    const get = async (playerId: string, more: object = {}) =>
      mesh.stats.getPlayerSeason({
        ...{ season, playerId, readAfter: position, withMetrics: true },
        ...more,
      });

    const { player, formulas, position: at } = await get("a1");
    expect(at).toBe(position);
    expect(player).toMatchObject({
      gamesPlayed: 1,
      metrics: {
        shooting: { fieldGoalPercentage: 0.5, trueShootingPercentage: 0.5 },
        ...{ doubleDoubles: 1, tripleDoubles: 0, usagePercentage: 1 / 4 },
        perGame: { points: 20, secondsPlayed: 600 },
        per36: { points: 72 },
      },
    });
    expect(player?.metrics?.shooting?.freeThrowPercentage).toBeUndefined();
    expect(player?.metrics?.per36?.secondsPlayed).toBeUndefined();
    expect(player?.metrics?.gameScore).toBeCloseTo(gameScore(GAME[0]!.totals)!, 10);
    expect(player?.teams[0]?.metrics).toEqual(player?.metrics);
    expect(formulas?.coefficients).toBe("nba/1");
    expect(formulas?.formulas).toContain("playerEfficiencyRating/1");

    const all = await mesh.stats.batchGetPlayerSeasons({
      ...{ season, withMetrics: true },
      playerIds: ["a1", "nobody", "a2", "b1", "b2"],
    });
    expect(all.players[0]).toEqual(player);
    expect(all.unknownPlayerIds).toEqual(["nobody"]);
    expect(all.formulas).toEqual(formulas);
    const ratings = all.players.map(({ metrics }) => metrics!.playerEfficiencyRating!);
    expect(ratings.reduce((sum, rating) => sum + rating, 0) / 4).toBeCloseTo(15, 8);
    expect(await failureOf(get("nobody"))).toMatchObject({ reason: "PLAYER_UNKNOWN" });

    const plain = await get("a1", { withMetrics: false });
    expect(plain.player).toEqual({
      ...player,
      metrics: undefined,
      teams: [{ ...player?.teams[0], metrics: undefined }],
    });
    expect(plain.formulas).toBeUndefined();
  });

  it("P3, P8: follows what others do, and looks back to before they did", async () => {
    const season = freshSeason();
    const first = await record(season, "g1", GAME);
    const better = GAME.map((line) =>
      line.playerId === "b1" ? { ...line, totals: { ...line.totals, steals: 9 } } : line,
    );
    const { position } = await record(season, "g1", better);
    const ratingAt = async (asOf?: object) => {
      const asked = { season, playerId: "a1", withMetrics: true, readAfter: position };
      const { player } = await mesh.stats.getPlayerSeason(asOf ? { ...asked, asOf } : asked);
      return player!.metrics!.playerEfficiencyRating!;
    };

    const then = await ratingAt({ position: first.position });
    expect(await ratingAt()).toBeLessThan(then);
    expect(await ratingAt({})).toBe(await ratingAt());
  });

  it("has of a window what needs no other team", async () => {
    const season = freshSeason();
    await record(season, "g1", GAME);
    await mesh.ingest.recordGame({
      ...{ season, source: "arena" },
      game: { gameId: gameIn(season, "g1"), date: "2023-10-24" },
    });
    const { position } = await record(season, "g2", GAME);
    const window = { kind: WindowKind.DAY, date: "2023-10-24" };

    const { player } = await mesh.stats.getPlayerSeason({
      ...{ season, playerId: "a1", withMetrics: true, readAfter: position, window },
    });
    expect(player).toMatchObject({ gamesPlayed: 1, metrics: { doubleDoubles: 1 } });
    expect(player?.metrics?.shooting?.fieldGoalPercentage).toBe(0.5);
    expect(player?.metrics?.usagePercentage).toBeUndefined();
    expect(player?.metrics?.playerEfficiencyRating).toBeUndefined();
  });

  it("knows nothing that a line does not tell", async () => {
    const season = freshSeason();
    await record(season, "g1", GAME);
    const { position } = await record(season, "g2", [
      { playerId: "a1", totals: { points: 10, assists: 54, turnovers: 3 } },
    ]);

    const { player } = await mesh.stats.getPlayerSeason({
      ...{ season, playerId: "a1", withMetrics: true, readAfter: position },
    });
    expect(player?.metrics).toMatchObject({
      shooting: { $typeName: "courtside.metrics.v1.Shooting" },
      perGame: { points: 15, assists: 29.5 },
      assistToTurnover: 59 / 3,
    });
    expect(player?.metrics?.shooting?.fieldGoalPercentage).toBeUndefined();
    expect(player?.metrics?.gameScore).toBeUndefined();
    expect(player?.metrics?.perGame?.rebounds).toBeUndefined();
    expect(player?.metrics?.playerEfficiencyRating).toBeUndefined();
  });
});

describe("GetTeamSeason, with metrics", () => {
  it("has both sides of its games", async () => {
    const season = freshSeason();
    const { position } = await record(season, "g1", GAME);

    const { metrics, formulas, totals } = await mesh.stats.getTeamSeason({
      ...{ season, teamId: "t1", withMetrics: true, readAfter: position },
    });

    expect(metrics).toMatchObject({
      shooting: { fieldGoalPercentage: 14 / 30 },
      opponentShooting: { fieldGoalPercentage: 12 / 33, freeThrowPercentage: 3 / 4 },
      perGame: { points: totals?.points },
      opponentPerGame: { points: 27 },
      fourFactors: { defence: { rebounding: 20 / 24, freeThrows: 3 / 33 } },
    });
    const { offensiveRating, defensiveRating, netRating, possessions, pace } = metrics!;
    expect(offensiveRating).toBeCloseTo((100 * 28) / possessions!, 10);
    expect(defensiveRating).toBeCloseTo((100 * 27) / possessions!, 10);
    expect(netRating).toBe(offensiveRating! - defensiveRating!);
    // 1,200 seconds of players are 4 minutes of a team of five.
    expect(pace).toBeCloseTo((48 / 4) * possessions!, 10);
    expect(formulas?.formulas).toContain("offensiveRating/1");
    const plain = await mesh.stats.getTeamSeason({ season, teamId: "t1" });
    expect([plain.metrics, plain.formulas]).toEqual([undefined, undefined]);
  });
});

describe("GetBoxScore, with metrics", () => {
  it("has the game scores and shooting of its lines, and the metrics of its teams", async () => {
    const season = freshSeason();
    const { position } = await record(season, "g1", [
      ...GAME,
      { playerId: "a3", teamId: "t1", totals: { points: 2 } },
    ]);
    const asked = { season, gameId: gameIn(season, "g1"), readAfter: position };

    const { teams, formulas } = await mesh.stats.getBoxScore({ ...asked, withMetrics: true });

    const rows = new Map(
      teams.flatMap(({ players }) => players.map((row) => [row.playerId, row.metrics])),
    );
    expect(rows.get("a1")).toMatchObject({
      shooting: { fieldGoalPercentage: 0.5 },
      gameScore: gameScore(GAME[0]!.totals),
    });
    expect(rows.get("a3")?.gameScore).toBeUndefined();
    expect(formulas?.formulas).toContain("gameScore/1");
    const [one, other] = teams.map(({ metrics }) => metrics);
    expect(one?.perGame?.points).toBe(30);
    expect(one?.shooting?.fieldGoalPercentage).toBeUndefined();
    expect(other?.shooting?.fieldGoalPercentage).toBe(12 / 33);
    expect(other?.pace).toBeUndefined();
    const plain = await mesh.stats.getBoxScore(asked);
    expect(plain.formulas).toBeUndefined();
    expect(plain.teams.flatMap(({ metrics, players }) => [metrics, players[0]?.metrics])).toEqual([
      ...[undefined, undefined, undefined, undefined],
    ]);
  });
});

describe("ListLeaders", () => {
  it("ranks by a percentage of shots, with what was made and attempted, names and teams", async () => {
    const season = freshSeason();
    await mesh.ingest.recordRoster({
      league: "nba",
      players: [{ playerId: "p1", name: "Nikola Jokić" }],
      teams: [{ teamId: "t1", tricode: "DEN" }],
    });
    await record(season, "g1", [
      { playerId: "p1", totals: shots(3, 4) },
      { playerId: "p2", totals: shots(1, 2) },
      { playerId: "p3", totals: shots(0, 0) },
      { playerId: "p4", totals: { points: 12 } },
    ]);
    const { position } = await record(season, "g2", [
      { playerId: "p1", teamId: "t2", totals: shots(1, 4) },
    ]);

    const answer = await mesh.leaderboard.listLeaders({
      season,
      category: Category.FIELD_GOAL_PERCENTAGE,
      minimum: NO_MINIMUM,
      readAfter: position,
    });

    expect(answer).toMatchObject({
      leaders: [
        { rank: 1, playerId: "p1", value: 0.5, gamesPlayed: 2, made: 4, attempted: 8 },
        { rank: 1, playerId: "p2", name: "p2", value: 0.5, gamesPlayed: 1, made: 1, attempted: 2 },
      ],
      ...{ total: 2, unqualified: 0, nextPageToken: "", minimum: "", position },
      formulas: { formulas: ["fieldGoalPercentage/1"], coefficients: "nba/1" },
    });
    expect(answer.leaders[0]?.teams.map(({ teamId }) => teamId)).toEqual(["t1", "t2"]);
    await expect
      .poll(async () => {
        const { leaders } = await mesh.leaderboard.listLeaders({
          season,
          category: Category.POINTS_PER_GAME,
        });
        return leaders.find(({ playerId }) => playerId === "p1");
      })
      .toMatchObject({ name: "Nikola Jokić", teams: [{ tricode: "DEN" }, { teamId: "t2" }] });
  });

  it("asks for the league's minimum unless told otherwise, and names it", async () => {
    const season = freshSeason();
    for (let game = 1; game <= 4; game += 1) {
      const lines = [{ playerId: "regular", totals: shots(2, 4) }];
      if (game < 3) lines.push({ playerId: "guest", totals: shots(10, 10) });
      await record(season, `g${game}`, lines);
    }
    const { position } = await record(season, "g5", [{ playerId: "regular", totals: shots(2, 4) }]);
    const idsOf = async (minimum?: object) => {
      const category = Category.POINTS_PER_GAME;
      const asked = { season, category, readAfter: position };
      const answer = await mesh.leaderboard.listLeaders(
        minimum === undefined ? asked : { ...asked, minimum },
      );
      return [answer.leaders.map(({ playerId }) => playerId), answer.unqualified, answer.minimum];
    };

    expect(await idsOf()).toEqual([["regular"], 1, "nba/1"]);
    expect(await idsOf(NO_MINIMUM)).toEqual([["guest", "regular"], 0, ""]);
    expect(await idsOf({ games: 3 })).toEqual([["regular"], 1, ""]);
    expect(await idsOf({ secondsPlayed: 1200 })).toEqual([["guest", "regular"], 0, ""]);
    expect(await idsOf({ games: 6 })).toEqual([[], 2, ""]);
    const other = { league: `t${randomInt(1e9)}`, season: "2023-24" };
    const { position: there } = await record(other, "g1", [{ playerId: "p", totals: shots(1, 1) }]);
    expect(
      await mesh.leaderboard.listLeaders({
        season: other,
        category: Category.POINTS_PER_GAME,
        readAfter: there,
      }),
    ).toMatchObject({ total: 1, minimum: "", formulas: { coefficients: "" } });
  });

  it("P3, P8: follows a correction, and looks back to before it", async () => {
    const season = freshSeason();
    const first = await record(season, "g1", [
      { playerId: "p1", totals: scored(30) },
      { playerId: "p2", totals: scored(20) },
    ]);
    const { position } = await record(season, "g1", [
      { playerId: "p1", totals: scored(10, { defensiveRebounds: 11, assists: 12 }) },
    ]);
    const topOf = async (category: Category, more: object = {}) => {
      const asked = { season, category, readAfter: position, ...more };
      const { leaders, position: at } = await mesh.leaderboard.listLeaders(asked);
      return [leaders[0]?.playerId, leaders[0]?.value, at];
    };

    expect(await topOf(Category.POINTS_PER_GAME)).toEqual(["p2", 20, position]);
    expect(await topOf(Category.TRIPLE_DOUBLES)).toEqual(["p1", 1, position]);
    const asOf = { position: first.position };
    expect(await topOf(Category.POINTS_PER_GAME, { asOf })).toEqual(["p1", 30, first.position]);
    expect(await topOf(Category.TRIPLE_DOUBLES, { asOf })).toEqual(["p1", 0, first.position]);
    const before = { asOf: { happenedTime: timestampFromMs(1_600_000_000_000) } };
    expect(await topOf(Category.POINTS_PER_GAME, before)).toEqual([undefined, undefined, position]);
  });

  it("goes on with the pages of the moment of the first one", async () => {
    const season = freshSeason();
    const lines = [9, 8, 7, 7, 5].map((points, at) => ({
      playerId: `p${at}`,
      totals: scored(points),
    }));
    const { position } = await record(season, "g1", lines);
    const asked = { season, category: Category.POINTS_PER_GAME, pageSize: 2 };
    const first = await mesh.leaderboard.listLeaders({ ...asked, readAfter: position });
    const moved = await record(season, "g2", [{ playerId: "p4", totals: scored(99) }]);

    const ranks = first.leaders.map(({ playerId, rank }) => [playerId, rank]);
    let { nextPageToken: pageToken } = first;
    while (pageToken !== "") {
      const page = await mesh.leaderboard.listLeaders({ ...asked, pageToken });
      expect(page.position).toBe(position);
      ranks.push(...page.leaders.map(({ playerId, rank }) => [playerId, rank]));
      pageToken = page.nextPageToken;
    }
    expect(ranks).toEqual([
      ["p0", 1],
      ["p1", 2],
      ["p2", 3],
      ["p3", 3],
      ["p4", 5],
    ]);
    const now = await mesh.leaderboard.listLeaders({ ...asked, readAfter: moved.position });
    expect(now.leaders[0]).toMatchObject({ playerId: "p4", value: 52, gamesPlayed: 2 });
    const other = { ...asked, category: Category.REBOUNDS_PER_GAME };
    const wrong = mesh.leaderboard.listLeaders({ ...other, pageToken: first.nextPageToken });
    expect(await failureOf(wrong)).toMatchObject({
      code: Code.InvalidArgument,
      fieldViolations: [{ field: "page_token" }],
    });
  });

  it("P7: names what is wrong, and a season that is not there", async () => {
    const season = freshSeason();
    const leaders = (asked: object) =>
      failureOf(mesh.leaderboard.listLeaders({ season, ...asked }));

    expect(await leaders({ category: Category.POINTS_PER_GAME })).toMatchObject({
      reason: "SEASON_UNKNOWN",
    });
    const fieldsOf = async (asked: object) =>
      (await leaders(asked)).fieldViolations.map(({ field }) => field);
    expect(await fieldsOf({})).toEqual(["category"]);
    expect(await fieldsOf({ category: 99 })).toEqual(["category"]);
    const minimum = { games: 1001, made: 1, attempted: 1 };
    expect(await fieldsOf({ category: Category.POINTS_PER_GAME, minimum })).toEqual([
      "minimum.games",
    ]);
    const shots = { made: 1, attempted: 2 };
    expect(await fieldsOf({ category: Category.POINTS_PER_GAME, minimum: shots })).toEqual([
      "minimum.made",
      "minimum.attempted",
    ]);
  });
});

describe("ListTeamStandings", () => {
  const finish = (
    season: ReturnType<typeof freshSeason>,
    gameId: string,
    date: string,
    more: object = {},
  ) =>
    mesh.ingest.recordGame({
      season,
      source: "arena",
      game: {
        gameId: gameIn(season, gameId),
        date,
        homeTeamId: "h",
        awayTeamId: "a",
        status: GameStatus.FINAL,
        ...more,
      },
    });
  const score = (
    season: ReturnType<typeof freshSeason>,
    gameId: string,
    home: number,
    away: number,
  ) =>
    record(season, gameId, [
      { playerId: "p1", teamId: "h", totals: scored(home) },
      { playerId: "p2", teamId: "a", totals: scored(away) },
    ]);

  it("P3, P8: has who won, by the points of the players' lines, now and then", async () => {
    const season = freshSeason();
    await score(season, "g1", 101, 90);
    await finish(season, "g1", "2023-10-24");
    await score(season, "g2", 80, 90);
    const before = await finish(season, "g2", "2023-10-26", { homeTeamId: "a", awayTeamId: "h" });
    await score(season, "g3", 120, 90);
    const playing = { status: GameStatus.LIVE, awayTeamId: "a" };
    await finish(season, "g3", "2023-10-28", playing);
    const planned = { homeTeamId: "x", awayTeamId: "h", status: GameStatus.SCHEDULED };
    const { position } = await finish(season, "g4", "2023-10-30", planned);
    const tableAt = async (more: object) => {
      const { standings } = await mesh.leaderboard.listTeamStandings({ season, ...more });
      return standings.map(({ team, wins, losses }) => [team?.teamId, wins, losses]);
    };

    const { standings, formulas } = await mesh.leaderboard.listTeamStandings({
      season,
      readAfter: position,
    });
    expect(standings).toMatchObject([
      {
        team: { teamId: "h" },
        ...{ wins: 1, losses: 1, percentage: 0.5, gamesBehind: 0, streak: -1 },
        ...{ home: { wins: 1, losses: 0 }, away: { wins: 0, losses: 1 } },
        ...{ pointsFor: 181, pointsAgainst: 180 },
      },
      { team: { teamId: "a" }, wins: 1, losses: 1, streak: 1, pointsFor: 180 },
      { team: { teamId: "x" }, wins: 0, losses: 0, gamesBehind: 0, streak: 0 },
    ]);
    expect(standings[2]?.percentage).toBeUndefined();
    expect(formulas?.formulas).toEqual(["gamesBehind/1", "teamStandings/1", "winningPercentage/1"]);

    const corrected = await score(season, "g2", 95, 90);
    expect(await tableAt({ readAfter: corrected.position })).toEqual([
      ["h", 2, 0],
      ["a", 0, 2],
      ["x", 0, 0],
    ]);
    expect(await tableAt({ asOf: { position: before.position } })).toEqual([
      ["h", 1, 1],
      ["a", 1, 1],
    ]);
  });

  it("names a season that is not there", async () => {
    const season = freshSeason();
    const failed = () => failureOf(mesh.leaderboard.listTeamStandings({ season }));

    // On a busy machine a store may be away for a moment, and then nobody knows.
    await expect.poll(failed).toMatchObject({ reason: "SEASON_UNKNOWN" });
  });
});
