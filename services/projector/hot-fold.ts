import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { foldBoxScores } from "#domain/boxscore";
import { foldSeason, type SeasonTotals, touchedBy } from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import type { ArchiveReads } from "#stores/archive";
import type { HotCursor, HotFolds, Track } from "#stores/hotstore";
import { CursorLost, decodeRow, type Journal, type JournalRow } from "#stores/journal";
import { type Fold, isFull } from "./fold.ts";

const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

/** How long to leave a slot to whoever makes it again, in ms. */
const LEFT_TO_OTHERS_MS = 100;

/** What the fold works on. */
type Means = {
  readonly journal: Journal;
  readonly hot: HotFolds;
  /** Where a slot that has to be made again begins. */
  readonly archive: Pick<ArchiveReads, "snapshot">;
  /** Does work while no other process does work of that name; undefined when one does. */
  readonly whileAlone: <Result>(
    name: string,
    work: () => Promise<Result>,
  ) => Promise<Result | undefined>;
  readonly entriesPerFold: number;
  readonly log: Log;
};

/** The hot store's fold, which can also make a slot again. */
export type HotFold = Fold & {
  /**
   * Makes a slot again from the archive and the journal's tail, beside what is read, and then lets it
   * be read from there. Undefined when another process is doing so.
   */
  rebuild(slot: Slot): Promise<Rebuilt | undefined>;
};

/** What a slot was made again from. */
export type Rebuilt = {
  /** Entries that the archive had folded. */
  readonly archived: number;
  /** Entries of the journal's tail. */
  readonly tail: number;
  readonly games: number;
  readonly milliseconds: number;
};

