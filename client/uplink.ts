import { EventEmitter } from "node:events";
import { reasonOf, untilAborted } from "#runtime/rpc";
import type { Backoff } from "./backoff.ts";
import { decodeLine, encodeLine, type NewLine } from "./encoded.ts";
import { prospectUnattended } from "./failures.ts";
import {
  expectSame,
  type Identity,
  newIdentity,
  readIdentity,
  type Who,
  writeIdentity,
} from "./identity.ts";
import { patience } from "./retried.ts";
import {
  DISK,
  type Disk,
  openSpool,
  type Spool,
  SpoolFull,
  type SpoolGauges,
  type SpoolOptions,
} from "./spool/index.ts";
import { type SpooledUpload, spooledUpload } from "./spooled-upload.ts";
import type { UplinkEvents } from "./uplink-events.ts";
import { type Connections, connectionsTo, runUpload, type Sending } from "./upload.ts";

/** Whose lines go where, by way of which folder. */
export type UplinkOptions = Who &
  Pick<Sending, "batchLines" | "windowLines" | "compressFromBytes" | "answerWithinMs"> &
  Pick<SpoolOptions, "bytesMax" | "keepAckedBytes" | "segmentBytes" | "sync" | "syncEveryMs"> & {
    /** The address of the ingest service or of a relay, as host:port or a grpc target. */
    readonly target: string;
    /** The folder of this upload's spool, and of no other's. */
    readonly folder: string;
    /** Between two tries to connect. Default 200 ms doubled up to 20 s; it is never given up. */
    readonly backoff?: Pick<Backoff, "firstMs" | "mostMs" | "random">;
    /**
     * The clock by which lines say when they happened, in ms since 1970; undefined if that is not known,
     * and it is taken to be right. Default this machine's.
     */
    readonly now?: () => number | undefined;
    /**
     * True when the numbers are somebody else's, who sends again what is asked for: then lines that the
     * service has and the spool does not are no fault. Default false.
     */
    readonly numbersAreGiven?: boolean;
    /** Nothing is sent before this has resolved. */
    readonly after?: Promise<unknown>;
  };

/** What is under an uplink: by default this machine's disk, and its network. */
export type Ground = {
  readonly disk?: Disk;
  readonly connections?: Connections;
};

/** How an uplink is. */
export type UplinkGauges = SpoolGauges & {
  readonly connected: boolean;
  readonly epoch: number;
  /** The last failure, as a sentence; "" after something went well. */
  readonly lastFailure: string;
  /** True once it has stopped for good. */
  readonly stopped: boolean;
};

/** One upload of one game, from a spool. */
export type Uplink = {
  readonly source: string;
  readonly instance: string;
  readonly gameId: string;
  /** The number that the next line gets. */
  nextNumber(): number;
  /** The highest number of which it and all below are durable at the service. */
  acknowledgedThrough(): number;
  /** The highest mark of the lines that the spool held when it was opened. */
  readonly highestMark: number;
  /**
   * Adds a line, and resolves with its number once it is in the spool. Calls in one turn keep their
   * order and share a write. `mark` is a number of the caller's own.
   *
   * Rejects with SpoolFull when there is no room, with RangeError on a line above 64 KiB, with what the
   * disk said, which stops the uplink, and with what has stopped it.
   */
  send(line: NewLine, mark?: number): Promise<number>;
  /**
   * Resolves when all up to a number is durable at the service: by default all that was sent by now.
   * Rejects as `send` does.
   */
  drained(through?: number): Promise<void>;
  /** At most so many lines from a number on, as the spool still has them; none if that one has gone. */
  kept(from: number, linesMax: number): Promise<Uint8Array[]>;
  /** Calls a listener from now on; the function that it returns ends that. */
  on<Name extends keyof UplinkEvents>(
    name: Name,
    listener: (...args: UplinkEvents[Name]) => void,
  ): () => void;
  gauges(): Promise<UplinkGauges>;
  /**
   * Sends what is left, for at most `withinMs` (default 10 s), and ends. Resolves with the number of
   * lines that stay in the spool for the next time. May be repeated.
   */
  close(options?: { readonly withinMs?: number }): Promise<number>;
  /** Removes from the disk all that is acknowledged; the number of the next line stays known. */
  trim(): Promise<void>;
};

const BACKOFF_DEFAULT = { firstMs: 200, mostMs: 20_000 };
const CLOSE_WITHIN_MS_DEFAULT = 10_000;
const COMPRESS_FROM_BYTES_DEFAULT = 1_024;

/**
 * Opens the spool in a folder and uploads what is in it and what is sent, for as long as it takes: it
 * waits for a service that is away, goes on with the number that the service expects, and is opened again
 * after a restart of this process, with the same folder, a month later if need be.
 *
 * With `takeOver` the game is taken from whoever owns it: what the spool still has is sent as a new
 * upload, after the current line of every player whose lines it has not.
 *
 * Throws SpoolInUse, SpoolCorrupt, and OtherUpload if the folder is another upload's.
 */
