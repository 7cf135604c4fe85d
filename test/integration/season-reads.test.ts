import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoxScores, countedLine, type Entry, foldBoxScores } from "#domain/boxscore";
import { featsOf } from "#domain/metrics";
import { type Tally, WINDOW_KINDS, windowOf } from "#domain/season";
import { STATISTICS, sumOf, TEAM_STATISTICS, type Totals } from "#domain/statistics";
import { archiveFoldsIn, archiveReadsIn, historyIn } from "#stores/archive";
import { hotFoldsIn, hotReadsIn } from "#stores/hotstore";
import { BEGINNING, decodeRow, type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool, whileAlone } from "#stores/postgres";
import type { SeasonReads } from "#stores/reads";
import type { RedisClient } from "#stores/redis";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { freshDatabase, freshSlot, redisOn, SILENT } from "./stores.fixture.ts";
import { seeded, tell } from "./story.fixture.ts";

const STEPS = 500;

let pool: pg.Pool;
let redis: RedisClient;
let journal: Journal;
let slot: string;
let entries: Entry[];

beforeAll(async () => {
  pool = postgresPool({ url: await freshDatabase(), connectionsMax: 6, log: SILENT, name: "test" });
  redis = await redisOn();
  journal = journalInPostgres(pool);
  ({ slot } = await tell(journal, freshSlot(), 31, STEPS));
  entries = (await journal.read(slot, BEGINNING, 1_000_000))
    .flatMap(decodeRow)
    .map(({ entry }) => entry);
  const means = {
    ...{ journal, hot: hotFoldsIn(redis), archive: archiveReadsIn(pool), log: SILENT },
    ...{ entriesPerFold: 37 },
    whileAlone: <Result>(name: string, work: () => Promise<Result>) => whileAlone(pool, name, work),
  };
  const folds = [hotFold(means), archiveFold(journal, archiveFoldsIn(pool), means)];
  for (const fold of folds) {
    for (;;) {
      await fold.advance(slot);
      const [cursor] = await fold.cursors([slot]);
      if (cursor?.endOffset === entries.length) break;
    }
  }
});

afterAll(async () => {
  redis.disconnect();
  await pool.end();
});

const stores: [string, () => SeasonReads][] = [
  ["the hot store", () => hotReadsIn(redis)],
  ["the archive", () => archiveReadsIn(pool)],
  ["the history", () => historyIn(pool).at({})],
];

describe.each(stores)("a season as %s has it", (_, reads) => {
  it("P3: has every player's and team's totals, what of them is live, and the opponents'", async () => {
    const { value } = await reads().totals(slot);

    expectTotals(value, foldBoxScores(new Map(), entries));
    expect([...value.players.values()].some(({ live }) => live.games > 0)).toBe(true);
    for (const [id, season] of value.players) {
      expect((await reads().players(slot, [id])).value).toEqual([season]);
    }
    for (const [id, season] of value.teams) {
      expect((await reads().team(slot, id)).value).toEqual(season);
    }
  });

  it("P8: has who does not play in each game, as was said last", async () => {
    let absent = 0;
    for (const [gameId, box] of foldBoxScores(new Map(), entries)) {
      const { value } = await reads().game(slot, gameId);
      expect([gameId, value?.didNotPlay]).toEqual([gameId, box.didNotPlay]);
      absent += box.didNotPlay?.length ?? 0;
    }
    expect(absent).toBeGreaterThan(3);
  });

  it("P3: has the game log of every player and team", async () => {
    const boxes = foldBoxScores(new Map(), entries);
    const ids = [...Array(14).keys(), "nobody"].map((at) => `p${at}`);

    const { value: logs } = await reads().playerGames(slot, ids);
    expect(logs).toHaveLength(ids.length);
    for (const [at, log] of logs.entries()) {
      const expected = [...boxes].flatMap(([gameId, { players }]) => {
        const line = countedLine(players.get(ids[at] ?? "") ?? {});
        return line ? [[gameId, line.teamId, line.official, plain(line.totals)]] : [];
      });
      const found = log.map(({ gameId, line }) => [
        ...[gameId, line.teamId, line.official],
        plain(line.totals),
      ]);
      expect(found.sort(byFirst)).toEqual(expected.sort(byFirst));
      expectGames(log, boxes);
    }
    for (const teamId of ["t1", "t2", "t3"]) {
      const { value: log } = await reads().teamGames(slot, teamId);
      const expected = [...boxes].filter(([, { players, teams }]) => {
        const lines = [...players.values()].map(countedLine);
        return teams.has(teamId) || lines.some((line) => line?.teamId === teamId);
      });
      expect(log.map(({ gameId }) => gameId).sort()).toEqual(expected.map(([id]) => id).sort());
      for (const { gameId, own, opponents } of log) {
        const box = boxes.get(gameId)!;
        const lines = linesIn(new Map([[gameId, box]]));
        const mine = lines.filter((line) => line.teamId === teamId);
        expectTally(own.players, mine, mine.length > 0 ? 1 : 0);
        const theirs = lines.filter((line) => line.teamId !== teamId);
        const others = new Set(theirs.map((line) => line.teamId));
        expectTally(opponents.players, theirs, others.size);
        for (const name of TEAM_STATISTICS) {
          expect(own.team[name]).toBe(box.teams.get(teamId)?.totals[name] ?? 0);
        }
      }
      expectGames(log, boxes);
    }
  });
});

describe("the history of a season's totals", () => {
  it("P8: equals a fold of what had been recorded by any position", async () => {
    const random = seeded(3);
    for (let count = 0; count < 25; count += 1) {
      const endOffset = Math.floor(random() * (entries.length + 1));
      const { value } = await historyIn(pool).at({ endOffset }).totals(slot);

      expectTotals(value, foldBoxScores(new Map(), entries.slice(0, endOffset)));
    }
  });
});

