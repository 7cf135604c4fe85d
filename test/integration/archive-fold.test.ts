import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { GameFacts } from "#domain/boxscore";
import {
  byWindow,
  playerSeasonOver,
  type Tally,
  teamSeason,
  WINDOW_KINDS,
  type Window,
} from "#domain/season";
import { STATISTICS } from "#domain/statistics";
import { type ArchiveFolds, archiveFoldsIn } from "#stores/archive";
import { BEGINNING, CursorLost, decodeRow, type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import { gameLogsOf } from "../../domain/season/game-logs.fixture.ts";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { freshDatabase, freshSlot, SILENT } from "./stores.fixture.ts";
import { type Story, seeded, tell } from "./story.fixture.ts";

let pool: pg.Pool;
let journal: Journal;
let story: Story;
/** What a fold that was never disturbed leaves. */
let expected: unknown;

beforeAll(async () => {
  pool = postgresPool({ url: await freshDatabase(), connectionsMax: 8, log: SILENT, name: "test" });
  journal = journalInPostgres(pool);
  story = await tell(journal, freshSlot(), 11, 500);
  await foldAll(foldOver(archiveFoldsIn(pool)));
  expected = await dump();
});

afterAll(() => pool.end());

describe("the archive fold", () => {
  it("P8: keeps every entry as it was recorded, each once", async () => {
    const rows = await journal.read(story.slot, BEGINNING, 1_000_000);
    const recorded = rows.flatMap(decodeRow);

    const { rows: kept } = await pool.query<{
      entry_offset: string;
      body: Buffer;
      game_id: string;
    }>("select entry_offset, body, game_id from stat_line where slot = $1 order by entry_offset", [
      story.slot,
    ]);
    expect(kept.map(({ entry_offset }) => Number(entry_offset))).toEqual(
      recorded.map(({ offset }) => offset),
    );
    expect(kept.every(({ body }, at) => body.equals(recorded[at]!.bytes))).toBe(true);
    expect(kept.map(({ game_id }) => game_id)).toEqual(recorded.map(({ entry }) => entry.gameId));
  });

  it("P3: has the line that counts of every player, and views that are their sums", async () => {
    const counted = story.counted();
    const lines = await linesOf();
    expect(lines.size).toBe(counted.size);
    for (const [key, line] of counted) expect([key, lines.get(key)]).toEqual([key, line]);

    const { rows } = await pool.query<Record<string, string | number>>(
      "select * from player_season where slot = $1 order by player_id",
      [story.slot],
    );
    const players = [...new Set([...counted.keys()].map((key) => key.split(" ")[1]!))].sort();
    expect(rows.map(({ player_id }) => player_id)).toEqual(players);
    for (const row of rows) {
      const own = [...counted].filter(([key]) => key.endsWith(` ${row.player_id}`));
      expect(row.games_played).toBe(own.length);
      for (const statistic of STATISTICS) {
        const sum = own.reduce((total, [, { totals }]) => total + (totals[statistic] ?? 0), 0);
        expect([row.player_id, statistic, Number(row[columnOf(statistic)])]).toEqual([
          row.player_id,
          statistic,
          sum,
        ]);
      }
    }
    const teams = await pool.query<{ team_id: string; points: string; games_played: number }>(
      "select team_id, points, games_played from team_season where slot = $1",
      [story.slot],
    );
    for (const { team_id, points, games_played } of teams.rows) {
      const own = [...counted].filter(([, { teamId }]) => teamId === team_id);
      const sum = own.reduce((total, [, { totals }]) => total + (totals.points ?? 0), 0);
      const games = new Set(own.map(([key]) => key.split(" ")[0]));
      expect([team_id, Number(points), games_played]).toEqual([team_id, sum, games.size]);
    }
  });

  it("gives back the periods of each newest live line", async () => {
    const games = await archiveFoldsIn(pool).games(
      story.slot,
      [...story.periods().keys()].map((key) => key.split(" ")[0]!),
    );
    for (const [key, periods] of story.periods()) {
      const [gameId = "", playerId = ""] = key.split(" ");
      const live = games.get(gameId)?.players.get(playerId)?.live;
      expect([key, live?.periods ?? []]).toEqual([key, periods]);
    }
  });

  it("has views of days, weeks and months that are what the lines come to by their games' dates", async () => {
    const ids = [...new Set([...story.periods().keys()].map((key) => key.split(" ")[0]!))];
    const logs = gameLogsOf(await archiveFoldsIn(pool).games(story.slot, ids));
    // Whose only line was official and was taken back is of no team, and in no window.
    const withdrawn = [story.slot, ids[0], "withdrawn"];
    await pool.query(
      "insert into player_game (slot, game_id, player_id, official) values ($1, $2, $3, false)",
      withdrawn,
    );
    onTestFinished(async () => {
      await pool.query("delete from player_game where slot = $1 and player_id = $2", [
        story.slot,
        "withdrawn",
      ]);
    });

    for (const of of ["player", "team"] as const) {
      const owners: [string, Window, Tally][] =
        of === "player"
          ? windowsIn(logs.players, (games) => playerSeasonOver(games).all)
          : // The views have no team without a line of a player.
            windowsIn(logs.teams, (games) => teamSeason(games).players).filter(
              ([, , { games }]) => games > 0,
            );
      const expected = owners.map(([id, { kind, from }, { games, totals }]) => [
        `${id} ${kind}:${from}`,
        [games, ...STATISTICS.map((statistic) => totals[statistic])],
      ]);
      const { rows } = await pool.query<Record<string, string>>(
        `select *, ${of}_id || ' ' || kind || ':' || from_day as name, until_day - from_day as days
         from ${of}_window where slot = $1`,
        [story.slot],
      );
      const found = rows.map((row) => [
        row.name,
        [row.games_played, ...STATISTICS.map((statistic) => row[columnOf(statistic)])].map(Number),
      ]);
      expect(expected.length).toBeGreaterThan(15);
      expect(new Map(found as never)).toEqual(new Map(expected as never));
      const days = new Set(rows.map(({ kind, days }) => `${kind} ${days}`));
      expect(days).toEqual(new Set(["day 1", "week 7", "month 30", "month 31"]));
    }
  });

  it("P2: ends the same wherever its batches end", async () => {
    for (const entriesPerFold of [1, 50, 700]) {
      await forgetSlot();
      await foldAll(foldOver(archiveFoldsIn(pool), entriesPerFold));

      expect(await dump()).toEqual(expected);
    }
  });

  it("P5: takes nothing that the journal has lost since it was read", async () => {
    const slot = freshSlot();
    await tell(journal, slot, 3, 40);
    const archive = archiveFoldsIn(pool);
    const kept = await journal.read(slot, BEGINNING, 1_000);
    const lost = kept.at(-1)!;
    const late: ArchiveFolds = {
      ...archive,
      async move(...args) {
        // What a failover takes away, between reading and writing.
        await pool.query("delete from journal_row where slot = $1 and first_offset = $2", [
          ...[slot, lost.firstOffset],
        ]);
        return archive.move(...args);
      },
    };

    await expect(foldOver(late).advance(slot)).rejects.toThrow(CursorLost);
    expect((await archive.cursors()).get(slot)).toBeUndefined();
  });

  it("P2: ends the same when three projectors fold at once", async () => {
    await forgetSlot();

    await Promise.all([5, 30, 90].map((size) => foldAll(foldOver(archiveFoldsIn(pool), size))));

    expect(await dump()).toEqual(expected);
  });

  it("P2: ends the same when it is killed before or after any of its commits", async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const random = seeded(seed);
      await forgetSlot();
      let kills = 0;
      for (;;) {
        const archive = killedAtRandom(archiveFoldsIn(pool), random);
        try {
          await foldAll(foldOver(archive, 1 + Math.floor(random() * 150)));
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          kills += 1;
        }
      }

      expect(kills).toBeGreaterThan(0);
      expect(await dump(), `seed ${seed}`).toEqual(expected);
    }
  });

  it("makes room for a month of which no partition is there", async () => {
    await forgetSlot();
    const month = new Date().toISOString().slice(0, 7).replace("-", "");
    await pool.query(`drop table stat_line_${month}`);

    await foldAll(foldOver(archiveFoldsIn(pool)));

    expect(await dump()).toEqual(expected);
  });
});

