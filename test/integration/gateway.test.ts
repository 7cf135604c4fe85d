import { randomBytes, randomInt } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { rpcClient } from "#runtime/rpc";
import { CURRENT, startGateway, type TestGateway } from "./gateway.fixture.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { TEST_POSTGRES } from "./topology.fixture.ts";

let mesh: TestMesh;
let gateway: TestGateway;

beforeAll(async () => {
  mesh = await startMesh();
  gateway = await startGateway(mesh);
});
afterAll(async () => {
  await gateway.close();
  await mesh.stop();
});

const SAMPLE =
  '{"gameId":"1008","teamId":"19","playerId":"19","points":10,"rebounds":8,"assists":54,"steals":2,"blocks":4,"fouls":2,"turnovers":3,"minutes":34}';

const freshId = (kind: string) => `${kind}${randomBytes(6).toString("hex")}`;

/** A league that no other test has, and a game in it. */
function freshGame() {
  return { league: freshId("t"), season: "2023-24", gameId: freshId("g") };
}

/** Records lines of a fresh game; the answer's position, and how to ask for what is in it. */
async function recorded(lines: Record<string, unknown>[]) {
  const { league, season, gameId } = freshGame();
  const path = `/api/v1/games/${gameId}/stats`;
  const { status, headers } = await gateway.post(path, { league, season, lines });
  expect(status).toBe(200);
  const position = headers.get("courtside-position") ?? "";
  const query = `league=${league}&season=${season}`;
  return { league, season, gameId, path, query, position, after: `read_after=${position}` };
}

describe("PUT /stat/live/game", () => {
  it("takes the seed's sample, whose statistics are then the player's and the team's", async () => {
    const written = await gateway.put("/stat/live/game", SAMPLE);
    const durability = TEST_POSTGRES === "replicated" ? "replicated" : "local";
    expect(written).toMatchObject({ status: 200, body: { taken: true, durability } });
    const position = written.headers.get("courtside-position") ?? "";
    expect(written.body.position).toBe(position);

    const totals = {
      ...{ points: 10, rebounds: 8, assists: 54, steals: 2, blocks: 4, turnovers: 3 },
      ...{ personalFouls: 2, secondsPlayed: 2_040 },
    };
    const asked = { "Courtside-Read-After": position };
    const player = await gateway.get("/stat/player/19", asked);
    expect(player.body.player).toMatchObject({ playerId: "19", gamesPlayed: 1, totals });
    const team = await gateway.get("/stat/team/19", asked);
    expect(team.body).toMatchObject({ team: { teamId: "19" }, gamesPlayed: 1, totals });
    const box = await gateway.get("/api/v1/games/1008/stats", asked);
    expect(box.body.teams[0].players[0].totals).toEqual(totals);
  });

  it("takes the season from the body, else the game's, else the current one", async () => {
    const { league, gameId } = freshGame();
    const line = { league, teamId: 1, playerId: freshId("p"), points: 5 };
    const seasonOf = async (body: object) => {
      const { headers, body: problem } = await gateway.put("/stat/live/game", body);
      const token = headers.get("courtside-position");
      if (token === null) return problem.reason;
      return Buffer.from(token, "base64url")
        .toString("latin1")
        .match(/:(\d{4}-\d{2}):/)?.[1];
    };

    expect(await seasonOf({ ...line, gameId, season: "2023-24" })).toBe("2023-24");
    expect(await seasonOf({ ...line, gameId, points: 6 })).toBe("2023-24");
    expect(await seasonOf({ ...line, gameId: freshId("g") })).toBe(CURRENT);
    expect(await seasonOf({ ...line, gameId, season: "2022-23" })).toBe("SEASON_MISMATCH");
    const path = `/api/v1/games/${gameId}/stats?league=${league}`;
    await eventually(
      () => gateway.get(path),
      ({ body }) => body.teams?.[0].totals.points === 6,
    );
    expect((await gateway.get(`${path}&type=playoffs`)).body.reason).toBe("GAME_UNKNOWN");
    const ruled = `00288${(randomBytes(3).readUIntBE(0, 3) % 90_000) + 10_000}`;
    expect(await seasonOf({ ...line, league: "nba", gameId: ruled })).toBe("1988-89");
  });

  it("P2: takes a revision once and says so", async () => {
    const line = { ...freshGame(), teamId: 1, playerId: 2, points: 5, revision: 3 };

    const taken = async (body: object) =>
      (await gateway.put("/stat/live/game", body)).body.taken as boolean;
    expect([await taken(line), await taken(line), await taken({ ...line, revision: 2 })]).toEqual([
      ...[true, false, false],
    ]);
    expect(await taken({ ...line, revision: 4 })).toBe(true);
  });

  it("P7: tells a source that does not own the game who does", async () => {
    const line = { ...freshGame(), teamId: 1, playerId: 2, points: 5 };
    await gateway.put("/stat/live/game", { ...line, source: "arena" });

    const { status, body, headers } = await gateway.put("/stat/live/game", line);

    expect(status).toBe(409);
    expect(body).toMatchObject({
      type: "https://courtside.example/errors/NOT_OWNER",
      reason: "NOT_OWNER",
      metadata: { owner: "arena" },
    });
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("P7: refuses what it does not know, and takes nothing of it", async () => {
    const { league, season, gameId } = freshGame();
    const body = { league, season, gameId, teamId: "t", playerId: "p", goals: 1, points: "9" };

    const answer = await gateway.put("/stat/live/game", body);

    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      ...["goals", "points"],
    ]);
    const query = `?league=${league}&season=${season}`;
    expect((await gateway.get(`/api/v1/games/${gameId}/stats${query}`)).status).toBe(404);
  });
});

