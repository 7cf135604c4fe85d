import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type BoxScore, type BoxScores, foldBoxScores } from "#domain/boxscore";
import {
  foldSeason,
  type PlayerSeason,
  type SeasonTotals,
  type TeamSeason,
  touchedBy,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import type { ArchiveReads } from "#stores/archive";
import {
  type HotCursor,
  type HotFolds,
  type SlotState,
  type Track,
  TrackMoved,
} from "#stores/hotstore";
import { CursorLost, type Journal, type JournalRow } from "#stores/journal";
import { takenFrom } from "./entries.ts";
import { type Fold, isFull, SLOTS_KEPT_MAX } from "./fold.ts";
import { known, Recent } from "./recent.ts";

/** Games, players and teams of which a fold keeps what it last wrote, a slot: about 20 MB. */
const GAMES_KEPT_MAX = 256;
const PLAYERS_KEPT_MAX = 4_096;
const TEAMS_KEPT_MAX = 256;

const NO_GAMES: BoxScores = new Map();
const NO_SEASONS: SeasonTotals = { players: new Map(), teams: new Map() };

/** How long to leave a slot to whoever makes it again, in ms. */
const LEFT_TO_OTHERS_MS = 100;

/** What the fold works on. */
type Means = {
  readonly journal: Journal;
  readonly hot: HotFolds;
  /** Where a slot that has to be made again begins. */
  readonly archive: Pick<ArchiveReads, "inParts">;
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
  // Where each slot was left, and what was there. Only a guess, which saves round trips: the move compares.
  const places = new Recent<Slot, Place>(SLOTS_KEPT_MAX);

  /** Where a slot is; undefined when it has to be made, and then `lost` is what stands there. */
  async function placeOf(slot: Slot): Promise<{ place?: Place; lost?: HotCursor }> {
    const left = places.get(slot);
    if (left !== undefined) return { place: left };
    const found = await hot.cursor(slot);
    if (found === undefined) return {};
    return found.journalId === (await journal.id()) ? { place: placeAt(found) } : { lost: found };
  }

  /** Folds rows onto a track; returns its new place, or undefined when it was elsewhere. */
  async function foldOnto(
    track: Track,
    place: Place,
    rows: readonly JournalRow[],
  ): Promise<Place | undefined> {
    const { cursor } = place;
    const { gameIds, entries } = takenFrom(rows);
    const before = await loaded(track, place, gameIds, entries);
    if (before === undefined) return undefined;
    const { games, folded, seasons } = before;
    const state = { games: folded, seasons: foldSeason(seasons, games, folded) };
    const next = after(cursor, rows);
    const from = { cursor, state: { games, seasons } };
    const elsewhere = await hot.move(track, from, { cursor: next, state });
    if (elsewhere !== undefined) return undefined;
    // Only now is it sure that this is what stands there.
    place.games.setAll(folded);
    for (const { players, teams } of [seasons, state.seasons]) {
      place.players.setAll(players);
      place.teams.setAll(teams);
    }
    return { ...place, cursor: next };
  }

  /** What entries touch as it is at a place, and their games after them; undefined when the track is elsewhere. */
  async function loaded(
    track: Track,
    { cursor, games: gamesThere, players: playersThere, teams: teamsThere }: Place,
    gameIds: ReadonlySet<string>,
    entries: ReturnType<typeof takenFrom>["entries"],
  ) {
    try {
      const games = await known(gamesThere, gameIds, (ids) => hot.games(track, cursor, ids));
      const folded = foldBoxScores(games, entries);
      const touched = touchedBy(games, folded);
      const [players, teams] = await Promise.all([
        known(playersThere, touched.players, (ids) => hot.players(track, cursor, ids)),
        known(teamsThere, touched.teams, (ids) => hot.teams(track, cursor, ids)),
      ]);
      return { games, folded, seasons: { players, teams } };
    } catch (error) {
      if (error instanceof TrackMoved) return undefined;
      throw error;
    }
  }

  /** The archive's state of a slot as a generation of its own, which nobody reads yet. */
  async function begun(slot: Slot): Promise<{ cursor: HotCursor; games: number } | undefined> {
    const journalId = await journal.id();
    return archive.inParts(slot, async (archived, parts) => {
      const cursor: HotCursor = {
        endOffset: archived?.endOffset ?? 0,
        digest: archived?.digest ?? "",
        journalId,
        terms: archived?.terms ?? [],
        recordedAt: archived?.recordedAt ?? 0,
        generation: randomBytes(4).toString("hex"),
      };
      let games = 0;
      async function* states(): AsyncGenerator<SlotState, void> {
        const players = new Map<string, PlayerSeason>();
        const teams = new Map<string, TeamSeason>();
        for await (const part of parts) {
          const moved = foldSeason({ players, teams }, NO_GAMES, part);
          for (const [id, season] of moved.players) players.set(id, season);
          for (const [id, season] of moved.teams) teams.set(id, season);
          games += part.size;
          yield { games: part, seasons: NO_SEASONS };
        }
        yield { games: NO_GAMES, seasons: { players, teams } };
      }
      const built = await hot.build(slot, cursor, states());
      return built ? { cursor, games } : undefined;
    });
  }

  async function make(slot: Slot, lost: HotCursor | undefined): Promise<Rebuilt> {
    const start = performance.now();
    for (;;) {
      const beginning = await begun(slot);
      let built = beginning && placeAt(beginning.cursor);
      let outcome: "served" | "behind" | "gone" = "gone";
      let ahead: HotCursor | undefined;
      while (built !== undefined) {
        const { cursor }: Place = built;
        const rows = await journal.read(slot, cursor, entriesPerFold);
        if (rows.length > 0) {
          built = await foldOnto({ slot, building: cursor.generation }, built, rows);
          if (built === undefined) break;
          const folded: number = built.cursor.endOffset - cursor.endOffset;
          if (isFull(folded, entriesPerFold)) continue;
        }
        // What comes meanwhile is folded like all else: the end of a log that grows may never be met. A slot
        // that was further than the log is, once nothing comes, is on no chain.
        const replaced = rows.length === 0 ? (ahead ?? lost) : lost;
        outcome = await hot.serve(slot, built.cursor, replaced);
        if (outcome !== "behind") break;
        ahead = await hot.cursor(slot);
      }
      // Whatever has swept it away, a wiped Redis for one: begin again.
      if (outcome !== "served" || beginning === undefined || built === undefined) continue;
      const archived = beginning.cursor.endOffset;
      const rebuilt = {
        archived,
        tail: built.cursor.endOffset - archived,
        games: beginning.games,
        milliseconds: Math.round(performance.now() - start),
      };
      log.info({ slot, ...rebuilt }, "made the hot store's slot again");
      places.set(slot, built);
      return rebuilt;
    }
  }

  async function rebuild(slot: Slot, lost?: HotCursor): Promise<Rebuilt | undefined> {
    places.delete(slot);
    return whileAlone(`rebuild ${slot}`, async () => {
      // Somebody may have made it while this process waited for its turn.
      const present = lost && (await hot.cursor(slot));
      const stillLost = lost === undefined || present?.generation === lost.generation;
      return stillLost ? make(slot, lost) : NOTHING_REBUILT;
    });
  }

  return {
    name: "hot store",
    rebuild: (slot) => rebuild(slot),
    async cursors(slots) {
      // Slots may be on several servers, of which one that is away holds up none of the others.
      const found = await Promise.allSettled(slots.map((slot) => hot.cursor(slot)));
      const [first] = found;
      if (first?.status === "rejected" && found.every(({ status }) => status === "rejected")) {
        throw first.reason;
      }
      return found.map((one) => (one.status === "fulfilled" ? (one.value ?? NOWHERE) : undefined));
    },
    forget: (slot) => void places.delete(slot),
    async advance(slot) {
      const { place, lost } = await placeOf(slot);
      if (place === undefined) return remade(slot, lost);
      const { cursor } = place;
      let rows: JournalRow[];
      try {
        rows = await journal.read(slot, cursor, entriesPerFold);
      } catch (error) {
        if (!(error instanceof CursorLost)) throw error;
        log.warn({ slot, err: error }, "the hot store is off the journal's chain; making it again");
        return remade(slot, cursor);
      }
      if (rows.length === 0) {
        places.set(slot, place);
        return false;
      }
      const next = await foldOnto({ slot }, place, rows);
      if (next === undefined) {
        // Another projector was faster, or a failover lost some: go on from where the slot says it is.
        places.delete(slot);
        return true;
      }
      places.set(slot, next);
      return isFull(next.cursor.endOffset - cursor.endOffset, entriesPerFold);
    },
  };

  async function remade(slot: Slot, lost: HotCursor | undefined): Promise<boolean> {
    const present = await hot.cursor(slot);
    // Between the first look and this one somebody else may have made it.
    if (present !== undefined && present.generation !== lost?.generation) {
      places.delete(slot);
      return true;
    }
    if ((await rebuild(slot, lost)) === undefined) await delay(LEFT_TO_OTHERS_MS);
    return true;
  }
}

/** Where a track is, and what of its state is known there. */
type Place = {
  readonly cursor: HotCursor;
  readonly games: Recent<string, BoxScore>;
  readonly players: Recent<string, PlayerSeason>;
  readonly teams: Recent<string, TeamSeason>;
};

/** A place of which nothing is known yet. */
function placeAt(cursor: HotCursor): Place {
  return {
    cursor,
    games: new Recent(GAMES_KEPT_MAX),
    players: new Recent(PLAYERS_KEPT_MAX),
    teams: new Recent(TEAMS_KEPT_MAX),
  };
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
