import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse/sync";
import type { QueryResultRow } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ABBREVIATIONS, COUNTING } from "#domain/statistics";
import { WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type RpcClient, rpcClient } from "#runtime/rpc";
import { officialRecords, officialTeamLines } from "../../domain/metrics/official.fixture.ts";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";
import { rowsIn } from "./stores.fixture.ts";

const DATA =
  process.env.COURTSIDE_SEASON_DATA ??
  fileURLToPath(new URL("../../../shared/data", import.meta.url));
const SEASON = join(DATA, "nba-2023-24");
const absent = !existsSync(join(SEASON, "events"));
const why = `the season's data is absent (no ${SEASON}; COURTSIDE_SEASON_DATA names the folder)`;

const COUNTS = COUNTING.map((statistic) => ABBREVIATIONS[statistic]);
const GAMES = 820;
const LINES = 457_277;
const PLAYER_LINES = 17_637;

type Row = Record<string, string>;
type Numbers = Record<string, number>;

type PlayerRow = {
  playerId: string;
  totals: Numbers & { secondsPlayed: number };
  metrics: {
    shooting: Numbers;
    perGame: Numbers;
    doubleDoubles: number;
    tripleDoubles: number;
    playerEfficiencyRating?: number;
  };
};
type LeaderRow = { playerId: string; value: number };
type TableRow = {
  team: { teamId: string };
  wins: number;
  losses: number;
  home: Numbers;
  away: Numbers;
  streak: number;
  pointsFor: number;
};