describe("POST /api/v1/games/{gameId}/stats", () => {
  it("takes one line, or several of which all count or none", async () => {
    const { league, season, gameId } = freshGame();
    const path = `/api/v1/games/${gameId}/stats`;
    const one = { league, season, teamId: "t1", playerId: "p1", points: 3 };
    expect((await gateway.post(path, one)).status).toBe(200);

    const lines = [
      { teamId: "t1", playerId: "p1", points: 5 },
      { teamId: "t1", playerId: "p2", points: 4 },
      { teamId: "t1", playerId: "p1", points: 6 },
    ];
    const twice = await gateway.post(path, { league, season, lines });
    expect(twice).toMatchObject({ status: 400, body: { errors: [{ field: "lines[2]" }] } });
    const { body } = await gateway.post(path, { league, season, lines: lines.slice(0, 2) });

    const query = `league=${league}&season=${season}&read_after=${body.position}`;
    const box = await gateway.get(`${path}?${query}`);
    expect(box.body.teams[0].totals).toEqual({ points: 9 });
  });

  it("keeps a statistic that is not sent unknown, and counts it 0 in sums", async () => {
    const lines = [
      { teamId: "t1", playerId: "p1", points: 0, assists: null },
      { teamId: "t1", playerId: "p2", rebounds: 2 },
    ];
    const { path, query, after } = await recorded(lines);

    const box = await gateway.get(`${path}?${query}&${after}`);
    const [team] = box.body.teams;
    expect(Object.fromEntries(team.players.map((one: Row) => [one.playerId, one.totals]))).toEqual({
      p1: { points: 0 },
      p2: { rebounds: 2 },
    });
    expect(team.totals).toEqual({ points: 0, rebounds: 2 });
    const season = await gateway.get(`/stat/player/p2?${query}&${after}`);
    expect(season.body.player.totals).toMatchObject({ points: 0, rebounds: 2 });
  });
});

