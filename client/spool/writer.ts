import { type Change, newChange } from "./change.ts";
import type { Disk } from "./disk.ts";
import { codeOf } from "./error-code.ts";
import { behind, type Segment, segmentAt } from "./segments.ts";

/** When what was written is made durable. */
export type Sync =
  /** Before `append` returns: what was accepted survives the loss of power. */
  | "always"
  /** Within `syncEveryMs`: what was accepted survives the end of the process, and by then the rest. */
  | "interval"
  /** When the system likes: what was accepted survives the end of the process. */
  | "never";

/** There is no room for a line. Nothing that was accepted is dropped for it; later there may be room. */
export class SpoolFull extends Error {
  override readonly name = "SpoolFull";
}

/** Writes records behind each other. */
export type Writer = {
  /** Resolves when the record is as durable as the policy says. Rejected records leave no number out. */
  write(record: Buffer, number: number): Promise<void>;
  /** The highest number that may be sent: one whose loss would not be noticed is not. */
  readableThrough(): number;
  /** Tells when `readableThrough` has changed. */
  readonly change: Change;
  /** Begins another segment, if the newest has a record. */
  roll(): Promise<void>;
  /** Writes what waits, and lets go of the file. */
  close(): Promise<void>;
};

/** Where and how a writer writes. */
export type WriterOptions = {
  readonly disk: Disk;
  readonly folder: string;
  /** The segments that there are; a writer adds those that it begins. */
  readonly segments: Segment[];
  /** A segment of so many bytes gets no more records. */
  readonly segmentBytes: number;
  readonly sync: Sync;
  readonly syncEveryMs: number;
  /** Called when records were not written, with the number that the next one must have. */
  readonly onFailure: (next: number) => void;
};

// What one write may bring, so that no segment grows far beyond its bound.
const GROUP_BYTES_MAX = 1024 * 1024;

const DISK_IS_FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

type Waiting = {
  readonly record: Buffer;
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** A writer behind the last of the segments: while the disk is busy, what comes forms the next write. */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  const { disk, folder, segments, segmentBytes, sync, syncEveryMs, onFailure } = options;
  let last = lastOf(segments);
  let file = await disk.open(last.path);
  let waiting: Waiting[] = [];
  let working: Promise<void> | undefined;
  let broken: unknown;
  let syncTimer: NodeJS.Timeout | undefined;
  let readable = behind(last) - 1;
  const change = newChange();

  function becomeReadable() {
    readable = behind(last) - 1;
    change.wake();
  }

  /** One job at a time works on the file. */
  function start(job: () => Promise<void>): Promise<void> {
    const done = job().finally(() => {
      working = undefined;
      if (waiting.length > 0) void start(work);
    });
    working = done.catch(() => {});
    return done;
  }

  async function work() {
    // In a turn of its own, so that those who come in this one share a write.
    await undefined;
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        if (last.bytes >= segmentBytes) await beginSegment();
        await writeGroup(group);
      } catch (error) {
        const refused = [...group, ...waiting];
        waiting = [];
        onFailure(behind(last));
        for (const { reject } of refused) reject(spoken(error));
      }
    }
  }

  function takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || bytes < GROUP_BYTES_MAX)) {
      bytes += waiting[count]?.record.length ?? 0;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  async function writeGroup(group: readonly Waiting[]) {
    const bytes = Buffer.concat(group.map(({ record }) => record));
    try {
      await file.append(bytes);
    } catch (error) {
      // What a failed write has left must not stand between sound records.
      await file.cut(last.bytes).catch(breakDown);
      throw error;
    }
    // After a failed sync nobody knows what the disk has: only opening anew can tell.
    if (sync === "always") await file.sync().catch(breakDown);
    last.bytes += bytes.length;
    last.count += group.length;
    if (sync === "interval") syncSoon();
    else becomeReadable();
    for (const { resolve } of group) resolve();
  }

  async function beginSegment() {
    await file.sync().catch(breakDown);
    const next = segmentAt(folder, behind(last));
    const nextFile = await disk.open(next.path);
    await file.close();
    file = nextFile;
    last = next;
    segments.push(next);
    becomeReadable();
  }

  function syncSoon() {
    syncTimer ??= setTimeout(() => {
      syncTimer = undefined;
      const through = behind(last) - 1;
      const synced = file.sync().catch(breakDown);
      synced.then(
        () => {
          readable = Math.max(readable, through);
          change.wake();
          if (readable < behind(last) - 1) syncSoon();
        },
        () => {},
      );
    }, syncEveryMs);
  }

  function breakDown(error: unknown): never {
    broken = error;
    throw error;
  }

  return {
    write(record, number) {
      if (broken !== undefined) {
        onFailure(behind(last));
        return Promise.reject(broken);
      }
      return new Promise((resolve, reject) => {
        waiting.push({ record, number, resolve, reject });
        if (working === undefined) void start(work);
      });
    },
    readableThrough: () => readable,
    change,
    async roll() {
      while (working !== undefined) await working;
      await start(async () => {
        if (last.count > 0) await beginSegment();
      });
    },
    async close() {
      while (working !== undefined) await working;
      clearTimeout(syncTimer);
      if (broken === undefined && sync !== "never") await file.sync();
      await file.close();
    },
  };
}

function lastOf(segments: readonly Segment[]): Segment {
  const last = segments.at(-1);
  if (last === undefined) throw new Error("a spool has at least one segment");
  return last;
}

function spoken(error: unknown): unknown {
  if (!DISK_IS_FULL.has(codeOf(error) ?? "")) return error;
  return new SpoolFull("The disk of the spool is full.", { cause: error });
}
