import { retried, type UploadProgress, type UploadResult, uploadGame } from "#client";
import { type GameClock, playedGame } from "#domain/plays";
import type { GamePlays } from "../files/index.ts";
import type { MeshServices } from "../mesh-services.ts";
import { clockFact, finalFact, liveFact, type NumberedFact } from "./game-facts.ts";
import type { Pace } from "./pace.ts";
import { uploadedLine } from "./uploaded-line.ts";

/** Who sends, in every replay. */
export const REPLAY_SOURCE = "replay";

export type GameReplay = {
  readonly services: MeshServices;
  readonly game: GamePlays;
  /** True to become the game's owner and send all lines again. */
  readonly asNew?: boolean;
  /** When each line is due; absent is at once. */
  readonly pace?: Pace;
  /** Called with the number of lines that have become durable since the last call. */
  readonly onDurable?: (lines: number) => void;
  readonly onReconnect?: (failure: unknown) => void;
  readonly signal?: AbortSignal;
};

/** What a replay of one game did. */
export type GameReplayed = UploadResult & {
  /** How many lines the game has. */
  readonly lines: number;
};

/**
 * Plays one game into the mesh: it goes live, its lines come in order, and it ends as final, or stands
 * where the clock is if it goes on. Source,
 * instance, numbers and revisions are the game's own, so that it may be done again, or go on after it
 * was broken off, and nothing counts twice.
 */
export async function replayGame(replay: GameReplay): Promise<GameReplayed> {
  const { services, game, asNew, pace, onDurable, onReconnect, signal } = replay;
  const { gameId, league } = game;
  const season = { league };
  const played = playedGame(game.plays, game.tipOff, game.isOver);
  const record = (numbered: NumberedFact) => {
    const fact = { source: REPLAY_SOURCE, season, ...numbered };
    return retried(() => services.ingest.recordGame(fact), { signal });
  };
  const scoreboard = scoreboardClock((clock) => record(clockFact(gameId, clock)));

  await record(liveFact(game));
  let durable = 0;
  const result = await uploadGame({
    target: services.addressOf("ingest"),
    source: REPLAY_SOURCE,
    instance: `replay-${gameId}`,
    season,
    gameId,
    lines: played.lines.map(uploadedLine),
    takeOver: asNew,
    paceUntil: pace && paceUntil(pace),
    onProgress(progress: UploadProgress) {
      onDurable?.(progress.durable - durable);
      durable = progress.durable;
    },
    onReconnect,
    signal,
  });
  await scoreboard.settled();
  const now = played.lines.at(-1);
  if (game.isOver) await record(finalFact(game, played));
  else if (now !== undefined) await record(clockFact(gameId, now));
  return { ...result, lines: played.lines.length };

  function paceUntil(pace: Pace) {
    return (_: unknown, number: number) => {
      const line = played.lines[number - 1];
      if (line === undefined) return undefined;
      const due = pace.until(line.happenedAt);
      if (due !== undefined) return due.then(() => scoreboard.show(line));
      scoreboard.show(line);
      return undefined;
    };
  }
}

const CLOCK_EVERY_MS = 500;

/**
 * Tells the mesh the game's clock while a game is paced, every half second and at each period's end,
 * without holding up the lines: a clock that is told late is worth nothing.
 */
function scoreboardClock(record: (clock: GameClock) => Promise<unknown>) {
  let telling: Promise<unknown> = Promise.resolve();
  let busy = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let endedPeriod = 0;
  return {
    show({ period, clockLeftMs }: GameClock) {
      const ends = clockLeftMs === 0 && period > endedPeriod;
      const now = performance.now();
      if (!ends && (busy || now - toldAt < CLOCK_EVERY_MS)) return;
      if (ends) endedPeriod = period;
      busy = true;
      toldAt = now;
      telling = telling
        .then(() => record({ period, clockLeftMs }))
        // The clock is an ornament: what is wrong comes to light with the lines, or at the end.
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    },
    settled: () => telling,
  };
}
