import type { Command } from "commander";
import { type PlayerLine, playedGame } from "#domain/plays";
import { COUNTING } from "#domain/statistics";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import {
  COURTSIDE,
  type Mesh,
  MeshAlreadyRuns,
  meshFolder,
  meshIn,
  status,
  stopOnSignals,
  type TopologyAsked,
  up,
} from "../../local/mesh/index.ts";
import { allGames } from "../all-games.ts";
import { type Speed, speedArgument } from "../arguments.ts";
import { boxScoreText } from "../box-score.ts";
import {
  type GamePlays,
  type OfficialGame,
  type OfficialRow,
  readGames,
  readOfficialLines,
} from "../files/index.ts";
import { untilFolded } from "../folds.ts";
import { checkedAgainst, watchGame } from "../live/index.ts";
import { type MeshServices, meshServices, read } from "../mesh-services.ts";
import { namesFor, paceOf, recordNames, recordSchedule, replayGame } from "../replay/index.ts";
import { type AskedSeason, askedSeason, seasonText } from "../seasons.ts";
import { Complaint, Ended, type Shell } from "../shell.ts";
import { SHIPPED } from "../shipped.ts";
import { tableOf } from "../tables.ts";
import { addTopology } from "../topology.ts";

type Options = TopologyAsked & { readonly speed: Speed; readonly exit?: boolean };

/** That of a process that Ctrl-C ended. */
const STATUS_STOPPED = 130;

const TRY_NEXT = `Try next, in another terminal:
  npm run -s courtside -- leaders points
  npm run -s courtside -- player Jokic
  npm run -s courtside -- replay data/nba-2023-24/events`;

/** `start`: the whole mesh in this process, and a real game in it. */
export function addStart(program: Command, shell: Shell): void {
  addTopology(program.command("start"))
    .description("start the mesh, play a real game into it, and stay up until Ctrl-C")
    .option("--speed <n>", 'times faster than the game was, or "max"', speedArgument, 60)
    .option("--exit", "end after the game, with status 0 if its box score is the official one")
    .addHelpText("after", "\nExample:\n  npm start -- --speed max --exit")
    .action(async ({ speed, exit = false, ...topology }: Options) => {
      throw new Ended(await start(speed, exit, topology, shell));
    });
}

/** Returns the exit status: 0 also when a signal ended it after the game. */
async function start(
  speed: Speed,
  exit: boolean,
  topology: TopologyAsked,
  shell: Shell,
): Promise<number> {
  const stopping = new AbortController();
  const notes = holdable(shell.note);
  const mesh = meshIn({ folder: meshFolder(), plan: COURTSIDE, topology, log: notes.note });
  // The first thing that is logged after a signal is that it stops: everything else stops with it.
  const stopped = stopOnSignals(mesh, (sentence) => {
    stopping.abort();
    notes.note(sentence);
  });
  const { signal } = stopping;

  const isOwn = await startOrJoin(mesh, topology, signal, notes.note);
  let status = STATUS_STOPPED;
  try {
    if (!signal.aborted)
      status = await showGame(speed, { ...shell, note: notes.note }, notes, signal);
  } catch (error) {
    // The services end under the game when a signal stops the mesh: what it then says is no news.
    if (!signal.aborted) {
      await mesh.stop();
      throw error;
    }
  }
  if (!signal.aborted && !exit) {
    await shell.out(`\n${addressesText()}\n\n${TRY_NEXT}`);
    if (isOwn) {
      shell.note("The mesh stays up: Ctrl-C stops it.");
      await stopped;
    }
  }
  await mesh.stop();
  return status;
}

/** True if the mesh is this process's own; false if one ran already, which is then used. */
async function startOrJoin(
  mesh: Mesh,
  topology: TopologyAsked,
  signal: AbortSignal,
  note: (sentence: string) => void,
): Promise<boolean> {
  try {
    await mesh.start();
  } catch (error) {
    if (signal.aborted) return true;
    if (!(error instanceof MeshAlreadyRuns)) throw error;
    if ((await up({ detach: true, topology, log: note })) !== 0) throw new Ended(1);
    return false;
  }
  return true;
}

