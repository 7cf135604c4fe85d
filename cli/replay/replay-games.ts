import { GivenUp } from "#client";
import type { Speed } from "../arguments.ts";
import { sentenceOf } from "../complaints.ts";
import { eachAtOnce } from "../each-at-once.ts";
import {
  FileFault,
  type GameIndex,
  type GamePlays,
  indexGames,
  readGames,
} from "../files/index.ts";
import { untilFolded } from "../folds.ts";
import type { MeshServices } from "../mesh-services.ts";
import { type Progress, progressOn } from "../progress.ts";
import { askedSeason, seasonText } from "../seasons.ts";
import { Complaint, type Screen } from "../shell.ts";
import { type Pace, paceOf } from "./pace.ts";
import { namesFor, namesOnlyIn, recordNames } from "./record-names.ts";
import { recordSchedule } from "./record-schedule.ts";
import { replayGame } from "./replay-game.ts";

/** What to replay, where to, and how. */
export type Replay = {
  readonly services: MeshServices;
  /** A file of plays, or a folder of them. */
  readonly path: string;
  readonly speed: Speed;
  /** Only the first so many games. */
  readonly gamesMax?: number;
  readonly asNew: boolean;
  /** Where progress and notes go. */
  readonly screen: Screen;
};

/** What a replay did. */
export type Replayed = {
  readonly games: number;
  readonly lines: number;
  /** Lines that were sent by this replay. */
  readonly sent: number;
  readonly duplicates: number;
  readonly superseded: number;
  readonly heldBack: number;
  /** Games of which not all lines were taken, and why. */
  readonly refused: readonly { readonly gameId: string; readonly why: string }[];
  /** How often a connection broke and was opened again. */
  readonly reconnects: number;
  /** From the first line to the last fold. */
  readonly seconds: number;
};

/** Uploads at a time: one alone waits for each commit, more share them. */
const GAMES_AT_ONCE = 8;

/**
 * Replays games: names and schedule, then each game, and returns when both folds reflect everything.
 * Services that are killed meanwhile are waited for. A game that the mesh refuses is told and the
 * others go on; a mesh that does not come back ends it.
 */
export async function replayGames(replay: Replay): Promise<Replayed> {
  const { services, path, speed, gamesMax, asNew, screen } = replay;
  const index = (await indexGames(path)).slice(0, gamesMax);
  if (index.length === 0) throw new Complaint(`There is no game in ${path}.`);
  const names = await namesFor(path);
  // All games of a file are of one league, the one that its ids and the schedule belong to.
  await recordNames(services, "nba", names);
  const seasons = await recordSchedule(services, path);

  const tally = { lines: 0, sent: 0, duplicates: 0, superseded: 0, heldBack: 0, reconnects: 0 };
  const refused: { gameId: string; why: string }[] = [];
  const progress = progressOn(screen, "replayed", index.length, "games");
  const begun = performance.now();
  const onReconnect = reconnectNotes(progress);
  let durable = 0;
  const pace = speed === "max" ? undefined : paceOf(speed);
  const games = pace ? dueGames(path, index, pace) : readGames(path, index);
  const atOnce = pace ? Number.POSITIVE_INFINITY : GAMES_AT_ONCE;
  try {
    await eachAtOnce(games, atOnce, async (game) => {
      try {
        const season = askedSeason(game);
        seasons.set(seasonText(season), season);
        await recordNames(services, game.league, namesOnlyIn(game, names));
        const replayed = await replayGame({ services, game, asNew, pace, onDurable, onReconnect });
        for (const count of COUNTS) tally[count] += replayed[count];
      } catch (error) {
        if (error instanceof GivenUp || error instanceof FileFault) throw error;
        const why = sentenceOf(error);
        refused.push({ gameId: game.gameId, why });
        progress.note(why.includes(game.gameId) ? why : `Game ${game.gameId}: ${why}`);
      }
      progress.add(1);
    });
    await untilFolded(services, seasons);
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - begun) / 1000;
  return { games: index.length, ...tally, refused, seconds };

  function onDurable(lines: number) {
    durable += lines;
    const seconds = (performance.now() - begun) / 1000;
    progress.say(`${durable} lines, ${Math.round(durable / seconds)} lines/s`);
  }
}

const COUNTS = ["lines", "sent", "duplicates", "superseded", "heldBack", "reconnects"] as const;

/** The games in the order of their tip-offs, each when it is due. */
async function* dueGames(path: string, index: GameIndex, pace: Pace): AsyncGenerator<GamePlays> {
  for await (const day of gamesByDay(readGames(path, index))) {
    for (const game of day.sort((a, b) => a.tipOff - b.tipOff)) {
      await pace.until(game.tipOff);
      yield game;
    }
  }
}

/** Games come by day; those of one day end after the next day's have not begun. */
async function* gamesByDay(games: AsyncIterable<GamePlays>): AsyncGenerator<GamePlays[]> {
  let day: GamePlays[] = [];
  for await (const game of games) {
    if (day[0] !== undefined && day[0].date !== game.date) {
      yield day;
      day = [];
    }
    day.push(game);
  }
  if (day.length > 0) yield day;
}

const NOTE_EVERY_MS = 10_000;

/** Tells of broken connections: when one service is away, all uploads lose theirs, again and again. */
function reconnectNotes(progress: Progress): () => void {
  let notedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - notedAt < NOTE_EVERY_MS) return;
    notedAt = now;
    progress.note("The connection to ingest broke and is opened again.");
  };
}