class Killed extends Error {}

/** An archive whose user dies before or after some commits. */
function killedAtRandom(archive: ArchiveFolds, random: () => number): ArchiveFolds {
  return {
    ...archive,
    async move(...args) {
      if (random() < 0.15) throw new Killed();
      const moved = await archive.move(...args);
      if (random() < 0.15) throw new Killed();
      return moved;
    },
  };
}

/** Every window of every owner of a log, and what its games come to. */
function windowsIn<Game extends { readonly facts: GameFacts }>(
  logs: ReadonlyMap<string, readonly Game[]>,
  tallyOf: (games: readonly Game[]) => Tally,
): [string, Window, Tally][] {
  return [...logs].flatMap(([id, log]) =>
    WINDOW_KINDS.flatMap((kind) =>
      byWindow(kind, log).map(({ window, games }): [string, Window, Tally] => [
        ...([id, window, tallyOf(games)] as const),
      ]),
    ),
  );
}

function foldOver(archive: ArchiveFolds, entriesPerFold = 5_000) {
  return archiveFold(journal, archive, { entriesPerFold });
}

async function foldAll(fold: ReturnType<typeof foldOver>): Promise<void> {
  const head = (await journal.heads()).get(story.slot);
  for (;;) {
    await fold.advance(story.slot);
    const [cursor] = await fold.cursors([story.slot]);
    if (cursor?.endOffset === head?.endOffset && cursor?.digest === head?.digest) return;
  }
}

async function forgetSlot(): Promise<void> {
  for (const table of [
    "archive_cursor",
    "stat_line",
    "game",
    "game_span",
    "player_game",
    "team_game",
  ]) {
    await pool.query(`delete from ${table} where slot = $1`, [story.slot]);
  }
}

async function linesOf() {
  const { rows } = await pool.query<Record<string, string | number | boolean | null>>(
    "select * from player_game where slot = $1 and team_id is not null",
    [story.slot],
  );
  return new Map(
    rows.map((row) => {
      const totals = STATISTICS.filter((statistic) => row[columnOf(statistic)] !== null).map(
        (statistic) => [statistic, row[columnOf(statistic)]],
      );
      const line = {
        teamId: row.team_id,
        totals: Object.fromEntries(totals),
        official: row.official,
      };
      return [`${row.game_id} ${row.player_id}`, line];
    }),
  );
}

function columnOf(statistic: string): string {
  return statistic.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

async function dump(): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const [table, order] of [
    ["archive_cursor", "slot"],
    ["stat_line", "entry_offset"],
    ["game", "game_id"],
    ["game_span", "game_id"],
    ["player_game", "game_id, player_id"],
    ["team_game", "game_id, team_id"],
  ]) {
    const text = `select * from ${table} where slot = $1 order by ${order}`;
    found[table!] = (await pool.query(text, [story.slot])).rows;
  }
  return found;
}