/** Plays the next game that ships, or shows one that was played; 0 if it is the official one. */
async function showGame(
  speed: Speed,
  shell: Shell,
  notes: Holdable,
  signal: AbortSignal,
): Promise<number> {
  const services = meshServices(shell.env);
  try {
    const officials = await officialGames();
    const { game, official, played } = await nextGame(services, officials);
    const season = askedSeason(game);
    if (played) {
      shell.note("Every game that ships has been played before; this is the first of them.");
    } else {
      const names = await namesFor(SHIPPED.events);
      await recordNames(services, game.league, names, signal);
      await recordSchedule(services, SHIPPED.events, signal);
      shell.note(`Playing ${titleOf(game)} of ${game.date} at ${speedText(speed)}.`);
      await playGame(services, game, season, speed, notes, signal);
    }
    await untilFolded(services, new Map([[seasonText(season), season]]));
    const { gameId } = game;
    const box = await read(() => services.stats.getBoxScore({ season, gameId }));
    await shell.out(boxScoreText(box, shell.columns));
    const { players, differences } = checkedAgainst(box, official);
    if (differences.length > 0) {
      await shell.out(`\nThe official box score differs:\n  ${differences.join("\n  ")}`);
      return 1;
    }
    await shell.out(
      `\nEqual to the official box score: ${players} players, ${COUNTING.length} statistics each.`,
    );
    return 0;
  } finally {
    services.close();
  }
}

async function playGame(
  services: MeshServices,
  game: GamePlays,
  season: AskedSeason,
  speed: Speed,
  notes: Holdable,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const { gameId } = game;
  const shown = AbortSignal.any([signal, over.signal]);
  // What is said meanwhile would stand in the middle of the scoreboard.
  if (process.stdout.isTTY) notes.hold();
  const watching = watchGame({ services, season, gameId, screen: process.stdout, signal: shown });
  try {
    const pace = speed === "max" ? undefined : paceOf(speed, signal);
    await replayGame({ services, game, pace, signal });
  } finally {
    over.abort();
    await watching;
    notes.release();
  }
}

type Choice = {
  readonly game: GamePlays;
  readonly official: OfficialGame;
  /** True if it was played to its end before. */
  readonly played: boolean;
};

/**
 * The first shipped game that is not final yet, of those whose events make the official box score (the
 * league corrected some later); the first of all when each was played.
 */
async function nextGame(
  services: MeshServices,
  officials: ReadonlyMap<string, OfficialGame>,
): Promise<Choice> {
  let first: Choice | undefined;
  let finals: ReadonlySet<string> | undefined;
  for await (const game of readGames(SHIPPED.events)) {
    const official = officials.get(game.gameId);
    if (official === undefined || !makesOfficialBox(game, official)) continue;
    finals ??= await finalGames(services, askedSeason(game));
    if (!finals.has(game.gameId)) return { game, official, played: false };
    first ??= { game, official, played: true };
  }
  if (first === undefined) throw new Complaint(`There is no game in ${SHIPPED.events}.`);
  return first;
}

async function finalGames(services: MeshServices, season: AskedSeason): Promise<Set<string>> {
  const { games } = await allGames(services, season);
  const finals = games.filter(({ game }) => game?.status === GameStatus.FINAL);
  return new Set(finals.map(({ game }) => game?.gameId ?? ""));
}

async function officialGames(): Promise<Map<string, OfficialGame>> {
  const games = await readOfficialLines(SHIPPED.playerBox);
  return new Map(games.map((game) => [game.gameId, game]));
}

/** True if the last line of each player has the official counts. */
function makesOfficialBox(game: GamePlays, { rows }: OfficialGame): boolean {
  const last = new Map<string, PlayerLine>();
  for (const line of playedGame(game.plays, game.tipOff).lines) {
    if (line.kind === "player") last.set(line.playerId, line);
  }
  const isMade = ({ playerId, totals }: OfficialRow) =>
    COUNTING.every((statistic) => last.get(playerId)?.totals[statistic] === totals[statistic]);
  return last.size === rows.length && rows.every(isMade);
}

function titleOf({ away, home, gameId }: GamePlays): string {
  return away && home ? `${away.tricode} @ ${home.tricode}` : gameId;
}

function speedText(speed: Speed): string {
  return speed === "max" ? "full speed" : `${speed} times its speed`;
}

function addressesText(): string {
  const services = status()?.services ?? [];
  const columns = [{ head: "Service" }, { head: "Address" }] as const;
  return tableOf({ columns, rows: services.map(({ name, address }) => [name, address]) });
}

/** Notes that can be held back for a while. */
type Holdable = {
  note(sentence: string): void;
  hold(): void;
  release(): void;
};

function holdable(note: (sentence: string) => void): Holdable {
  let held: string[] | undefined;
  return {
    note(sentence) {
      if (held === undefined) note(sentence);
      else held.push(sentence);
    },
    hold() {
      held ??= [];
    },
    release() {
      const sentences = held ?? [];
      held = undefined;
      for (const sentence of sentences) note(sentence);
    },
  };
}