describe("reads", () => {
  it("answers every path of the document, with what its schema says", async () => {
    const playerId = freshId("p");
    const lines = [{ teamId: "t1", playerId, points: 7, minutes: 12 }];
    const { league, season, gameId, path: box, query } = await recorded(lines);
    const { position } = await mesh.ingest.recordGame({
      season: { league, season },
      source: "rest",
      game: { gameId, date: "2023-10-24", homeTeamId: "t1", status: GameStatus.FINAL },
    });
    await gateway.get(`${box}?${query}&read_after=${position}`);
    const { body: api } = await gateway.get("/openapi.json");
    const values: Record<string, string> = { gameId, playerId, teamId: "t1", statistic: "points" };

    const paths = Object.entries<Record<string, never>>(api.paths);
    expect(paths.length).toBeGreaterThan(10);
    const reads = paths.filter(([path, { get }]) => get && !path.endsWith("/watch"));
    for (const [path, methods] of reads) {
      const operation: Operation = methods.get!;
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "?");
      const names = operation.parameters.map(({ name }) => name);
      const asked = names.includes("season")
        ? query
        : names.includes("league")
          ? `league=${league}`
          : "";
      const required = { player_ids: playerId, by: "month", category: "gameScore" };
      const ids = Object.entries(required)
        .filter(([name]) => names.includes(name))
        .map(([name, value]) => `&${name}=${value}`)
        .join("");
      const answer = await gateway.get(`${filled}?${asked}${ids}`);

      expect(answer.status, path).toBe(200);
      const { schema } = operation.responses["200"].content["application/json"]!;
      expect(faultsIn(answer.body, schema, api), path).toEqual([]);
      const hasPosition = "headers" in operation.responses["200"];
      expect(answer.headers.has("courtside-position"), path).toBe(hasPosition);
      expect(answer.headers.get("cache-control"), path).toMatch(/^public, max-age=\d+$/);
    }
  });

  it("lists games by day and leaders by statistic, page by page", async () => {
    const lines = [9, 7, 7, 2].map((points, at) => ({ teamId: "t1", playerId: `p${at}`, points }));
    const { league, season, gameId, query, position } = await recorded(lines);
    const { position: later } = await mesh.ingest.recordGame({
      season: { league, season },
      source: "rest",
      game: { gameId, date: "2023-10-24", homeTeamId: "t1" },
    });

    const day = await gateway.get(`/api/v1/games?${query}&date=2023-10-24&read_after=${later}`);
    expect(day.body.games).toMatchObject([
      { game: { gameId, date: "2023-10-24" }, homePoints: 25 },
    ]);
    expect((await gateway.get(`/api/v1/games?${query}&date=2023-10-25`)).body.games).toEqual([]);
    await mesh.ingest.recordGame({
      season: { league, season },
      source: "rest",
      game: { gameId: "later", date: "2023-10-26", awayTeamId: "t1", status: GameStatus.FINAL },
    });
    const listed = async (filters: string) => {
      const { body } = await gateway.get(`/api/v1/games?${query}&${filters}`);
      return body.games.map((row: { game: { gameId: string } }) => row.game.gameId);
    };
    await eventually(
      () => listed("team_id=t1&order=newest-first"),
      (ids) => ids.length === 2 && ids[0] === "later",
    );
    expect(await listed("status=final")).toEqual(["later"]);
    const first = await gateway.get(`/api/v1/games?${query}&page_size=1`);
    expect(await listed(`page_size=1&page_token=${first.body.nextPageToken}`)).toEqual(["later"]);

    const ranks: [string, number][] = [];
    let token = "";
    do {
      const page = `page_size=2${token && `&page_token=${token}`}`;
      const { body } = await gateway.get(`/api/v1/leaders/points?${query}&${page}`, {
        "Courtside-Read-After": position,
      });
      for (const { memberId, rank } of body.standings) ranks.push([memberId, rank]);
      token = body.nextPageToken ?? "";
    } while (token !== "");
    expect(ranks).toEqual([
      ["p0", 1],
      ["p1", 2],
      ["p2", 2],
      ["p3", 4],
    ]);
    const around = await gateway.get(`/api/v1/leaders/points/around/p3?${query}&each_side=1`);
    expect(around.body.standings.map(({ memberId }: { memberId: string }) => memberId)).toEqual([
      ...["p2", "p3"],
    ]);
  });

  it("answers metrics where they are asked for, leaders by category, and the teams", async () => {
    const season = `${randomInt(30, 90)}99-00`;
    const gameId = freshId("g");
    const lines = [
      { teamId: "t1", playerId: "p1", minutes: 30, fieldGoalsMade: 3, fieldGoalsAttempted: 4 },
      { teamId: "t2", playerId: "p2", minutes: 20, fieldGoalsMade: 1, fieldGoalsAttempted: 2 },
    ].map((line) => ({
      ...line,
      threePointersMade: 0,
      freeThrowsMade: 0,
      points: 2 * line.fieldGoalsMade,
    }));
    const path = `/api/v1/games/${gameId}/stats`;
    await gateway.post(path, { season, lines });
    const { position } = await mesh.ingest.recordGame({
      season: { league: "nba", season },
      source: "rest",
      game: { gameId, homeTeamId: "t1", awayTeamId: "t2", status: GameStatus.FINAL },
    });
    const get = async (of: string, query = "") =>
      (await gateway.get(`${of}?season=${season}&read_after=${position}&${query}`)).body;

    const player = await get("/api/v1/players/p1/stats", "metrics=true");
    expect(player.player.metrics).toMatchObject({
      shooting: { fieldGoalPercentage: 0.75, effectiveFieldGoalPercentage: 0.75 },
      perGame: { points: 6, secondsPlayed: 1800 },
      doubleDoubles: 0,
    });
    expect(player.player.metrics).not.toHaveProperty("gameScore");
    expect(player.formulas.coefficients).toBe("nba/1");
    expect((await get("/api/v1/players/p1/stats", "metrics=false")).player).not.toHaveProperty(
      "metrics",
    );
    const several = await get("/api/v1/players/stats", "player_ids=p2&metrics=true");
    expect(several.players[0].metrics.shooting.fieldGoalPercentage).toBe(0.5);
    const team = await get("/api/v1/teams/t1/stats", "metrics=true");
    expect(team.metrics.opponentPerGame.points).toBe(2);
    const box = await get(path, "metrics=true");
    expect(box.teams[1].players[0].metrics.shooting.fieldGoalPercentage).toBe(0.75);

    const leadersBy = async (query: string) => {
      const body = await get("/api/v1/leaders", query);
      return body.leaders.map((row: Row & { value: number }) => [row.playerId, row.value]);
    };
    expect(await leadersBy("category=fieldGoalPercentage&minimum=none")).toEqual([
      ["p1", 0.75],
      ["p2", 0.5],
    ]);
    expect(await leadersBy("category=fieldGoalPercentage")).toEqual([]);
    expect(await leadersBy("category=minutesPerGame&min_minutes=21")).toEqual([["p1", 30]]);
    expect(await leadersBy("category=fieldGoalPercentage&min_attempted=2&min_made=1")).toHaveLength(
      2,
    );
    const { standings } = await get("/api/v1/standings");
    expect(standings).toMatchObject([
      { team: { teamId: "t1" }, wins: 1, losses: 0, percentage: 1, streak: 1 },
      { team: { teamId: "t2" }, wins: 0, losses: 1, percentage: 0, streak: -1, gamesBehind: 1 },
    ]);
  });

  it("answers game logs, windows and totals by window of players and teams", async () => {
    const lines = [
      { teamId: "t1", playerId: "p1", points: 7 },
      { teamId: "t2", playerId: "p2", points: 4 },
    ];
    const { league, season, gameId, query } = await recorded(lines);
    const facts = { date: "2023-11-05", homeTeamId: "t1", awayTeamId: "t2" };
    const { position } = await mesh.ingest.recordGame({
      season: { league, season },
      source: "rest",
      game: { gameId, ...facts, status: GameStatus.LIVE },
    });
    const asked = `${query}&read_after=${position}`;

    const player = await gateway.get(`/api/v1/players/p1/games?${asked}`);
    expect(player.body).toMatchObject({
      games: [{ atHome: true, opponent: { teamId: "t2" }, points: 7, official: false }],
      total: 1,
    });
    expect(player.body.games[0]).not.toHaveProperty("teamTotals");
    const team = await gateway.get(
      `/api/v1/teams/t2/games?${asked}&month=2023-11&order=oldest-first`,
    );
    expect(team.body.games).toMatchObject([
      { atHome: false, opponentPoints: 7, totals: { points: 4 } },
    ]);
    const windows = await gateway.get(`/api/v1/players/p1/windows?${asked}&by=week`);
    expect(windows.body.windows).toMatchObject([
      { window: { kind: "week", date: "2023-10-30", untilDate: "2023-11-06" }, gamesPlayed: 1 },
    ]);
    const week = await gateway.get(`/api/v1/players/p1/stats?${asked}&week=2023-11-03`);
    expect(week.body).toMatchObject({
      player: { totals: { points: 7 }, live: { games: 1, totals: { points: 7 } } },
      window: { kind: "week", date: "2023-10-30" },
    });
    const month = await gateway.get(`/api/v1/teams/t1/stats?${asked}&month=2023-12`);
    expect(month.body).toMatchObject({ gamesPlayed: 0, totals: { points: 0 } });
    const both = await gateway.get(
      `/api/v1/players/p1/stats?${asked}&day=2023-11-05&month=2023-11`,
    );
    expect(both).toMatchObject({ status: 400, body: { errors: [{ field: "month" }] } });
    const board = await gateway.get(`/api/v1/leaders/points?${asked}&week=2023-11-05`);
    expect(board.body).toMatchObject({ standings: [{ memberId: "p1" }, { score: 4 }], total: 2 });
    expect(board.headers.get("courtside-store")).toBe("archive");
    const before = await gateway.get(`/api/v1/leaders/points?${asked}&day=2023-11-04`);
    expect(before.body).toMatchObject({ standings: [], total: 0 });
    const none = await gateway.get(`/api/v1/players/p1/windows?${asked}`);
    expect(none).toMatchObject({ status: 400, body: { errors: [{ field: "by" }] } });
  });

  it("finds players and teams by name, and tells changed names from old ones", async () => {
    const league = freshId("t");
    const players = [{ playerId: "203999", name: "Nikola Jokić" }];
    await mesh.ingest.recordRoster({ league, players, teams: [{ teamId: "9", tricode: "DEN" }] });
    const asked = `/api/v1/players?league=${league}&query=jokic`;
    const found = await eventually(
      () => gateway.get(asked),
      ({ body }) => body.total === 1,
    );
    expect(found.body.players[0].name).toBe("Nikola Jokić");
    expect((await gateway.get(`/api/v1/teams?league=${league}&query=den`)).body.teams).toEqual([
      { teamId: "9", tricode: "DEN" },
    ]);

    const known = { "If-None-Match": found.headers.get("etag") ?? "" };
    expect((await gateway.get(asked, known)).status).toBe(304);
    await mesh.ingest.recordRoster({ league, players: [{ playerId: "203999", name: "N. Jokic" }] });
    const renamed = await eventually(
      () => gateway.get(asked, known),
      ({ status }) => status === 200,
    );
    expect(renamed.body.players[0].name).toBe("N. Jokic");
  });

  it("names what is not known with 404, by reason", async () => {
    const { league, season, gameId } = freshGame();
    const query = `?league=${league}&season=${season}`;
    const paths = ["/stat/player/x", "/stat/team/x", `/api/v1/games/${gameId}/stats`, "/nowhere"];

    const answers = await Promise.all(
      [...paths, "/api/v1/leaders/points"].map((path) => gateway.get(path + query)),
    );

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(answers.map(({ body }) => body.reason)).toEqual([
      ...["PLAYER_UNKNOWN", "TEAM_UNKNOWN", "GAME_UNKNOWN", undefined, "SEASON_UNKNOWN"],
    ]);
    for (const { headers } of answers) expect(headers.get("cache-control")).toBe("no-store");
  });

  it("P7: names each parameter that is wrong, unknown, missing or there twice", async () => {
    const fieldsOf = async (path: string) =>
      (await gateway.get(path)).body.errors.map(({ field }: { field: string }) => field);

    expect(await fieldsOf("/api/v1/leaders/pts?page_size=501&seasn=2023-24")).toEqual([
      ...["statistic", "page_size", "seasn"],
    ]);
    expect(await fieldsOf("/stat/player/1?season=2023-24&season=2022-23")).toEqual(["season"]);
    expect(await fieldsOf("/stat/player/%E0%A4%A?type=regula")).toEqual(["playerId", "type"]);
    expect(await fieldsOf("/api/v1/players/stats")).toEqual(["player_ids"]);
    expect(await fieldsOf("/api/v1/leaders")).toEqual(["category"]);
    expect(await fieldsOf("/api/v1/leaders?category=gameScore&min_made=1")).toEqual(["min_made"]);
    const both = "/api/v1/leaders?category=gameScore&minimum=none&min_games=1";
    expect(await fieldsOf(both)).toEqual(["min_games"]);
    expect(await fieldsOf("/stat/player/1?metrics=yes")).toEqual(["metrics"]);
    expect(await fieldsOf("/api/v1/games?date=today&page_token=x")).toEqual(["date"]);
    expect(await fieldsOf("/api/v1/games?page_token=x")).toEqual(["page_token"]);
    expect(await fieldsOf("/stat/player/1?read_after=junk")).toEqual(["read_after"]);
  });
});