describe.skipIf(absent)(absent ? `the whole season: skipped, ${why}` : "the whole season", () => {
  let mesh: CommandLine;
  let stats: RpcClient<typeof StatsService>;
  let official: Map<string, Row>;
  let gateway: string;
  let heads: unknown;

  beforeAll(async () => {
    mesh = await startCommandLine();
    const address = mesh.state().services.find(({ name }) => name === "stats")?.address ?? "";
    stats = rpcClient(StatsService, address);
    gateway = mesh.state().services.find(({ name }) => name === "gateway")?.address ?? "";
    official = byPlayerAndGame(await rowsOf(join(SEASON, "player-box.csv.gz")));
  }, 120_000);
  afterAll(async () => {
    stats?.close();
    await mesh?.close();
  }, 120_000);

  const sql = <Row extends QueryResultRow>(text: string, values: unknown[] = []) =>
    rowsIn<Row>(mesh.state().urls.postgres, text, values);

  /** What the gateway answers of the season. */
  async function rest<Body>(path: string): Promise<Body> {
    const url = `${gateway.startsWith("http") ? "" : "http://"}${gateway}${path}`;
    const answer = await fetch(`${url}${path.includes("?") ? "&" : "?"}season=2023-24`);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.json() as Promise<Body>;
  }

  it("takes every line of 820 games, once", { timeout: 300_000 }, async () => {
    const told = JSON.parse(await mesh.answer("replay", join(SEASON, "events"), "--json"));

    console.log(
      `replayed ${told.games} games: ${told.lines} lines in ${told.seconds} s, ` +
        `${told.linesPerSecond} lines/s, both folds included`,
    );
    expect(told).toMatchObject({ games: GAMES, lines: LINES, duplicates: 0, superseded: 0 });
  });

  it("comes to the official box scores but for the cells known to differ", {
    timeout: 60_000,
  }, async () => {
    const exported = byPlayerAndGame(
      parse(await mesh.answer("export", "player-games"), { columns: true }),
    );
    expect([...exported.keys()].sort()).toEqual([...official.keys()].sort());

    const different: string[] = [];
    let equalLines = 0;
    let equalMinutes = 0;
    for (const [key, row] of official) {
      const ours = exported.get(key)!;
      expect(Object.values(ours).includes("")).toBe(false);
      expect([key, ours.team_id]).toEqual([key, row.team_id]);
      const cells = COUNTS.filter((name) => ours[name] !== row[name]);
      if (cells.length === 0) equalLines += 1;
      different.push(...cells.map((name) => `${key} ${name} ${row[name]} ${ours[name]}`));
      if (Math.floor((Number(ours.seconds) + 30) / 60) === Number(row.min)) equalMinutes += 1;
    }
    const known = await rowsOf(join(SEASON, "official-vs-events-differences.csv"));
    const listed = known.map(
      (row) => `${row.game_id} ${row.player_id} ${row.stat} ${row.official} ${row.from_events}`,
    );
    console.log(`${equalLines} of ${PLAYER_LINES} lines equal, minutes of ${equalMinutes}`);
    expect(different.sort()).toEqual(listed.sort());
    expect([equalLines, different.length]).toEqual([17_492, 217]);
    expect(equalMinutes).toBeGreaterThanOrEqual(17_600);
  });

  it("P3: takes the official lines, and every total and board follows", {
    timeout: 180_000,
  }, async () => {
    const told = JSON.parse(
      await mesh.answer("correct", join(SEASON, "player-box.csv.gz"), "--json"),
    );
    expect(told).toMatchObject({ games: GAMES, changed: PLAYER_LINES, unchanged: 0 });

    const exported = byPlayerAndGame(
      parse(await mesh.answer("export", "player-games"), { columns: true }),
    );
    for (const [key, row] of official) {
      expect([key, countsOf(exported.get(key)!)]).toEqual([key, countsOf(row)]);
    }

    const season = { season: "2023-24" };
    const totals = await rowsOf(join(SEASON, "player-totals-to-2024-02-15.csv.gz"));
    expect(totals).toHaveLength(1_137);
    const ids = [...new Set(totals.map(({ player_id }) => player_id!))];
    const found = new Map<string, unknown>();
    for (let at = 0; at < ids.length; at += 100) {
      const asked = { season, playerIds: ids.slice(at, at + 100) };
      for (const player of (await stats.batchGetPlayerSeasons(asked)).players) {
        const all = { games: player.gamesPlayed, counts: countsIn(player.totals) };
        found.set(`${player.playerId} ALL`, all);
        for (const { team, gamesPlayed, totals } of player.teams) {
          const name = `${player.playerId} ${team?.tricode}`;
          found.set(name, { games: gamesPlayed, counts: countsIn(totals) });
        }
      }
    }
    const wanted = totals.map((row) => [
      `${row.player_id} ${row.team}`,
      { games: Number(row.gp), counts: countsOf(row) },
    ]);
    expect(found).toEqual(new Map(wanted as [string, unknown][]));

    for (const row of await rowsOf(join(SEASON, "team-totals-to-2024-02-15.csv"))) {
      const team = await stats.getTeamSeason({ season, teamId: row.TEAM_ID! });
      const wanted = COUNTS.map((name) => Number(row[name.toUpperCase()]));
      expect([row.TEAM_ID, team.gamesPlayed, countsIn(team.totals)]).toEqual([
        row.TEAM_ID,
        Number(row.GP),
        wanted,
      ]);
    }

    for (const stat of ["pts", "reb", "stl", "tov"]) {
      const all = totals.filter(({ team }) => team === "ALL");
      const scores = all.map((row) => ({ id: row.player_id!, score: Number(row[stat]) }));
      scores.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
      const wanted = scores.slice(0, 50).map(({ id, score }) => ({
        rank: 1 + scores.filter((other) => other.score > score).length,
        id,
        score,
      }));
      const { standings } = JSON.parse(await mesh.answer("leaders", stat, "--top", "50", "--json"));
      expect(
        standings.map((row: { rank: number; playerId: string; value: number }) => ({
          rank: row.rank,
          id: row.playerId,
          score: row.value,
        })),
      ).toEqual(wanted);
    }
  });

  it("derives the percentages of every official team line, in its box score", {
    timeout: 120_000,
  }, async () => {
    const lines = officialTeamLines(await textOf(join(SEASON, "team-box.csv.gz")));
    const games = Map.groupBy(lines, ({ gameId }) => gameId);
    const different: string[] = [];
    let compared = 0;
    for (const [gameId, sides] of games) {
      const { teams } = await stats.getBoxScore({ gameId, withMetrics: true });
      for (const { teamId, percentages } of sides) {
        const found = teams.find(({ team }) => team?.teamId === teamId)?.metrics?.shooting;
        const ours = [
          found?.fieldGoalPercentage,
          found?.threePointPercentage,
          found?.freeThrowPercentage,
        ];
        ours.forEach((value, at) => {
          compared += 1;
          if (thousandths(value) !== thousandths(percentages[at])) {
            different.push(`${gameId} ${teamId} ${at}: ${value} ${percentages[at]}`);
          }
        });
      }
    }

    expect(different).toEqual([]);
    expect(compared).toBe(3 * 2 * GAMES);
  });

  it("derives averages, feats and ratings of every player from the official totals", {
    timeout: 60_000,
  }, async () => {
    const totals = await rowsOf(join(SEASON, "player-totals-to-2024-02-15.csv.gz"));
    const wanted = new Map(
      totals.filter(({ team }) => team === "ALL").map((row) => [row.player_id!, row]),
    );
    const feats = new Map<string, [doubles: number, triples: number]>();
    for (const row of official.values()) {
      const figures = ["pts", "reb", "ast", "stl", "blk"].filter((name) => Number(row[name]) >= 10);
      const [doubles, triples] = feats.get(row.player_id!) ?? [0, 0];
      const more = [figures.length >= 2 ? 1 : 0, figures.length >= 3 ? 1 : 0] as const;
      feats.set(row.player_id!, [doubles + more[0], triples + more[1]]);
    }

    const ids = [...wanted.keys()];
    const players: PlayerRow[] = [];
    for (let at = 0; at < ids.length; at += 100) {
      const asked = `player_ids=${ids.slice(at, at + 100).join()}&metrics=true`;
      const body = await rest<{ players: PlayerRow[] }>(`/api/v1/players/stats?${asked}`);
      players.push(...body.players);
    }
    expect(players).toHaveLength(540);
    for (const { playerId, metrics } of players) {
      const row = wanted.get(playerId)!;
      const count = (name: string) => Number(row[name]);
      const averages = COUNTING.map((name, at) => [name, count(COUNTS[at]!) / count("gp")]);
      expect([playerId, metrics.perGame]).toEqual([
        playerId,
        { secondsPlayed: metrics.perGame.secondsPlayed, ...Object.fromEntries(averages) },
      ]);
      const share = (made: string, of: string) =>
        count(of) === 0 ? undefined : count(made) / count(of);
      const { fieldGoalPercentage, threePointPercentage, freeThrowPercentage } = metrics.shooting;
      expect([fieldGoalPercentage, threePointPercentage, freeThrowPercentage]).toEqual([
        ...[share("fgm", "fga"), share("fg3m", "fg3a"), share("ftm", "fta")],
      ]);
      expect([metrics.doubleDoubles, metrics.tripleDoubles]).toEqual(feats.get(playerId));
    }

    let weighed = 0;
    let seconds = 0;
    for (const { totals: of, metrics } of players) {
      if (metrics.playerEfficiencyRating === undefined) continue;
      weighed += metrics.playerEfficiencyRating * of.secondsPlayed;
      seconds += of.secondsPlayed;
    }
    expect(weighed / seconds).toBeCloseTo(15, 6);
  });

  it("names the leaders by the league's minimums", { timeout: 60_000 }, async () => {
    const totals = await rowsOf(join(SEASON, "player-totals-to-2024-02-15.csv.gz"));
    const teams = await rowsOf(join(SEASON, "team-totals-to-2024-02-15.csv"));
    const teamGames = new Map(teams.map((row) => [row.TEAM_ABBREVIATION!, Number(row.GP)]));
    const gamesOf = (playerId: string) =>
      Math.max(
        ...totals
          .filter((row) => row.player_id === playerId && row.team !== "ALL")
          .map(({ team }) => teamGames.get(team!)!),
      );
    const byHand = (
      value: (row: Row) => number,
      isQualified: (row: Row, games: number) => boolean,
    ) =>
      totals
        .filter((row) => row.team === "ALL" && isQualified(row, gamesOf(row.player_id!)))
        .map((row) => ({ playerId: row.player_id!, value: value(row) }))
        .sort((a, b) => b.value - a.value || (a.playerId < b.playerId ? -1 : 1));
    const found = async (category: string) => {
      const asked = `category=${category}&page_size=500`;
      const { leaders } = await rest<{ leaders: LeaderRow[] }>(`/api/v1/leaders?${asked}`);
      return leaders.map(({ playerId, value }) => ({ playerId, value }));
    };

    expect(await found("pointsPerGame")).toEqual(
      byHand(
        ({ pts, gp }) => Number(pts) / Number(gp),
        ({ gp }, games) => Number(gp) >= Math.ceil((70 * games) / 100),
      ),
    );
    expect(await found("threePointPercentage")).toEqual(
      byHand(
        ({ fg3m, fg3a }) => Number(fg3m) / Number(fg3a),
        ({ fg3m }, games) => Number(fg3m) >= Math.ceil((82 * games) / 82),
      ),
    );
    expect(await found("assistToTurnover")).toEqual(
      byHand(
        ({ ast, tov }) => Number(ast) / Number(tov),
        ({ ast }, games) => Number(ast) >= Math.ceil((200 * games) / 82),
      ),
    );
  });

  it("has the official wins, losses and streaks of each team", { timeout: 60_000 }, async () => {
    const lines = officialTeamLines(await textOf(join(SEASON, "team-box.csv.gz")));
    const teams = await rowsOf(join(SEASON, "team-totals-to-2024-02-15.csv"));

    const { standings } = await rest<{ standings: TableRow[] }>("/api/v1/standings");

    expect(
      standings.map(({ team, wins, losses, pointsFor }) => [team.teamId, wins, losses, pointsFor]),
    ).toEqual(
      expect.arrayContaining(
        teams.map((row) => [row.TEAM_ID, Number(row.W), Number(row.L), Number(row.PTS)]),
      ),
    );
    const ours = standings.map(({ team, home, away, streak }) => ({
      ...{ teamId: team.teamId, home, away },
      lastInARow: (streak > 0 ? "W" : "L").repeat(Math.abs(streak)),
    }));
    ours.sort((a, b) => (a.teamId < b.teamId ? -1 : 1));
    expect(ours).toEqual(officialRecords(lines));
  });

  it("keeps the archive equal to what readers see", { timeout: 60_000 }, async () => {
    const journalled = await sql("select slot, end_offset, digest from journal_head order by slot");
    const archived = await sql("select slot, end_offset, digest from archive_cursor order by slot");
    expect(archived).toEqual(journalled);
    heads = journalled;

    const kept = await sql<{ lines: number; offsets: number }>(
      "select count(*)::integer as lines, count(distinct (slot, entry_offset))::integer as offsets from stat_line",
    );
    const recorded = journalled.reduce((sum, row) => sum + Number(row.end_offset), 0);
    expect(kept[0]).toEqual({ lines: recorded, offsets: recorded });

    const rows = await sql<Record<string, string>>(
      "select * from player_season where slot = 'nba:2023-24:regular' order by player_id",
    );
    expect(rows).toHaveLength(540);
    for (const row of rows) {
      const { player } = await stats.getPlayerSeason({
        season: { season: "2023-24" },
        playerId: row.player_id!,
      });
      const archive = COUNTING.map((statistic) => Number(row[columnOf(statistic)]));
      expect([row.player_id, archive]).toEqual([row.player_id, countsIn(player?.totals)]);
    }
  });

  it("has each player's and team's weeks and months, which add up and are what SQL says", {
    timeout: 120_000,
  }, async () => {
    const season = { season: "2023-24" };
    let compared = 0;
    for (const of of ["player", "team"] as const) {
      for (const [name, kind] of [
        ["week", WindowKind.WEEK],
        ["month", WindowKind.MONTH],
      ] as const) {
        const rows = await sql<Record<string, string>>(
          `select *, ${of}_id as id, from_day::text as day from ${of}_window
           where slot = 'nba:2023-24:regular' and kind = $1 order by from_day`,
          [name],
        );
        for (const [id, own] of Map.groupBy(rows, (row) => row.id ?? "")) {
          const subject = { case: `${of}Id` as const, value: id };
          const { windows } = await stats.listWindows({ season, subject, kind, pageSize: 500 });
          const found = windows.map(({ window, gamesPlayed, totals }) => [
            ...[window?.date, gamesPlayed, ...countsIn(totals)],
          ]);
          expect([id, found]).toEqual([
            id,
            own.map((row) => [
              ...[row.day, Number(row.games_played)],
              ...COUNTING.map((statistic) => Number(row[columnOf(statistic)])),
            ]),
          ]);
          const whole =
            of === "player"
              ? (await stats.getPlayerSeason({ season, playerId: id })).player
              : await stats.getTeamSeason({ season, teamId: id });
          const sums = COUNTING.map((statistic) =>
            windows.reduce((sum, { totals }) => sum + (totals?.[statistic] ?? 0), 0),
          );
          expect([id, sums]).toEqual([id, countsIn(whole?.totals)]);
          compared += windows.length;
        }
      }
    }
    console.log(`${compared} weeks and months of players and teams equal`);
    expect(compared).toBeGreaterThan(5_000);
  });

  it("P2: changes nothing when all of it is replayed and corrected again", {
    timeout: 300_000,
  }, async () => {
    const before = await mesh.answer("export", "player-games");

    const replayed = JSON.parse(await mesh.answer("replay", join(SEASON, "events"), "--json"));
    const corrected = JSON.parse(
      await mesh.answer("correct", join(SEASON, "player-box.csv.gz"), "--json"),
    );

    expect(replayed).toMatchObject({ lines: LINES, duplicates: LINES });
    expect(corrected).toMatchObject({ changed: 0, unchanged: PLAYER_LINES });
    expect(await mesh.answer("export", "player-games")).toBe(before);
    const rows = await sql("select slot, end_offset, digest from journal_head order by slot");
    expect(rows).toEqual(heads);
  });

  it("P5: makes the hot store of all of it again in seconds, and finds no difference", {
    timeout: 180_000,
  }, async () => {
    const timed = async (...args: string[]) => {
      const begun = performance.now();
      const { stdout, stderr } = await mesh.run(...args, "--season", "2023-24", "--json");
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      return { told: JSON.parse(stdout), stderr, seconds };
    };
    const rebuild = await timed("rebuild");
    const verify = await timed("verify");

    const { archived, tail, seconds } = rebuild.told;
    console.log(
      `rebuilt ${archived} entries and ${tail} of the tail in ${seconds} s; ` +
        `verified ${verify.told.entries} entries and ${verify.told.fields} fields in ${verify.seconds} s`,
    );
    expect(rebuild.told).toMatchObject({ games: 1_230, tail: 0 });
    expect(verify.told).toMatchObject({ total: 0, entries: archived });
    expect(verify.stderr).toContain(`compared ${archived} of ${archived} entries`);
  });
});

function columnOf(statistic: string): string {
  return statistic.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

async function rowsOf(file: string): Promise<Row[]> {
  return parse(await textOf(file), { columns: true });
}

async function textOf(file: string): Promise<string> {
  const stream = createReadStream(file);
  return text(file.endsWith(".gz") ? stream.pipe(createGunzip()) : stream);
}

function thousandths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(1000 * value);
}

function byPlayerAndGame(rows: readonly Row[]): Map<string, Row> {
  return new Map(rows.map((row) => [`${row.game_id} ${row.player_id}`, row]));
}

function countsOf(row: Row): number[] {
  return COUNTS.map((name) => Number(row[name]));
}

function countsIn(
  totals: Partial<Record<(typeof COUNTING)[number], number>> | undefined,
): number[] {
  return COUNTING.map((statistic) => totals?.[statistic] ?? Number.NaN);
}
