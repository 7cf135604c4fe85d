import { setTimeout as delay } from "node:timers/promises";
import { ABBREVIATIONS, type Statistic } from "#domain/statistics";
import { statisticOnWire } from "#wire/lines";
import type { MeshServices } from "../mesh-services.ts";
import type { AskedSeason } from "../seasons.ts";
import type { Screen } from "../shell.ts";
import { plainScore } from "./plain-score.ts";
import { redrawnOn } from "./redrawn.ts";
import { type Moment, scoreboardLines } from "./scoreboard.ts";

/** A game to be shown while it is played. */
export type WatchedGame = {
  readonly services: MeshServices;
  readonly season: AskedSeason;
  readonly gameId: string;
  /** A terminal is drawn on in place; elsewhere plain lines come. */
  readonly screen: Screen & Partial<Pick<NodeJS.WriteStream, "on" | "off">>;
  /** Ends the watching. */
  readonly signal: AbortSignal;
};

const LOOK_EVERY_MS = 250;
const CALL_WITHIN_MS = 2_000;
const BOARDS = ["points", "rebounds", "assists"] as const satisfies readonly Statistic[];
const LEADERS_SHOWN = 3;
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/**
 * Shows a game as the mesh knows it, again and again until the signal aborts; then a terminal is as it
 * was before. A service that does not answer leaves what was shown last.
 */
export async function watchGame(watched: WatchedGame): Promise<void> {
  const { screen, signal } = watched;
  const show = screen.isTTY ? inPlace(watched) : inLines(watched);
  try {
    while (!signal.aborted) {
      await show.look().catch(() => {});
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    show.end();
  }
}

function inLines({ services, season, gameId, screen }: WatchedGame) {
  const worthALine = plainScore();
  return {
    async look() {
      const request = { season, gameId };
      const box = await services.stats.getBoxScore(request, { timeoutMs: CALL_WITHIN_MS });
      const line = worthALine(box);
      if (line !== undefined) screen.write(`${line}\n`);
    },
    end() {},
  };
}

function inPlace({ services, season, gameId, screen, signal }: WatchedGame) {
  const lines = redrawnOn(screen);
  let last: Moment | undefined;
  const draw = () => {
    if (last === undefined || signal.aborted) return;
    const { columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT } = screen;
    lines.draw(scoreboardLines(last, { columns, rows }));
  };
  const onResize = () => {
    lines.resized();
    draw();
  };
  screen.on?.("resize", onResize);
  return {
    async look() {
      last = await momentOf(services, season, gameId);
      draw();
    },
    end() {
      screen.off?.("resize", onResize);
      lines.erase();
    },
  };
}

async function momentOf(
  services: MeshServices,
  season: AskedSeason,
  gameId: string,
): Promise<Moment> {
  const call = { timeoutMs: CALL_WITHIN_MS };
  const [box, ...leaders] = await Promise.all([
    services.stats.getBoxScore({ season, gameId }, call),
    ...BOARDS.map(async (statistic) => {
      const board = { season, statistic: statisticOnWire(statistic) };
      const request = { board, pageSize: LEADERS_SHOWN };
      // A board that does not exist yet has no leaders.
      const page = await services.leaderboard.listStandings(request, call).catch(() => undefined);
      return { head: ABBREVIATIONS[statistic], standings: page?.standings ?? [] };
    }),
  ]);
  return { box, leaders };
}