describe("timestamp", () => {
  it("P8: answers what was at a moment, given as RFC 3339 or milliseconds, or at a position", async () => {
    const quarter = Date.parse("2023-10-24T23:41:07Z");
    const half = Date.parse("2023-10-25T00:30:00Z");
    const line = { teamId: "t1", playerId: "p1" };
    const early = { ...line, points: 5, happenedTime: quarter };
    const { league, season, path, query, position } = await recorded([early]);
    const late = { ...line, points: 9, happenedTime: new Date(half).toISOString() };
    const { body } = await gateway.post(path, { league, season, lines: [late] });
    const pointsAt = async (moment: string, after = `${query}&read_after=${body.position}`) => {
      const box = await gateway.get(`${path}?${after}&${moment}`);
      const one = await gateway.get(`/stat/player/p1?${after}&${moment}`);
      const team = await gateway.get(`/stat/team/t1?${after}&${moment}`);
      const top = await gateway.get(`/api/v1/leaders/points?${after}&${moment}`);
      return [
        box.body.teams[0].totals.points,
        one.body.player.totals.points,
        team.body.totals.points,
        top.body.standings[0].score,
      ];
    };

    expect(await pointsAt("")).toEqual([9, 9, 9, 9]);
    expect(await pointsAt(`timestamp=${half - 1}`)).toEqual([5, 5, 5, 5]);
    expect(await pointsAt("timestamp=2023-10-25T00:29:59.999Z")).toEqual([5, 5, 5, 5]);
    expect(await pointsAt(`timestamp=${half}`)).toEqual([9, 9, 9, 9]);
    expect(await pointsAt(`at_position=${position}`, query)).toEqual([5, 5, 5, 5]);
    expect(await pointsAt(`known_at=${Date.now() + 1_000}`)).toEqual([9, 9, 9, 9]);
    const before = await gateway.get(`${path}?${query}&timestamp=${quarter - 1}`);
    expect(before).toMatchObject({ status: 404, body: { reason: "GAME_UNKNOWN" } });
    const wrong = await gateway.get(`${path}?${query}&timestamp=yesterday`);
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: "timestamp" }] } });

    const both = await gateway.get(`${path}?${query}&at_position=${position}`, {
      "Courtside-Read-After": body.position,
    });
    expect(both).toMatchObject({
      status: 400,
      body: { errors: [{ field: "at_position" }, { field: "read_after" }] },
    });
    const same = `${query}&at_position=${body.position}&read_after=${position}`;
    expect((await gateway.get(`${path}?${same}`)).status).toBe(200);
  });
});

