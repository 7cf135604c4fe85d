import { join } from "node:path";
import type {
  RecordGameRequest,
  RecordLinesRequest,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { failure } from "#runtime/rpc";
import { type Game, type GameGauges, type GameMeans, openGame } from "./game.ts";
import { readGate } from "./gate.ts";

/** What a relay works on, and its bounds. */
export type RelayMeans = Omit<GameMeans, "keepRefusedMs"> & {
  /** Where the games are. */
  readonly folder: string;
  /** Games at a time that are sent or have something to forward. */
  readonly gamesMax: number;
  /** How long the lines of a game are kept after the last was forwarded, in ms. */
  readonly keepMs: number;
};

/** The games of an arena, on the relay's disk and on their way to the mesh. */
export type Relay = {
  /** As {@link Game} does it, for the game that is named; throws SPOOL_FULL as well, as all here do. */
  open: Game["open"];
  recordLines(request: RecordLinesRequest): Promise<boolean>;
  recordGame(request: RecordGameRequest): Promise<boolean>;
  /** Resolves when the mesh has all facts of a game that were recorded by now. */
  forwarded(league: string | undefined, gameId: string, signal: AbortSignal): Promise<void>;
  gauges(): Promise<RelayGauges>;
  /** Lets go of games that have ended, and removes what was kept for long enough. */
  sweep(): Promise<void>;
  close(): Promise<void>;
};

/** How a relay is, over all games that it has open. */
export type RelayGauges = {
  readonly games: readonly GameGauges[];
  /** Of all spools of lines on disk. */
  readonly bytes: number;
  /** Lines that the mesh has not acknowledged. */
  readonly lines: number;
  /** How long the oldest of them has been there, in ms. */
  readonly oldestMs: number;
  /** Facts that the mesh has not. */
  readonly facts: number;
  /** False while an upload that has lines to forward has no connection to the mesh. */
  readonly connected: boolean;
  /** The last failure of any upload that has not recovered; "" if there is none. */
  readonly lastFailure: string;
  /** Games whose spool cannot be read, and why. */
  readonly damaged: Readonly<Record<string, string>>;
};

const LEAGUE_DEFAULT = "nba";
/** What is forwarded in time makes room. */
const FULL_RETRY_AFTER_MS = 1_000;
/** A game that nobody sends and that is forwarded is let go after this. */
const IDLE_MS = 10 * 60_000;
/** Who was the owner of a game, and the number of its next line, are remembered for so long. */
const REMEMBER_MS = 400 * 24 * 3_600_000;

/** A relay of the games in a folder: what they still have to forward is on its way. */
export async function openRelay(means: RelayMeans): Promise<Relay> {
  const { disk, folder, now, log, gamesMax, keepMs } = means;
  const games = new Map<string, Held>();
  const closing = new Map<string, Promise<void>>();
  const damaged: Record<string, string> = {};
  await disk.makeFolder(folder);
  for (const name of await disk.names(folder)) {
    const gate = await readGate(disk, join(folder, name));
    if (gate !== undefined && gate.settledAt === undefined) {
      await load(gate).game.catch(() => {});
    }
  }

  function load(named: Named): Held {
    const name = nameOf(named);
    const game = openGame({ ...means, keepRefusedMs: keepMs }, join(folder, name), named);
    const held: Held = { game, opened: undefined, users: 0, idleSince: undefined };
    games.set(name, held);
    game.then(
      (opened) => {
        held.opened = opened;
        delete damaged[name];
      },
      (error) => {
        games.delete(name);
        damaged[name] = error instanceof Error ? error.message : String(error);
        log.error({ game: name, err: error }, "a game cannot be opened");
      },
    );
    return held;
  }

  const isIdle = ({ opened, users }: Held) => users === 0 && (opened?.isIdle() ?? false);

  /** Does something with a game, which is not put away meanwhile. */
  async function using<Value>(
    league: string | undefined,
    gameId: string,
    work: (game: Game) => Promise<Value>,
  ): Promise<Value> {
    const named = { league: league || LEAGUE_DEFAULT, gameId };
    const name = nameOf(named);
    await closing.get(name);
    while (!games.has(name) && games.size >= gamesMax) await makeRoom();
    const held = games.get(name) ?? load(named);
    held.users += 1;
    try {
      return await work(await held.game);
    } finally {
      held.users -= 1;
    }
  }

  /** Puts an idle game away for another one. */
  async function makeRoom() {
    const [idle] = [...games].find(([, held]) => isIdle(held)) ?? [];
    if (idle !== undefined) return putAway(idle);
    const message = `The relay has ${gamesMax} games that are sent or not forwarded.`;
    throw failure("SPOOL_FULL", message, { retryAfterMs: FULL_RETRY_AFTER_MS });
  }

  /** Lets go of a game that is idle. Who comes meanwhile waits, and opens it anew. */
  async function putAway(name: string) {
    const game = games.get(name)?.opened;
    games.delete(name);
    const closed = game?.close({ settled: { at: now(), trimmed: false } }).catch((err) => {
      log.error({ game: name, err }, "a game cannot be put away");
    });
    closing.set(name, closed ?? Promise.resolve());
    await closed;
    closing.delete(name);
  }

  async function putAwayIfIdle(name: string, held: Held) {
    held.idleSince = isIdle(held) ? (held.idleSince ?? now()) : undefined;
    if (held.idleSince !== undefined && now() - held.idleSince >= IDLE_MS) await putAway(name);
  }

  async function removeIfOld(name: string) {
    const path = join(folder, name);
    const gate = await readGate(disk, path);
    if (gate?.settledAt === undefined || games.has(name)) return;
    const ageMs = now() - gate.settledAt;
    if (ageMs > REMEMBER_MS) await disk.removeFolder(path);
    else if (ageMs > keepMs && !gate.trimmed) await trimSettled(path, gate, gate.settledAt);
  }

  /** Removes the lines of a game that was put away; its owner and the next number stay. */
  async function trimSettled(path: string, named: Named, at: number) {
    const game = await openGame(
      {
        ...means,
        keepRefusedMs: keepMs,
        // Never connects: there is nothing to say of a game that ended days ago.
        openUplink: (options) => means.openUplink({ ...options, after: new Promise(() => {}) }),
      },
      path,
      named,
    );
    await game.trim();
    await game.close({ settled: { at, trimmed: true }, withinMs: 0 });
  }

  const openGames = async () => {
    const opened = await Promise.all([...games.values()].map(({ game }) => game.catch(() => {})));
    return opened.flatMap((game) => game ?? []);
  };
  return {
    open: (open, listener) =>
      using(open.season?.league, open.gameId, (game) => game.open(open, listener)),
    recordLines: (request) =>
      using(request.season?.league, request.gameId, (game) => game.recordLines(request)),
    recordGame: (request) =>
      using(request.season?.league, request.game?.gameId ?? "", (game) => game.recordGame(request)),
    async forwarded(league, gameId, signal) {
      const name = nameOf({ league: league || LEAGUE_DEFAULT, gameId });
      await games.get(name)?.opened?.forwarded(signal);
    },
    async gauges() {
      const found = await Promise.all((await openGames()).map((game) => game.gauges()));
      return { ...summed(found), damaged: { ...damaged } };
    },
    async sweep() {
      for (const [name, held] of [...games]) await putAwayIfIdle(name, held);
      for (const name of await disk.names(folder)) {
        const work = removeIfOld(name);
        closing.set(
          name,
          work.catch(() => {}),
        );
        await work.finally(() => closing.delete(name));
      }
    },
    async close() {
      await Promise.all((await openGames()).map((game) => game.close()));
    },
  };
}

/** A game that is open, or being opened. */
type Held = {
  readonly game: Promise<Game>;
  /** Once it is. */
  opened: Game | undefined;
  /** Who are at work with it. */
  users: number;
  /** Since when nothing is to be done, in ms since 1970; looked at now and then. */
  idleSince: number | undefined;
};

type Named = { readonly league: string; readonly gameId: string };

/** The folder of a game. */
function nameOf({ league, gameId }: Named): string {
  return `${league}~${gameId}`;
}

function summed(games: readonly GameGauges[]): Omit<RelayGauges, "damaged"> {
  const owners = games.flatMap((game) => game.owners);
  const sum = (of: (owner: (typeof owners)[number]) => number) =>
    owners.reduce((total, owner) => total + of(owner), 0);
  return {
    games,
    bytes: sum(({ bytes }) => bytes),
    lines: sum(({ lines }) => lines),
    oldestMs: owners.reduce((most, { oldestMs }) => Math.max(most, oldestMs), 0),
    facts: games.reduce((total, { facts }) => total + facts, 0),
    connected: owners.every(({ lines, connected }) => lines === 0 || connected),
    lastFailure: owners.find(({ lastFailure }) => lastFailure !== "")?.lastFailure ?? "",
  };
}
