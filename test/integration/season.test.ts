import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse/sync";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ABBREVIATIONS, COUNTING } from "#domain/statistics";
import { WindowKind } from "#gen/courtside/read/v1/window_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type RpcClient, rpcClient } from "#runtime/rpc";
import { type CommandLine, startCommandLine } from "./command-line.fixture.ts";

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

describe.skipIf(absent)(absent ? `the whole season: skipped, ${why}` : "the whole season", () => {
  let mesh: CommandLine;
  let stats: RpcClient<typeof StatsService>;
  let official: Map<string, Row>;
  let heads: unknown;

  beforeAll(async () => {
    mesh = await startCommandLine();
    const address = mesh.state().services.find(({ name }) => name === "stats")?.address ?? "";
    stats = rpcClient(StatsService, address);
    official = byPlayerAndGame(await rowsOf(join(SEASON, "player-box.csv.gz")));
  }, 120_000);
  afterAll(async () => {
    stats?.close();
    await mesh?.close();
  }, 120_000);

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

  it("keeps the archive equal to what readers see", { timeout: 60_000 }, async () => {
    const url = mesh.state().stores.find(({ name }) => name === "postgres")?.url;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows: journalled } = await client.query(
      "select slot, end_offset, digest from journal_head order by slot",
    );
    const { rows: archived } = await client.query(
      "select slot, end_offset, digest from archive_cursor order by slot",
    );
    expect(archived).toEqual(journalled);
    heads = journalled;

    const { rows: kept } = await client.query<{ lines: number; offsets: number }>(
      "select count(*)::integer as lines, count(distinct (slot, entry_offset))::integer as offsets from stat_line",
    );
    const recorded = journalled.reduce((sum, row) => sum + Number(row.end_offset), 0);
    expect(kept[0]).toEqual({ lines: recorded, offsets: recorded });

    const { rows } = await client.query<Record<string, string>>(
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
    await client.end();
  });

  it("has each player's and team's weeks and months, which add up and are what SQL says", {
    timeout: 120_000,
  }, async () => {
    const url = mesh.state().stores.find(({ name }) => name === "postgres")?.url;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const season = { season: "2023-24" };
    let compared = 0;
    for (const of of ["player", "team"] as const) {
      for (const [name, kind] of [
        ["week", WindowKind.WEEK],
        ["month", WindowKind.MONTH],
      ] as const) {
        const { rows } = await client.query<Record<string, string>>(
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
    await client.end();
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
    const url = mesh.state().stores.find(({ name }) => name === "postgres")?.url;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(
      "select slot, end_offset, digest from journal_head order by slot",
    );
    await client.end();
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
  const stream = createReadStream(file);
  const bytes = await buffer(file.endsWith(".gz") ? stream.pipe(createGunzip()) : stream);
  return parse(bytes, { columns: true });
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
