import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Disk, newChange, openSpool, prospectUnattended, retried } from "#client";
import type { RecordGameRequest } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { SpooledFactSchema } from "#gen/courtside/relay/v1/spooled_pb.ts";
import type { Log } from "#runtime/log";
import { untilAborted } from "#runtime/rpc";

/** What is known of one game beside its lines, on its way to the mesh. */
export type Facts = {
  /**
   * Spools a fact, which is forwarded behind a line: resolves when it is durable here. False if one of
   * its revision or a later one was spooled before.
   */
  record(fact: RecordGameRequest, behind: Place): Promise<boolean>;
  /** How many are not forwarded. */
  waiting(): number;
  /** How many the mesh has refused since this was opened. */
  refused(): number;
  /** Resolves when all that was recorded by now is forwarded. */
  forwarded(signal: AbortSignal): Promise<void>;
  /** Removes from the disk what is forwarded. */
  trim(): Promise<void>;
  close(): Promise<void>;
};

/** A line of an owner. */
export type Place = { readonly epoch: number; readonly number: number };

/** What facts are forwarded by. */
export type FactsMeans = {
  readonly disk: Disk;
  /** The folder of the game. */
  readonly folder: string;
  readonly now: () => number;
  readonly log: Log;
  /** Records a fact in the mesh. */
  readonly recordGame: (fact: RecordGameRequest, signal: AbortSignal) => Promise<unknown>;
  /** Resolves when a line and all before it are durable in the mesh, or never will be. */
  readonly durable: (place: Place) => Promise<void>;
};

const BYTES_MAX = 8 * 1024 * 1024;
const SEGMENT_BYTES = 256 * 1024;
const BACKOFF = { firstMs: 200, mostMs: 20_000, giveUpAfterMs: Number.POSITIVE_INFINITY };

/** The facts of a game, forwarded one by one in the order in which they came. */
export async function openFacts(means: FactsMeans): Promise<Facts> {
  const { disk, now, log, recordGame, durable } = means;
  const folder = join(means.folder, "facts");
  const bounds = { bytesMax: BYTES_MAX, segmentBytes: SEGMENT_BYTES, keepAckedBytes: 0 };
  const spool = await openSpool({ folder, disk, ...bounds });
  const ending = new AbortController();
  let highest = spool.highestMark;
  let refused = 0;
  const progress = newChange();
  let recording: Promise<unknown> = Promise.resolve();

  async function forward() {
    const read = spool.reader();
    for (let number = spool.acknowledgedThrough() + 1; ; number += 1) {
      while (spool.readableThrough() < number) {
        await untilAborted(ending.signal, spool.change.next());
      }
      const record = await read(number);
      if (record === undefined) continue;
      const { fact, afterEpoch, afterNumber } = fromBinary(SpooledFactSchema, record.payload);
      const behind = { epoch: afterEpoch, number: Number(afterNumber) };
      await untilAborted(ending.signal, durable(behind));
      if (fact !== undefined) await forwardOne(fact);
      await spool.acknowledge(number);
      progress.wake();
    }
  }

  async function forwardOne(fact: RecordGameRequest) {
    const options = { ...BACKOFF, prospectOf: prospectUnattended, signal: ending.signal };
    try {
      await retried(() => recordGame(fact, ending.signal), options);
    } catch (error) {
      ending.signal.throwIfAborted();
      refused += 1;
      const about = { game: fact.game?.gameId, revision: String(fact.revision) };
      log.error({ ...about, err: error }, "the mesh refuses a fact");
    }
  }

  async function record(given: RecordGameRequest, { epoch, number }: Place): Promise<boolean> {
    const revision = Number(given.revision ?? Math.max(highest + 1, now() * 1_000));
    if (revision <= highest) return false;
    const fact = { ...given, revision: BigInt(revision) };
    const spooled = { fact, afterEpoch: epoch, afterNumber: BigInt(number) };
    await spool.append(toBinary(SpooledFactSchema, create(SpooledFactSchema, spooled)), revision);
    highest = revision;
    return true;
  }

  const forwarding = forward().catch((error) => {
    if (!ending.signal.aborted) log.error({ err: error }, "facts are not forwarded any more");
  });

  return {
    record(given, behind) {
      // One after the other: a revision counts as known when its fact is on disk.
      const recorded = recording.then(() => record(given, behind));
      recording = recorded.catch(() => {});
      return recorded;
    },
    waiting: () => spool.nextNumber() - 1 - spool.acknowledgedThrough(),
    refused: () => refused,
    async forwarded(signal) {
      const through = spool.nextNumber() - 1;
      while (spool.acknowledgedThrough() < through) {
        await untilAborted(signal, progress.next());
      }
    },
    trim: spool.trimAll,
    async close() {
      ending.abort();
      await forwarding;
      await recording;
      await spool.close();
    },
  };
}