describe("Courtside-Read-After", () => {
  it("P4: a read waits for the write whose position it names", async () => {
    const { gameId, league, season, path } = await recorded([{ teamId: 1, playerId: 2 }]);
    for (let points = 1; points <= 30; points += 1) {
      const body = { league, season, gameId, teamId: 1, playerId: 2, points };
      const { headers } = await gateway.put("/stat/live/game", body);
      const asked = { "Courtside-Read-After": headers.get("courtside-position") ?? "" };
      const box = await gateway.get(`${path}?league=${league}&season=${season}`, asked);
      expect(box.body.teams[0].totals.points).toBe(points);
      expect(box.headers.get("cache-control")).toBe("no-store");
    }
  });

  it("P4: is 504 with a reason when folds stand still, and 412 when the position is lost", async () => {
    const impatient = await startGateway(mesh, { limits: { servicesMs: 2_000 } });
    onTestFinished(() => impatient.close());
    await mesh.pause();
    const { path, query, after, position } = await recorded([{ teamId: 1, playerId: 2 }]);

    const late = await impatient.get(`${path}?${query}&${after}`);
    await mesh.resume();
    expect(late).toMatchObject({ status: 504, body: { reason: "READ_AFTER_TIMEOUT" } });

    expect((await gateway.get(`${path}?${query}&${after}`)).status).toBe(200);
    const elsewhere = Buffer.from(position, "base64url");
    elsewhere[4] = (elsewhere[4] ?? 0) ^ 0xff;
    const lost = await gateway.get(`${path}?${query}`, {
      "Courtside-Read-After": elsewhere.toString("base64url"),
    });
    expect(lost).toMatchObject({ status: 412, body: { reason: "POSITION_LOST" } });
  });

  it("P4: keeps a cache from answering a reader who names a position", async () => {
    const { path, query } = await recorded([{ teamId: 1, playerId: 2 }]);

    const { headers } = await eventually(
      () => gateway.get(`${path}?${query}`),
      ({ status }) => status === 200,
    );

    expect(headers.get("vary")).toBe("Courtside-Read-After");
  });

  it("refuses two positions, in header and query", async () => {
    const { path, query, after } = await recorded([{ teamId: 1, playerId: 2 }]);

    const answer = await gateway.get(`${path}?${query}&${after}`, { "Courtside-Read-After": "x" });

    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "read_after" }] } });
  });
});

describe("ETag", () => {
  it("stays while other games move the position, and changes with the game", async () => {
    const line = { teamId: "t1", playerId: "p1", points: 7 };
    const { league, season, gameId, path, query, after } = await recorded([line]);
    const first = await gateway.get(`${path}?${query}&${after}`);
    const etag = first.headers.get("etag") ?? "";

    const other = { league, season, gameId: freshId("g"), ...line };
    const { body: moved } = await gateway.put("/stat/live/game", other);
    const asked = `${path}?${query}&read_after=${moved.position}`;
    const same = await gateway.get(asked, { "If-None-Match": `"x", W/${etag}` });
    expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", etag]);
    expect(same.headers.get("courtside-store")).toBe("hot-store");
    expect(same.headers.get("courtside-age-ms")).toMatch(/^\d+$/);
    expect(same.headers.get("courtside-position")).toBe(moved.position);

    const { body } = await gateway.put("/stat/live/game", { ...other, gameId, points: 8 });
    const changed = await gateway.get(`${path}?${query}&read_after=${body.position}`, {
      "If-None-Match": etag,
    });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });
});

