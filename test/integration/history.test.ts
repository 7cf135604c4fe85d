import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CountedLine, countedLine, type Entry, type PlayerLines } from "#domain/boxscore";
import type { Moment } from "#domain/history";
import { STATISTICS, TEAM_STATISTICS } from "#domain/statistics";
import { archiveFoldsIn, historyIn } from "#stores/archive";
import {
  BEGINNING,
  decodeRow,
  type Journal,
  type JournalEntry,
  journalInPostgres,
} from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import { summedLine } from "../../domain/boxscore/summed-line.ts";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { freshDatabase, freshSlot, SILENT } from "./stores.fixture.ts";
import { type Story, seeded, tell } from "./story.fixture.ts";

const STEPS = 600;
const MOMENTS = 1_000;

let pool: pg.Pool;
let journal: Journal;
let story: Story;
let entries: JournalEntry[];

beforeAll(async () => {
  pool = postgresPool({ url: await freshDatabase(), connectionsMax: 4, log: SILENT, name: "test" });
  journal = journalInPostgres(pool);
  story = await tell(journal, freshSlot(), 23, STEPS);
  const fold = archiveFold(journal, archiveFoldsIn(pool), { entriesPerFold: 200 });
  const head = (await journal.heads()).get(story.slot);
  for (;;) {
    await fold.advance(story.slot);
    if ((await fold.cursors([story.slot]))[0]?.endOffset === head?.endOffset) break;
  }
  entries = (await journal.read(story.slot, BEGINNING, 1_000_000)).flatMap(decodeRow);
});
afterAll(() => pool.end());

describe("the history of a season", () => {
  it(`P8: equals a fold of the lines by hand for ${MOMENTS} random subjects and moments`, {
    timeout: 120_000,
  }, async () => {
    const random = seeded(4);
    const history = historyIn(pool);
    const kinds = new Map<string, number>();
    let empty = 0;
    for (let count = 0; count < MOMENTS; count += 1) {
      const moment = momentAt(random);
      const lines = linesAt(moment);
      const season = history.at(moment);
      const kind = ["game", "player", "team", "board"][Math.floor(random() * 4)]!;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const context = `${count}: ${kind} at ${JSON.stringify(moment)}`;
      if (kind === "game") {
        const gameId = `g${Math.floor(random() * 6)}`;
        const { value } = await season.game(story.slot, gameId);
        const found = [...(value?.players ?? [])].flatMap(([id, known]) => {
          const counted = countedLine(known);
          return counted ? [[id, plain(counted)] as const] : [];
        });
        const wanted = lines.filter((line) => line.gameId === gameId);
        expect(new Map(found), context).toEqual(
          new Map(wanted.map(({ playerId, counted }) => [playerId, plain(counted)])),
        );
        if (wanted.length === 0) empty += 1;
      } else if (kind === "player") {
        const playerId = `p${Math.floor(random() * 14)}`;
        const { value } = await season.players(story.slot, [playerId]);
        const own = lines.filter((line) => line.playerId === playerId);
        expect(value[0]?.all.games ?? 0, context).toBe(own.length);
        for (const statistic of STATISTICS) {
          const sum = own.reduce(
            (total, { counted }) => total + (counted.totals[statistic] ?? 0),
            0,
          );
          expect(value[0]?.all.totals[statistic] ?? 0, `${context} ${statistic}`).toBe(sum);
        }
        expect(new Set(value[0]?.byTeam.keys()), context).toEqual(
          new Set(own.map(({ counted }) => counted.teamId)),
        );
      } else if (kind === "team") {
        const teamId = `t${1 + Math.floor(random() * 3)}`;
        const { value } = await season.team(story.slot, teamId);
        const own = lines.filter(({ counted }) => counted.teamId === teamId);
        expect(value?.players.games ?? 0, context).toBe(
          new Set(own.map(({ gameId }) => gameId)).size,
        );
        const points = own.reduce((total, { counted }) => total + (counted.totals.points ?? 0), 0);
        expect(value?.players.totals.points ?? 0, context).toBe(points);
        const alone = teamLinesAt(moment).filter((line) => line.teamId === teamId);
        for (const statistic of TEAM_STATISTICS) {
          const sum = alone.reduce((total, { totals }) => total + (totals[statistic] ?? 0), 0);
          expect(value?.team[statistic] ?? 0, `${context} ${statistic}`).toBe(sum);
        }
      } else {
        const { value } = await season.standings(story.slot, "points", 0, 100);
        const scores = new Map<string, number>();
        for (const { playerId, counted } of lines) {
          scores.set(playerId, (scores.get(playerId) ?? 0) + (counted.totals.points ?? 0));
        }
        const sorted = [...scores].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
        expect(
          value.rows.map(({ member, score }) => [member, score]),
          context,
        ).toEqual(sorted);
      }
    }

    console.log([...kinds].map(([kind, many]) => `${many} ${kind}s`).join(", "), `${empty} empty`);
    expect(Math.min(...kinds.values())).toBeGreaterThan(MOMENTS / 8);
    expect(empty).toBeLessThan(kinds.get("game")! / 2);
  });

  it("P8: tells what was believed from what is now known to have been true", async () => {
    const official = entries.find(({ entry }) => entry.kind === "official" && entry.line.totals)!;
    const { gameId } = official.entry;
    const history = historyIn(pool);
    const before = await history.at({ endOffset: official.offset }).game(story.slot, gameId);
    const after = await history.at({ endOffset: official.offset + 1 }).game(story.slot, gameId);

    const playerId = official.entry.kind === "official" ? official.entry.playerId : "";
    expect(countedLine(before.value?.players.get(playerId) ?? {})?.official ?? false).toBe(false);
    expect(countedLine(after.value?.players.get(playerId) ?? {})?.official).toBe(true);
    expect(after.cursor?.endOffset).toBe(official.offset + 1);
  });
});