export async function openUplink(options: UplinkOptions, ground: Ground = {}): Promise<Uplink> {
  const { folder, target, now = Date.now, numbersAreGiven = false } = options;
  const { disk = DISK } = ground;
  const spool = await openSpool({ ...options, disk, keyOf: whoseLine, now: Date.now });
  try {
    const identity = await identityFor(options, disk);
    const events = new EventEmitter<UplinkEvents>();
    const upload = await spooledUpload({
      ...{ spool, disk, folder, identity, now, numbersAreGiven },
      // Not from within the upload: what a listener throws is none of its failures.
      tell: (name, ...args) => queueMicrotask(() => void events.emit(name, ...(args as never))),
    });
    const connections = ground.connections ?? connectionsTo(target);
    return runUplink(options, { spool, identity, events, upload, connections });
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** What an uplink is made of. */
type Parts = {
  readonly spool: Spool;
  readonly identity: Identity;
  readonly events: EventEmitter<UplinkEvents>;
  readonly upload: SpooledUpload;
  readonly connections: Connections;
};

function runUplink(options: UplinkOptions, parts: Parts): Uplink {
  const { backoff, compressFromBytes = COMPRESS_FROM_BYTES_DEFAULT } = options;
  const { spool, identity, events, upload, connections } = parts;
  const ending = new AbortController();
  let stopped: { readonly failure: unknown } | undefined;
  let closed: Promise<number> | undefined;

  const endless = { ...BACKOFF_DEFAULT, ...backoff, giveUpAfterMs: Number.POSITIVE_INFINITY };
  const sending = {
    ...options,
    ...{ connections, compressFromBytes, signal: ending.signal },
    patience: patience(endless, { prospectOf: prospectUnattended }),
  };
  const begun = untilAborted(ending.signal, options.after ?? Promise.resolve());
  const running = begun
    .then(() => runUpload(upload.sender, sending))
    .catch((failure) => {
      if (!ending.signal.aborted) stop(failure);
    });

  function stop(failure: unknown) {
    if (stopped !== undefined) return;
    stopped = { failure };
    ending.abort();
    queueMicrotask(() => events.emit("stopped", { failure }));
    upload.acknowledged.wake();
  }

  /** What a send has failed with; after a failure of the disk the uplink is to be opened anew. */
  function failed(error: unknown): never {
    if (!(error instanceof SpoolFull) && !(error instanceof RangeError)) stop(error);
    throw error;
  }

  function expectOpen() {
    if (stopped !== undefined) throw stopped.failure;
    if (closed !== undefined) throw new Error("The uplink is closed.");
  }
  const left = () => spool.nextNumber() - 1 - spool.acknowledgedThrough();

  async function close(withinMs: number): Promise<number> {
    upload.close();
    const timer = setTimeout(() => ending.abort(), withinMs);
    // Without a connection there is nobody to take leave of.
    if (!upload.connected() && left() === 0) ending.abort();
    await running;
    clearTimeout(timer);
    upload.acknowledged.wake();
    connections.close();
    await spool.close();
    return left();
  }

  return {
    source: identity.source,
    instance: identity.instance,
    gameId: identity.gameId,
    highestMark: spool.highestMark,
    nextNumber: spool.nextNumber,
    acknowledgedThrough: spool.acknowledgedThrough,
    async send(line, mark) {
      expectOpen();
      const payload = encodeLine(line);
      return spool.append(payload, mark).catch(failed);
    },
    async drained(through = spool.nextNumber() - 1) {
      while (spool.acknowledgedThrough() < through) {
        expectOpen();
        await upload.acknowledged.next();
      }
    },
    kept: spool.kept,
    on(name, listener) {
      events.on(name, listener as never);
      return () => void events.off(name, listener as never);
    },
    async gauges() {
      return {
        ...(await spool.gauges()),
        connected: upload.connected() && stopped === undefined,
        epoch: upload.epoch(),
        lastFailure: stopped ? reasonOf(stopped.failure).message : upload.lastFailure(),
        stopped: stopped !== undefined,
      };
    },
    close({ withinMs = CLOSE_WITHIN_MS_DEFAULT } = {}) {
      closed ??= close(withinMs);
      return closed;
    },
    trim: spool.trimAll,
  };
}

/** The folder's own identity, or a new one, as the options want it. */
async function identityFor(options: UplinkOptions, disk: Disk): Promise<Identity> {
  const { folder, takeOver = false } = options;
  const found = await readIdentity(disk, folder);
  if (found !== undefined) expectSame(folder, found, options);
  const identity = found ?? newIdentity(options);
  const wanted = takeOver === true ? { ...identity, takeOver: identity.takeOver ?? {} } : identity;
  if (wanted !== found) await writeIdentity(disk, folder, wanted);
  return wanted;
}

function whoseLine(payload: Uint8Array): string {
  const { of } = decodeLine(payload);
  return of.case === "player" ? `player ${of.value.playerId}` : `team ${of.value?.teamId}`;
}