describe("the history of a window's board", () => {
  it("P8: ranks the players of its games as they had been recorded by any position", async () => {
    const random = seeded(5);
    const dates = ["2023-10-29", "2023-10-30", "2023-11-01", "2023-12-24"];
    let rows = 0;
    for (let count = 0; count < 60; count += 1) {
      const endOffset = Math.floor(random() * (entries.length + 1));
      const kind = WINDOW_KINDS[count % WINDOW_KINDS.length]!;
      const window = windowOf(kind, dates[Math.floor(random() * dates.length)])!;
      const { value } = await historyIn(pool)
        .at(count % 4 === 0 ? {} : { endOffset })
        .windowBoard(slot, "points", window);

      const boxes = foldBoxScores(
        new Map(),
        entries.slice(0, count % 4 === 0 ? undefined : endOffset),
      );
      const inside = [...boxes].filter(
        ([
          ,
          {
            facts: { date = "" },
          },
        ]) => {
          return date >= window.from && date < window.until;
        },
      );
      const scores = new Map<string, number>();
      for (const { playerId, totals } of linesIn(new Map(inside))) {
        scores.set(playerId, (scores.get(playerId) ?? 0) + (totals.points ?? 0));
      }
      const sorted = [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
      const ranks = sorted.map(([member, score]) => {
        const better = sorted.filter(([, other]) => other > score).length;
        return { member, score, rank: better + 1 };
      });
      expect([window, value]).toEqual([window, ranks]);
      rows += ranks.length;
    }
    expect(rows).toBeGreaterThan(200);
  });
});

function linesIn(boxes: BoxScores) {
  return [...boxes].flatMap(([gameId, { players, facts }]) =>
    [...players].flatMap(([playerId, lines]) => {
      const line = countedLine(lines);
      return line ? [{ gameId, playerId, live: facts.status === "live", ...line }] : [];
    }),
  );
}

/** By hand: every sum is made from the lines, one after the other. */
function expectTotals(
  { players, teams }: Awaited<ReturnType<SeasonReads["totals"]>>["value"],
  boxes: BoxScores,
): void {
  const lines = linesIn(boxes);
  const playerIds = new Set(lines.map(({ playerId }) => playerId));
  expect(new Set(players.keys())).toEqual(playerIds);
  for (const [id, { all, byTeam, live }] of players) {
    const own = lines.filter(({ playerId }) => playerId === id);
    expectTally(all, own, own.length);
    const playing = own.filter((line) => line.live);
    expectTally(live, playing, playing.length);
    expect(new Set(byTeam.keys())).toEqual(new Set(own.map(({ teamId }) => teamId)));
    for (const [team, tally] of byTeam) {
      const inTeam = own.filter(({ teamId }) => teamId === team);
      expectTally(tally, inTeam, inTeam.length);
    }
  }
  for (const teamId of ["t1", "t2", "t3"]) {
    const own = lines.filter((line) => line.teamId === teamId);
    const season = teams.get(teamId);
    expect(season === undefined).toBe(
      own.length === 0 && ![...boxes.values()].some((box) => box.teams.has(teamId)),
    );
    if (season === undefined) continue;
    expectTally(season.players, own, new Set(own.map(({ gameId }) => gameId)).size);
    const playing = own.filter((line) => line.live);
    expectTally(season.live, playing, new Set(playing.map(({ gameId }) => gameId)).size);
    const met = [...boxes].filter(
      ([id, box]) => box.teams.has(teamId) || own.some(({ gameId }) => gameId === id),
    );
    const theirs = linesIn(new Map(met)).filter((line) => line.teamId !== teamId);
    const sides = new Set(theirs.map((line) => `${line.gameId} ${line.teamId}`));
    expectTally(season.opponents.players, theirs, sides.size);
    for (const name of TEAM_STATISTICS) {
      let alone = 0;
      let others = 0;
      for (const [, box] of met) {
        for (const [id, { totals }] of box.teams) {
          if (id === teamId) alone += totals[name] ?? 0;
          else others += totals[name] ?? 0;
        }
      }
      expect([season.team[name], season.opponents.team[name]]).toEqual([alone, others]);
    }
  }
}

function expectTally(found: Tally, lines: readonly { totals: Totals }[], games: number): void {
  const all = lines.map(({ totals }) => totals);
  const sums = sumOf(all);
  const totals = Object.fromEntries(STATISTICS.map((name) => [name, sums[name] ?? 0]));
  const unknown = Object.fromEntries(
    STATISTICS.map(
      (name) => [name, all.filter((line) => line[name] === undefined).length] as const,
    ).filter(([, count]) => count > 0),
  );
  expect(found).toEqual({ games, ...featsOf(all), totals, unknown });
}

function expectGames(
  log: readonly { gameId: string; facts: object; points: ReadonlyMap<string, number> }[],
  boxes: BoxScores,
): void {
  for (const { gameId, facts, points } of log) {
    expect(facts).toEqual(boxes.get(gameId)?.facts);
    const lines = linesIn(new Map([...boxes].filter(([id]) => id === gameId)));
    const sums = new Map<string, number>();
    for (const { teamId, totals } of lines) {
      sums.set(teamId, (sums.get(teamId) ?? 0) + (totals.points ?? 0));
    }
    expect(points).toEqual(sums);
  }
}

/** Totals without what their message carries beside the statistics. */
function plain(totals: Totals): Totals {
  const known = STATISTICS.filter((name) => totals[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, totals[name]]));
}

function byFirst([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