describe("watches", () => {
  /** The events of a stream as they come, and what it was answered with. */
  async function follow(path: string, headers: Record<string, string> = {}, from = gateway) {
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const response = await fetch(from.url + path, { headers, signal: leaving.signal });
    const chunks = response.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let text = "";
    return {
      response,
      leave: () => leaving.abort(),
      /** The next block of the stream; undefined at its end. */
      async next() {
        for (;;) {
          const end = text.indexOf("\n\n");
          if (end >= 0) {
            const block = text.slice(0, end);
            text = text.slice(end + 2);
            const fields = block.split("\n").map((line) => line.split(/: (.*)/s));
            const { event, id, data, retry } = Object.fromEntries(fields);
            return { event, id, retry, data: data === undefined ? undefined : JSON.parse(data) };
          }
          const { value, done } = (await chunks?.next()) ?? { done: true };
          if (done) return undefined;
          text += value;
        }
      },
    };
  }

  it("P4: tells a game's whole box score, then what changes, each with its position", async () => {
    const line = { teamId: "t1", playerId: "p1", points: 2 };
    const { league, season, gameId, query, after } = await recorded([line]);
    await gateway.get(`/api/v1/games/${gameId}/stats?${query}&${after}`);

    const watcher = await follow(`/api/v1/games/${gameId}/watch?${query}`);
    const full = await watcher.next();
    expect(watcher.response.headers.get("content-type")).toBe("text/event-stream");
    expect(watcher.response.headers.get("cache-control")).toBe("no-store");
    expect(full).toMatchObject({
      event: "full",
      id: watcher.response.headers.get("courtside-position"),
      data: { game: { gameId }, teams: [{ totals: { points: 2 } }] },
    });

    const { body } = await gateway.put("/stat/live/game", {
      ...line,
      league,
      season,
      gameId,
      points: 5,
    });
    const changes = await watcher.next();
    expect(changes).toMatchObject({
      event: "changes",
      id: body.position,
      data: { teams: [{ players: [{ playerId: "p1", totals: { points: 5 } }] }] },
    });
  });

  it("P4: goes on from Last-Event-ID, and from resume_after where there is none", async () => {
    const line = { teamId: "t1", playerId: "p1", points: 2 };
    const { league, season, gameId, query, path, after } = await recorded([line]);
    await gateway.get(`${path}?${query}&${after}`);
    const watched = `/api/v1/games/${gameId}/watch?${query}`;
    const first = await follow(watched);
    const seen = (await first.next())?.id ?? "";
    const written = await gateway.put("/stat/live/game", {
      ...line,
      league,
      season,
      gameId,
      points: 9,
    });
    expect((await first.next())?.id).toBe(written.body.position);
    first.leave();

    for (const [asked, headers] of [
      [watched, { "Last-Event-ID": seen }],
      [`${watched}&resume_after=${seen}`, {}],
      // As a browser comes back: with the query that it began with.
      [`${watched}&resume_after=junk`, { "Last-Event-ID": seen }],
    ] as const) {
      const again = await follow(asked, headers);
      const event = await again.next();
      expect(event?.id).toBe(written.body.position);
      expect(event?.data.teams[0].totals.points).toBe(9);
      again.leave();
    }
  });

  it("tells players' seasons and boards, from what is there on", async () => {
    const lines = [9, 7].map((points, at) => ({ teamId: "t1", playerId: `p${at}`, points }));
    const { league, season, gameId, query, path, after } = await recorded(lines);
    await gateway.get(`${path}?${query}&${after}`);
    const players = await follow(`/api/v1/players/watch?${query}&player_ids=p1,p0`);
    const top = await follow(`/api/v1/leaders/points/watch?${query}&top=1`);
    const around = await follow(`/api/v1/leaders/points/watch?${query}&around=p1&each_side=1`);
    expect((await players.next())?.data.players).toMatchObject([
      { playerId: "p0", totals: { points: 9 } },
      { playerId: "p1", totals: { points: 7 } },
    ]);
    expect((await top.next())?.data.standings).toMatchObject([{ memberId: "p0", rank: 1 }]);
    expect((await around.next())?.data.standings).toHaveLength(2);

    await gateway.put("/stat/live/game", { ...lines[1], league, season, gameId, points: 11 });
    expect(await players.next()).toMatchObject({
      event: "changes",
      data: { players: [{ playerId: "p1", totals: { points: 11 } }] },
    });
    expect((await top.next())?.data.standings).toMatchObject([{ memberId: "p1", rank: 1 }]);
  });

  it("refuses at once what it cannot watch, and parameters that do not go together", async () => {
    const { path, query: known, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    await gateway.get(`${path}?${known}&${after}`);
    const query = `?${known}`;
    const unknown = await gateway.get(`/api/v1/games/${freshId("g")}/watch${query}`);
    expect(unknown).toMatchObject({ status: 404, body: { reason: "GAME_UNKNOWN" } });

    const board = `/api/v1/leaders/points/watch${query}`;
    const wrong = [`${board}&top=3&around=p1`, `${board}&each_side=2`, `${board}&top=0`];
    const fields = [];
    for (const path of wrong) fields.push((await gateway.get(path)).body.errors[0].field);
    expect(fields).toEqual(["top", "each_side", "top"]);
    expect((await gateway.raw("HEAD", board)).headers.allow).toBe("GET, OPTIONS");
  });

  it("tells watchers when to come back when it is closed, and waits for none of them", async () => {
    const { gameId, query, path, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    const closing = await startGateway(mesh, { drainMs: 60_000 });
    await closing.get(`${path}?${query}&${after}`);
    const watcher = await follow(`/api/v1/games/${gameId}/watch?${query}`, {}, closing);
    await watcher.next();

    await closing.close();

    expect(Number((await watcher.next())?.retry)).toBeGreaterThanOrEqual(500);
    expect(await watcher.next()).toBeUndefined();
  });

  it("tells a browser that comes back while a service is away to try again, others 503", async () => {
    const away = { ...mesh, stats: rpcClient(StatsService, "127.0.0.1:9") };
    const alone = await startGateway(away);
    onTestFinished(async () => {
      await alone.close();
      away.stats.close();
    });

    const path = "/api/v1/games/g1/watch?season=2023-24";
    expect((await alone.get(path)).status).toBe(503);
    const back = await follow(path, { "Last-Event-ID": "x" }, alone);
    expect(back.response.status).toBe(200);
    expect(Number((await back.next())?.retry)).toBeGreaterThanOrEqual(500);
  });

  it("P9: takes so many watchers and no more, until one has left", async () => {
    const { gameId, query, path, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    const small = await startGateway(mesh, { limits: { watchersMax: 1, requestsMax: 1 } });
    onTestFinished(() => small.close());
    await small.get(`${path}?${query}&${after}`);
    const watched = `/api/v1/games/${gameId}/watch?${query}`;
    const first = await follow(watched, {}, small);
    await first.next();

    const refused = await small.get(watched);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    // A watcher is not among the requests.
    expect((await small.get(`${path}?${query}`)).status).toBe(200);
    first.leave();
    await eventually(
      async () => (await follow(watched, {}, small)).response.status,
      (status) => status === 200,
    );
  });
});

describe("HTTP", () => {
  it("answers HEAD as GET without a body, and keeps the connection", async () => {
    const { path, query, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    const get = await gateway.get(`${path}?${query}&${after}`);

    const head = await gateway.raw("HEAD", `${path}?${query}&${after}`, {
      Connection: "keep-alive",
    });

    expect(head.status).toBe(200);
    for (const name of ["etag", "content-length", "courtside-position"]) {
      expect(head.headers[name]).toBe(get.headers.get(name));
    }
    expect(head.headers.connection).toBe("keep-alive");
  });

  it("says which methods a path takes", async () => {
    const refused = await gateway.raw("DELETE", "/api/v1/games/1/stats");
    expect(refused.status).toBe(405);
    expect(refused.headers.allow).toBe("GET, HEAD, POST, OPTIONS");
    expect((await gateway.raw("GET", "/stat/live/game")).headers.allow).toBe("PUT, OPTIONS");
    expect((await gateway.raw("POST", "/openapi.json")).status).toBe(405);
  });

  it("lets pages of every origin read, or of those named, and none of them write", async () => {
    const preflight = { Origin: "https://fans.example", "Access-Control-Request-Method": "PUT" };
    const asked = await gateway.raw("OPTIONS", "/stat/live/game", preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD",
    });

    const strict = await startGateway(mesh, { origins: ["https://fans.example"] });
    onTestFinished(() => strict.close());
    const originFor = async (Origin: string) => {
      const { headers } = await strict.get("/api/v1/players", { Origin });
      return [headers.get("access-control-allow-origin"), headers.get("vary")];
    };
    expect(await originFor("https://fans.example")).toEqual(["https://fans.example", "Origin"]);
    expect(await originFor("https://others.example")).toEqual([null, "Origin"]);
  });

  it("P9: refuses what is larger than it may be, before it has read it", async () => {
    const large = JSON.stringify({ ...JSON.parse(SAMPLE), source: "x".repeat(64 * 1024) });

    expect((await gateway.put("/stat/live/game", large)).status).toBe(413);
    expect((await gateway.raw("GET", `/stat/player/${"1".repeat(9_000)}`)).status).toBe(414);
    const tight = await startGateway(mesh, { limits: { headersMaxBytes: 4_096 } });
    onTestFinished(() => tight.close());
    expect((await tight.raw("GET", "/", { "X-Large": "x".repeat(5_000) })).status).toBe(431);
    // 64 KiB and more in chunks, whose length nobody has said.
    const said = await wire(
      `PUT /stat/live/game HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n11000\r\n${"x".repeat(0x11000)}`,
    );
    expect(said).toMatch(/^HTTP\/1.1 413 /);
  });

  it("P9: tells who waits to be asked for a large body that it is not wanted", async () => {
    const head = (length: number) =>
      `PUT /stat/live/game HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;

    expect(await wire(head(70_000))).toMatch(/^HTTP\/1.1 413 /);
    expect(await wire(head(SAMPLE.length) + SAMPLE)).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /,
    );
  });

  it.each([
    ["text/plain", {}, 415],
    ["application/json; charset=latin1", {}, 415],
    ["application/json", { "Content-Encoding": "gzip" }, 415],
    ["application/json; charset=utf-8", {}, 400],
  ])("takes JSON in UTF-8 alone: %s %j is %i", async (type, headers, status) => {
    const answer = await gateway.put("/stat/live/game", "{", { "Content-Type": type, ...headers });

    expect(answer).toMatchObject({ status, body: { type: "about:blank", status } });
  });

  it("P9: gives a request no longer than it may take, headers and body", async () => {
    const hasty = await startGateway(mesh, { limits: { headersMs: 200, requestMs: 60_000 } });
    const brief = await startGateway(mesh, { limits: { headersMs: 200, requestMs: 300 } });
    onTestFinished(async () => {
      await Promise.all([hasty.close(), brief.close()]);
    });

    const [headers, body] = await Promise.all([
      wire("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", hasty.address),
      wire(
        "PUT /stat/live/game HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
          "Content-Length: 100\r\n\r\n{",
        brief.address,
      ),
    ]);

    expect(headers).toMatch(/^HTTP\/1.1 408 /);
    expect(body).toMatch(/^HTTP\/1.1 408 /);
  });

  it("P9: answers 503 to requests beyond those that may run at a time, and then takes more", async () => {
    const small = await startGateway(mesh, { limits: { requestsMax: 2, servicesMs: 5_000 } });
    onTestFinished(() => small.close());
    await mesh.pause();
    const { path, query, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    const waiting = [1, 2].map(() => small.get(`${path}?${query}&${after}`));
    let refused = await small.get(`${path}?${query}`);
    for (; refused.status !== 503; await delay(10)) refused = await small.get(`${path}?${query}`);
    await mesh.resume();
    expect(refused.headers.get("retry-after")).toBe("1");
    await Promise.all(waiting);
    expect((await small.get(`${path}?${query}&${after}`)).status).toBe(200);
  });

  it("P7: answers 503 with Retry-After while a service is away, and says nothing of addresses", async () => {
    const nowhere = "127.0.0.1:9";
    const away = {
      ingest: rpcClient(IngestService, nowhere),
      stats: rpcClient(StatsService, nowhere),
      leaderboard: rpcClient(LeaderboardService, nowhere),
    };
    const alone = await startGateway(away, { limits: { servicesMs: 1_000 } });
    onTestFinished(async () => {
      await alone.close();
      for (const client of Object.values(away)) client.close();
    });

    const answers = [await alone.get("/stat/player/1"), await alone.put("/stat/live/game", SAMPLE)];

    for (const { status, headers, text } of answers) {
      expect(status).toBe(503);
      expect(headers.get("retry-after")).toBe("1");
      expect(text).not.toContain(nowhere);
    }
  });

  it("ends what it has begun when it is closed, and takes nothing new", async () => {
    const closing = await startGateway(mesh);
    await mesh.pause();
    const { path, query, after } = await recorded([{ teamId: 1, playerId: 2 }]);
    const waiting = closing.get(`${path}?${query}&${after}`);
    await delay(1_000);

    const closed = closing.close();
    await expect(closing.get("/healthz")).rejects.toThrow();
    await mesh.resume();
    const answer = await waiting;
    await closed;

    expect(answer.status).toBe(200);
    expect(answer.headers.get("connection")).toBe("close");
  });

  it("refuses to listen where other machines reach it", async () => {
    await expect(startGateway(mesh, { listen: "0.0.0.0:0" })).rejects.toThrow(/loopback/);
  });
});

describe("pages", () => {
  it("serves the document and a page that loads nothing from elsewhere", async () => {
    const [root, docs] = [await gateway.get("/"), await gateway.get("/docs")];

    expect(root.text).toBe(docs.text);
    expect(root.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(root.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; connect-src 'self'; script-src 'sha256-/,
    );
    expect(root.text).not.toMatch(/(src|href)="(https?:)?\/\//);
    const known = { "If-None-Match": root.headers.get("etag") ?? "" };
    expect((await gateway.get("/", known)).status).toBe(304);
  });
});

type Row = { playerId: string; totals: Record<string, number> };
type Schema = Record<string, unknown>;
type Operation = {
  parameters: { name: string }[];
  responses: Record<"200", { content: Record<string, { schema: Schema }>; headers?: unknown }>;
};

/** What a value has against a schema of the document, as paths; empty when it fits. */
function faultsIn(value: unknown, schema: Schema, api: Schema, at = "$"): string[] {
  if (typeof schema.$ref === "string") {
    const target = schema.$ref
      .slice(2)
      .split("/")
      .reduce((one, key) => one[key] as Schema, api);
    return faultsIn(value, target, api, at);
  }
  switch (schema.type) {
    case "object": {
      if (typeof value !== "object" || value === null) return [`${at} is no object`];
      const properties = schema.properties as Record<string, Schema>;
      const missing = (schema.required as string[]).filter((name) => !(name in value));
      return [
        ...missing.map((name) => `${at}.${name} is missing`),
        ...Object.entries(value).flatMap(([name, one]) =>
          properties[name]
            ? faultsIn(one, properties[name], api, `${at}.${name}`)
            : [`${at}.${name} is not in the document`],
        ),
      ];
    }
    case "array":
      if (!Array.isArray(value)) return [`${at} is no array`];
      return value.flatMap((one, place) =>
        faultsIn(one, schema.items as Schema, api, `${at}[${place}]`),
      );
    case "integer":
      return Number.isInteger(value) ? [] : [`${at} is no whole number`];
    default: {
      const words = schema.enum as unknown[] | undefined;
      const fits = typeof value === schema.type && (words?.includes(value) ?? true);
      return fits ? [] : [`${at} is no ${schema.type}`];
    }
  }
}

async function eventually<Value>(look: () => Promise<Value>, isIt: (value: Value) => boolean) {
  for (const until = Date.now() + 10_000; ; await delay(20)) {
    const value = await look();
    if (isIt(value)) return value;
    if (Date.now() > until) throw new Error(`not within 10 s: ${look}`);
  }
}

/** What the gateway answers to these bytes, until it ends the connection or 200 ms after its answer. */
function wire(bytes: string, address = gateway.address): Promise<string> {
  return new Promise((resolve, reject) => {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
      if (/^HTTP\/1.1 [2-5]/m.test(said)) setTimeout(() => socket.destroy(), 200);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ECONNRESET") reject(error);
    });
    socket.on("close", () => resolve(said));
    socket.write(bytes);
  });
}
