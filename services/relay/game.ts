import { join } from "node:path";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Disk, openUplink, Refused, Uplink, UplinkGauges, UplinkOptions } from "#client";
import type {
  OpenUpload,
  RecordGameRequest,
  RecordLinesRequest,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { Log } from "#runtime/log";
import { failure, reasonOf } from "#runtime/rpc";
import { type Facts, openFacts, type Place } from "./facts.ts";
import { type Gate, newGate, type Owner, readGate, writeGate } from "./gate.ts";

/** What the games of a relay work on. */
export type GameMeans = {
  readonly disk: Disk;
  readonly now: () => number;
  readonly log: Log;
  readonly openUplink: (options: Omit<UplinkOptions, "target">) => ReturnType<typeof openUplink>;
  readonly recordGame: (fact: RecordGameRequest, signal: AbortSignal) => Promise<unknown>;
  /** What the lines of one owner may take on disk, in bytes. */
  readonly bytesMax: number;
  /** How long lines that the mesh refuses are kept, in ms. */
  readonly keepRefusedMs: number;
};

/** An owner of a game, with its lines on their way to the mesh. */
export type Ownership = {
  readonly epoch: number;
  readonly uplink: Uplink;
  /** The epoch of the one who has taken the game over; undefined while it is the owner. */
  fencedBy(): number | undefined;
};

/** Who sends, and wants to know. */
export type Listener = {
  /** Another one has taken the game over. */
  fenced(epoch: number): void;
  /** The mesh refuses what is sent. */
  stopped(failure: unknown): void;
  /** A line was taken by the mesh and does not count. */
  refused(line: Refused): void;
};

/** One game at a relay. */
export type Game = {
  /**
   * Makes a sender the owner, if it may be, and tells it what becomes of that until it calls `leave`.
   * Throws NOT_OWNER, and what the mesh has refused it with.
   */
  open(open: OpenUpload, listener: Listener): Promise<Ownership & { leave(): void }>;
  /** Spools lines of a source that has no stream; false if a revision as high was spooled before. */
  recordLines(request: RecordLinesRequest): Promise<boolean>;
  /** Spools a fact; false if a revision as high was spooled before. */
  recordGame(request: RecordGameRequest): Promise<boolean>;
  /** Resolves when all facts that were recorded by now are in the mesh. */
  forwarded(signal: AbortSignal): Promise<void>;
  /** Whether all is forwarded and nobody listens. */
  isIdle(): boolean;
  gauges(): Promise<GameGauges>;
  /** Removes from the disk what is forwarded, and former owners. */
  trim(): Promise<void>;
  /** Lets go of it; `settled` notes since when all is forwarded, and whether it was trimmed since. */
  close(options?: {
    readonly settled?: { readonly at: number; readonly trimmed: boolean };
    readonly withinMs?: number;
  }): Promise<void>;
};

/** How a game is, and each of its owners. */
export type GameGauges = {
  readonly league: string;
  readonly gameId: string;
  /** Facts that are not forwarded. */
  readonly facts: number;
  /** Facts that the mesh has refused. */
  readonly factsRefused: number;
  readonly owners: readonly (UplinkGauges & {
    readonly epoch: number;
    readonly source: string;
    readonly instance: string;
  })[];
};

/** The instance of a source that has no stream. */
const UNARY_INSTANCE = "";

/** How long a former owner's last words to the mesh may take. */
const FAREWELL_MS = 1_000;
/** How long an owner may take to send what is left when the relay ends. */
const CLOSE_WITHIN_MS = 2_000;

type Held = Ownership & {
  readonly owner: Owner;
  readonly listeners: Set<Listener>;
  /** Why the mesh refuses it, and since when, in ms since 1970. */
  stopped: { readonly failure: unknown; readonly at: number } | undefined;
  /** How far the relay's clock is ahead of its, in ms; undefined if it did not say. */
  readonly clock: { offsetMs: number | undefined };
  /** The highest revision of lines that came without a stream. */
  highestRevision: number;
  /** Another one is the owner now. */
  fence(epoch: number): void;
  /** Resolves when it is fenced and all its lines are in the mesh, or refused there. */
  readonly over: Promise<void>;
};

/** The game in a folder, with all that it still has to forward; a new one if there is none. */
export async function openGame(
  means: GameMeans,
  folder: string,
  { league, gameId }: { readonly league: string; readonly gameId: string },
): Promise<Game> {
  const { disk, now, log } = means;
  await disk.makeFolder(folder);
  let gate: Gate = (await readGate(disk, folder)) ?? newGate(league, gameId);
  if (gate.settledAt !== undefined) await become({ settledAt: undefined, trimmed: false });
  await removeForgotten();
  const held: Held[] = [];
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();
  let facts: Facts;
  try {
    for (const owner of gate.owners) await hold(owner);
    facts = await openFacts({ ...means, folder, durable });
  } catch (error) {
    await letGo(0);
    throw error;
  }

  /** One at a time: each changes who the owners are, or needs it. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  async function become(changed: Partial<Gate>) {
    const next = { ...gate, ...changed };
    await writeGate(disk, folder, next);
    gate = next;
  }

  function folderOf(epoch: number): string {
    return join(folder, `epoch-${epoch}`);
  }

  /** Removes what a crash has left of owners that are forgotten. */
  async function removeForgotten() {
    const known = new Set(gate.owners.map(({ epoch }) => `epoch-${epoch}`));
    for (const name of await disk.names(folder)) {
      if (name.startsWith("epoch-") && !known.has(name))
        await disk.removeFolder(join(folder, name));
    }
  }

  /** Opens the uplink of an owner, which begins when those before it are over. */
  async function hold(owner: Owner): Promise<Held> {
    const before = held.at(-1);
    const { epoch, source, instance, season, takeOver } = owner;
    const clock = { offsetMs: owner.clockOffsetMs };
    before?.fence(epoch);
    const uplink = await means.openUplink({
      ...{ source, season, gameId, bytesMax: means.bytesMax },
      folder: folderOf(epoch),
      // Its own, so that a sender may go past the relay and back.
      instance: instance === UNARY_INSTANCE ? undefined : instance,
      takeOver: takeOver ? "once" : false,
      now: () => (clock.offsetMs === undefined ? undefined : now() - clock.offsetMs),
      numbersAreGiven: true,
      after: before?.over ?? Promise.resolve(),
    });
    const one = heldOf(owner, uplink, clock);
    held.push(one);
    uplink.on("hole", (hole) => log.error({ ...named(owner), ...hole }, "lines are gone"));
    uplink.on("refused", (line) => {
      log.warn({ ...named(owner), ...line }, "a line does not count");
      for (const listener of one.listeners) listener.refused(line);
    });
    uplink.on("stopped", ({ failure }) => {
      log.error({ ...named(owner), err: failure }, "the mesh refuses an upload");
      one.stopped = { failure, at: now() };
      for (const listener of one.listeners) listener.stopped(failure);
    });
    const retired = one.over.then(() => inTurn(() => retire(one)));
    retired.catch((err) =>
      log.error({ ...named(owner), err }, "what is forwarded stays on the disk"),
    );
    return one;
  }

  /** Forgets a former owner all of whose lines are in the mesh. */
  async function retire(one: Held) {
    if (!closed && unforwarded(one) === 0) await forget(one);
  }

  async function forget(one: Held) {
    await one.uplink.close({ withinMs: FAREWELL_MS });
    await become({ owners: gate.owners.filter(({ epoch }) => epoch !== one.epoch) });
    held.splice(held.indexOf(one), 1);
    await disk.removeFolder(folderOf(one.epoch));
  }

  async function own(asked: Omit<Owner, "epoch">): Promise<Held> {
    const current = held.at(-1);
    if (current !== undefined && !asked.takeOver) {
      const { source, instance } = current.owner;
      const isSame = source === asked.source && instance === asked.instance;
      if (!isSame) throw notOwner(gameId, source);
      if (current.stopped !== undefined) {
        if (isRefusal(current.stopped.failure)) throw current.stopped.failure;
        return reopened(current);
      }
      current.clock.offsetMs = asked.clockOffsetMs ?? current.clock.offsetMs;
      return current;
    }
    const owner = { ...asked, epoch: gate.epoch + 1 };
    await become({ epoch: owner.epoch, owners: [...gate.owners, owner] });
    return hold(owner);
  }

  /** The owner again, from its disk, which has failed before. */
  async function reopened(one: Held): Promise<Held> {
    await one.uplink.close({ withinMs: 0 }).catch((err) => log.error({ ...named(one.owner), err }));
    held.splice(held.indexOf(one), 1);
    return hold(one.owner);
  }

  async function recordLines(request: RecordLinesRequest): Promise<boolean> {
    const { source, season, lines } = request;
    const asked = { source, season, instance: UNARY_INSTANCE, takeOver: false };
    const owner = await own({ ...asked, clockOffsetMs: undefined });
    const { highestRevision, uplink } = owner;
    const revision = Number(request.revision ?? Math.max(highestRevision + 1, now() * 1_000));
    if (revision <= highestRevision) return false;
    // Marked at the last, so that a request of which a crash has left a part counts as not made.
    const mark = (at: number) => (at === lines.length - 1 ? revision : 0);
    await Promise.all(lines.map((line, at) => uplink.send(line, mark(at))));
    owner.highestRevision = revision;
    return true;
  }

  async function durable({ epoch, number }: Place): Promise<void> {
    for (const one of [...held]) {
      if (one.epoch > epoch) continue;
      await one.uplink.drained(one.epoch === epoch ? number : undefined).catch(() => {});
    }
  }

  async function letGo(withinMs: number) {
    closed = true;
    await turn;
    await facts?.close();
    await Promise.all(held.map(({ uplink }) => uplink.close({ withinMs })));
  }

  return {
    open({ source, instance, season, takeOver, sentTime }, listener) {
      const clockOffsetMs = sentTime === undefined ? undefined : now() - timestampMs(sentTime);
      return inTurn(async () => {
        const one = await own({ source, instance, season, takeOver, clockOffsetMs });
        one.listeners.add(listener);
        return { ...one, leave: () => void one.listeners.delete(listener) };
      });
    },
    recordLines: (request) => inTurn(() => recordLines(request)),
    recordGame(request) {
      const current = held.at(-1);
      const number = (current?.uplink.nextNumber() ?? 1) - 1;
      return facts.record(request, { epoch: current?.epoch ?? 0, number });
    },
    forwarded: facts.forwarded,
    isIdle: () =>
      facts.waiting() === 0 &&
      held.every((one) => {
        const isGivenUp = one.stopped && now() - one.stopped.at > means.keepRefusedMs;
        return one.listeners.size === 0 && (unforwarded(one) === 0 || isGivenUp);
      }),
    async gauges() {
      const owners = held.map(async ({ owner: { epoch, source, instance }, uplink }) => {
        return { ...(await uplink.gauges()), epoch, source, instance };
      });
      return {
        ...{ league, gameId, facts: facts.waiting(), factsRefused: facts.refused() },
        owners: await Promise.all(owners),
      };
    },
    trim: () =>
      inTurn(async () => {
        for (const former of held.slice(0, -1)) await forget(former);
        await held.at(-1)?.uplink.trim();
        await facts.trim();
      }),
    async close({ settled, withinMs = CLOSE_WITHIN_MS } = {}) {
      await letGo(withinMs);
      if (settled !== undefined) await become({ settledAt: settled.at, trimmed: settled.trimmed });
    },
  };
}

function heldOf(owner: Owner, uplink: Uplink, clock: Held["clock"]): Held {
  const listeners = new Set<Listener>();
  const fenced = Promise.withResolvers<void>();
  let fencedBy: number | undefined;
  return {
    ...{ owner, epoch: owner.epoch, uplink, listeners, clock },
    stopped: undefined,
    highestRevision: uplink.highestMark,
    over: fenced.promise.then(() => uplink.drained()).catch(() => {}),
    fencedBy: () => fencedBy,
    fence(epoch) {
      fencedBy = epoch;
      fenced.resolve();
      for (const listener of listeners) listener.fenced(epoch);
    },
  };
}

/** Whether the mesh has said it, and would say it again. */
function isRefusal(failure: unknown): boolean {
  const { code } = reasonOf(failure);
  return code === Code.FailedPrecondition || code === Code.InvalidArgument;
}

function unforwarded({ uplink }: Held): number {
  return uplink.nextNumber() - 1 - uplink.acknowledgedThrough();
}

function named({ source, instance, epoch }: Owner) {
  return { source, instance, epoch };
}

function notOwner(gameId: string, owner: string) {
  return failure("NOT_OWNER", `Game ${gameId} is uploaded by ${owner}.`, {
    metadata: { game_id: gameId, owner },
  });
}
