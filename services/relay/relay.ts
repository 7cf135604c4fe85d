import { join } from "node:path";
import type {
  OpenUpload,
  RecordGameRequest,
  RecordLinesRequest,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { failure } from "#runtime/rpc";
import { type Game, type GameGauges, type GameMeans, type Ownership, openGame } from "./game.ts";
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
  /** Makes a sender the owner of a game, if it may be. Throws NOT_OWNER, SPOOL_FULL. */
  open(open: OpenUpload): Promise<Ownership>;
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
/** A game that nobody sends and that is forwarded is let go after this. */
const IDLE_MS = 10 * 60_000;
/** Who was the owner of a game, and the number of its next line, are remembered for so long. */
const REMEMBER_MS = 400 * 24 * 3_600_000;

/** A relay of the games in a folder: what they still have to forward is on its way. */
export async function openRelay(means: RelayMeans): Promise<Relay> {
  const { disk, folder, now, log, gamesMax, keepMs } = means;
  const games = new Map<string, Promise<Game>>();
  const closing = new Map<string, Promise<void>>();
  const idleSince = new Map<string, number>();
  const damaged: Record<string, string> = {};
  await disk.makeFolder(folder);
  for (const name of await disk.names(folder)) {
    const gate = await readGate(disk, join(folder, name));
    if (gate === undefined || gate.settledAt !== undefined) continue;
    await load(gate).catch(() => {});
  }

  function load(named: Named): Promise<Game> {
    const name = nameOf(named);
    const opening = openGame({ ...means, keepRefusedMs: keepMs }, join(folder, name), named);
    games.set(name, opening);
    opening.then(
      () => delete damaged[name],
      (error) => {
        games.delete(name);
        damaged[name] = error instanceof Error ? error.message : String(error);
        log.error({ game: name, err: error }, "a game cannot be opened");
      },
    );
    return opening;
  }

  async function gameOf(league: string | undefined, gameId: string): Promise<Game> {
    const named = { league: league || LEAGUE_DEFAULT, gameId };
    const name = nameOf(named);
    await closing.get(name);
    idleSince.delete(name);
    const open = games.get(name);
    if (open !== undefined) return open;
    if (games.size >= gamesMax) {
      const message = `The relay has ${gamesMax} games that are not forwarded.`;
      throw failure("SPOOL_FULL", message, { retryAfterMs: 10_000 });
    }
    return load(named);
  }

  async function letGoIfIdle(name: string, opening: Promise<Game>) {
    const game = await opening.catch(() => undefined);
    const isIdle = game?.isIdle() ?? false;
    const since = isIdle ? (idleSince.get(name) ?? now()) : Number.POSITIVE_INFINITY;
    if (isIdle) idleSince.set(name, since);
    else idleSince.delete(name);
    if (game === undefined || now() - since < IDLE_MS) return;
    // Who comes meanwhile waits, and opens it anew.
    games.delete(name);
    const closed = game.close({ settled: { at: now(), trimmed: false } }).catch((err) => {
      log.error({ game: name, err }, "a game cannot be put away");
    });
    closing.set(name, closed);
    await closed;
    closing.delete(name);
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
    const opened = await Promise.all([...games.values()].map((game) => game.catch(() => {})));
    return opened.flatMap((game) => game ?? []);
  };
  return {
    open: async (open) => (await gameOf(open.season?.league, open.gameId)).open(open),
    recordLines: async (request) =>
      (await gameOf(request.season?.league, request.gameId)).recordLines(request),
    recordGame: async (request) =>
      (await gameOf(request.season?.league, request.game?.gameId ?? "")).recordGame(request),
    async forwarded(league, gameId, signal) {
      const name = nameOf({ league: league || LEAGUE_DEFAULT, gameId });
      await (await games.get(name))?.forwarded(signal);
    },
    async gauges() {
      const found = await Promise.all((await openGames()).map((game) => game.gauges()));
      return { ...summed(found), damaged: { ...damaged } };
    },
    async sweep() {
      for (const [name, game] of [...games]) await letGoIfIdle(name, game);
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
