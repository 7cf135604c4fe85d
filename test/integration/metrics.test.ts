import { randomInt } from "node:crypto";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATISTICS, type Totals } from "#domain/statistics";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { Category } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
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

/** What a line knows: everything, 0 where nothing is said, or what is said alone. */
const whole = (totals: Totals): Totals => ({
  ...Object.fromEntries(STATISTICS.map((name) => [name, 0])),
  ...totals,
});

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

const shots = (made: number, attempted: number) =>
  whole({
    secondsPlayed: 600,
    fieldGoalsMade: made,
    fieldGoalsAttempted: attempted,
    points: 2 * made,
  });

const NO_MINIMUM = {};

const failureOf = async (call: Promise<unknown>) => reasonOf(await call.catch((error) => error));

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
      { playerId: "p1", totals: whole({ points: 30 }) },
      { playerId: "p2", totals: whole({ points: 20 }) },
    ]);
    const { position } = await record(season, "g1", [
      { playerId: "p1", totals: whole({ points: 10, rebounds: 11, assists: 12 }) },
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
      totals: whole({ points }),
    }));
    const { position } = await record(season, "g1", lines);
    const asked = { season, category: Category.POINTS_PER_GAME, pageSize: 2 };
    const first = await mesh.leaderboard.listLeaders({ ...asked, readAfter: position });
    const moved = await record(season, "g2", [{ playerId: "p4", totals: whole({ points: 99 }) }]);

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
      { playerId: "p1", teamId: "h", totals: whole({ points: home }) },
      { playerId: "p2", teamId: "a", totals: whole({ points: away }) },
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
    const call = mesh.leaderboard.listTeamStandings({ season: freshSeason() });

    expect(await failureOf(call)).toMatchObject({ reason: "SEASON_UNKNOWN" });
  });
});