/** The fold of the journal into the hot store. */
export function hotFold(means: Means): HotFold {
  const { journal, hot, archive, whileAlone, entriesPerFold, log } = means;
  // Where each slot was left. Only a guess, which saves a round trip: the move compares.
  const cursors = new Map<Slot, HotCursor>();

  /** Where a slot is; undefined when it has to be made, and then `lost` is what stands there. */
  async function cursorOf(slot: Slot): Promise<{ cursor?: HotCursor; lost?: HotCursor }> {
    const known = cursors.get(slot);
    if (known !== undefined) return { cursor: known };
    const [found] = await hot.cursors([slot]);
    if (found === undefined) return {};
    return found.journalId === (await journal.id()) ? { cursor: found } : { lost: found };
  }

  /** Folds rows onto a track; returns its new cursor, or undefined when it was elsewhere. */
  async function foldOnto(
    track: Track,
    cursor: HotCursor,
    rows: readonly JournalRow[],
  ): Promise<HotCursor | undefined> {
    const { slot } = track;
    const { generation } = cursor;
    const entries = rows.flatMap(decodeRow).map(({ entry }) => entry);
    const gameIds = [...new Set(entries.map(({ gameId }) => gameId))];
    const games = await hot.games(slot, generation, gameIds);
    const folded = foldBoxScores(games, entries);
    const touched = touchedBy(games, folded);
    const seasons =
      touched.players.size + touched.teams.size === 0
        ? NO_SEASONS
        : await hot.seasons(slot, generation, touched);
    const now = { games: folded, seasons: foldSeason(seasons, games, folded) };
    const next = after(cursor, rows);
    const from = { cursor, state: { games, seasons } };
    const elsewhere = await hot.move(track, from, { cursor: next, state: now });
    return elsewhere === undefined ? next : undefined;
  }

  /** The archive's state of a slot as a generation of its own, which nobody reads yet. */
  async function begun(slot: Slot): Promise<{ cursor: HotCursor; games: number } | undefined> {
    const { cursor: archived, value: games } = await archive.snapshot(slot);
    const cursor: HotCursor = {
      endOffset: archived?.endOffset ?? 0,
      digest: archived?.digest ?? "",
      journalId: await journal.id(),
      terms: archived?.terms ?? [],
      recordedAt: archived?.recordedAt ?? 0,
      generation: randomBytes(4).toString("hex"),
    };
    const seasons = foldSeason(NO_SEASONS, new Map(), games);
    const built = await hot.build(slot, { cursor, state: { games, seasons } });
    return built ? { cursor, games: games.size } : undefined;
  }

  async function make(slot: Slot, lost: HotCursor | undefined): Promise<Rebuilt> {
    const start = performance.now();
    for (;;) {
      const beginning = await begun(slot);
      let built = beginning?.cursor;
      let outcome: "served" | "behind" | "gone" = "gone";
      while (built !== undefined) {
        const rows = await journal.read(slot, built, entriesPerFold);
        if (rows.length > 0) {
          built = await foldOnto({ slot, building: built.generation }, built, rows);
          continue;
        }
        outcome = await hot.serve(slot, built, lost);
        if (outcome !== "behind") break;
      }
      // Whatever has swept it away, a wiped Redis for one: begin again.
      if (outcome !== "served" || beginning === undefined || built === undefined) continue;
      const archived = beginning.cursor.endOffset;
      const rebuilt = {
        archived,
        tail: built.endOffset - archived,
        games: beginning.games,
        milliseconds: Math.round(performance.now() - start),
      };
      log.info({ slot, ...rebuilt }, "made the hot store's slot again");
      cursors.set(slot, built);
      return rebuilt;
    }
  }

  async function rebuild(slot: Slot, lost?: HotCursor): Promise<Rebuilt | undefined> {
    cursors.delete(slot);
    return whileAlone(`rebuild ${slot}`, async () => {
      // Somebody may have made it while this process waited for its turn.
      const [present] = lost === undefined ? [] : await hot.cursors([slot]);
      const stillLost = lost === undefined || present?.generation === lost.generation;
      return stillLost ? make(slot, lost) : NOTHING_REBUILT;
    });
  }

  return {
    name: "hot store",
    rebuild: (slot) => rebuild(slot),
    async cursors(slots) {
      const found = await hot.cursors(slots);
      return found.map((cursor) => cursor ?? NOWHERE);
    },
    forget: (slot) => void cursors.delete(slot),
    async advance(slot) {
      const { cursor, lost } = await cursorOf(slot);
      if (cursor === undefined) return remade(slot, lost);
      let rows: JournalRow[];
      try {
        rows = await journal.read(slot, cursor, entriesPerFold);
      } catch (error) {
        if (!(error instanceof CursorLost)) throw error;
        log.warn({ slot, err: error }, "the hot store is off the journal's chain; making it again");
        return remade(slot, cursor);
      }
      if (rows.length === 0) {
        cursors.set(slot, cursor);
        return false;
      }
      const next = await foldOnto({ slot }, cursor, rows);
      if (next === undefined) {
        // Another projector was faster, or a failover lost some: go on from where the slot says it is.
        cursors.delete(slot);
        return true;
      }
      cursors.set(slot, next);
      return isFull(next.endOffset - cursor.endOffset, entriesPerFold);
    },
  };

  async function remade(slot: Slot, lost: HotCursor | undefined): Promise<boolean> {
    const [present] = await hot.cursors([slot]);
    // Between the first look and this one somebody else may have made it.
    if (present !== undefined && present.generation !== lost?.generation) {
      cursors.delete(slot);
      return true;
    }
    if ((await rebuild(slot, lost)) === undefined) await delay(LEFT_TO_OTHERS_MS);
    return true;
  }
}

const NOTHING_REBUILT: Rebuilt = { archived: 0, tail: 0, games: 0, milliseconds: 0 };

/** What a slot that is not there is compared as: no log has such an end. */
const NOWHERE = { endOffset: -1, digest: "" };

function after(cursor: HotCursor, rows: readonly JournalRow[]): HotCursor {
  const terms = [...cursor.terms];
  for (const { term, firstOffset } of rows) {
    if (term !== terms.at(-1)?.term) terms.push({ term, firstOffset });
  }
  const last = rows.at(-1);
  if (last === undefined) return cursor;
  return {
    ...cursor,
    endOffset: last.firstOffset + last.entries,
    digest: last.digest,
    terms,
    recordedAt: last.recordedAt,
  };
}