function momentAt(random: () => number): Moment {
  const happened = Math.floor(random() * STEPS * 1_000);
  const { recordedAt } = entries[Math.floor(random() * entries.length)]!;
  const endOffset = Math.floor(random() * (entries.length + 1));
  const moments: Moment[] = [
    { happened },
    { endOffset },
    { known: recordedAt },
    { happened, endOffset },
    { happened, known: recordedAt },
    {},
  ];
  return moments[Math.floor(random() * moments.length)]!;
}

function knownAt({ known, endOffset }: Moment): Entry[] {
  return entries
    .filter(
      ({ offset, recordedAt }) =>
        offset < (endOffset ?? Infinity) && recordedAt <= (known ?? Infinity),
    )
    .map(({ entry }) => entry);
}

/** The last play of each game, as all of its lines ever have it. */
function lastPlays(): Map<string, number> {
  const last = new Map<string, number>();
  for (const { entry } of entries) {
    if (entry.kind !== "live" && entry.kind !== "team") continue;
    last.set(entry.gameId, Math.max(last.get(entry.gameId) ?? 0, entry.line.happenedAt));
  }
  return last;
}

/** By hand: of each player and game the line with the highest place, among those that count. */
function linesAt(moment: Moment) {
  const last = lastPlays();
  const { happened = Infinity } = moment;
  const found = new Map<string, { gameId: string; playerId: string; lines: PlayerLines }>();
  for (const entry of knownAt(moment)) {
    if (entry.kind !== "live" && entry.kind !== "official") continue;
    const { gameId, playerId } = entry;
    const key = `${gameId} ${playerId}`;
    const lines: PlayerLines = found.get(key)?.lines ?? {};
    if (entry.kind === "live") {
      if (entry.line.happenedAt > happened) continue;
      const { live } = lines;
      const newer =
        !live ||
        entry.line.epoch > live.epoch ||
        (entry.line.epoch === live.epoch && entry.line.number > live.number);
      if (newer)
        found.set(key, { gameId, playerId, lines: { ...lines, live: summedLine(entry.line) } });
    } else if (happened >= (last.get(gameId) ?? 0)) {
      if (entry.line.revision > (lines.official?.revision ?? 0)) {
        found.set(key, { gameId, playerId, lines: { ...lines, official: entry.line } });
      }
    }
  }
  return [...found.values()].flatMap(({ gameId, playerId, lines }) => {
    const counted = countedLine(lines);
    return counted ? [{ gameId, playerId, counted }] : [];
  });
}

/** A line without what its message carries beside the statistics. */
function plain({ totals, teamId, official }: CountedLine) {
  const known = STATISTICS.filter((statistic) => totals[statistic] !== undefined);
  return {
    teamId,
    official,
    totals: Object.fromEntries(known.map((name) => [name, totals[name]])),
  };
}

function teamLinesAt(moment: Moment) {
  const { happened = Infinity } = moment;
  const found = new Map<string, Extract<Entry, { kind: "team" }>>();
  for (const entry of knownAt(moment)) {
    if (entry.kind !== "team" || entry.line.happenedAt > happened) continue;
    const key = `${entry.gameId} ${entry.teamId}`;
    const known = found.get(key)?.line;
    const newer =
      !known ||
      entry.line.epoch > known.epoch ||
      (entry.line.epoch === known.epoch && entry.line.number > known.number);
    if (newer) found.set(key, entry);
  }
  return [...found.values()].map(({ teamId, line }) => ({ teamId, totals: line.totals }));
}
