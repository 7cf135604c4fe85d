import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { createLog } from "#runtime/log";
import { archiveReadsIn } from "#stores/archive";
import { hotFoldsIn } from "#stores/hotstore";
import { type Journal, journalInPostgres } from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import { redisClient } from "#stores/redis";
import type { History, Place, Places } from "../history.ts";
import type { FaultMesh } from "../mesh.ts";

/** Where everything is; what gave no answer is absent. */
export type PlacesFound = Pick<Places, "head" | "hot" | "archive">;

/** Looks at the stores themselves, over no link. */
export type Monitor = {
  readonly journal: Journal;
  /** Where everything is now; what gives no answer is absent. */
  look(): Promise<PlacesFound>;
  /** How many entries the archive has of the slot, and at how many offsets. */
  archived(): Promise<{ readonly entries: number; readonly offsets: number }>;
  /** Notes where everything is, again and again, until it is stopped. */
  stop(): Promise<void>;
};

const LOOK_EVERY_MS = 50;
const PROCESSES_EVERY_MS = 500;
const WITHIN_MS = 1_000;

const ARCHIVED = `
  select count(*)::integer as entries, count(distinct entry_offset)::integer as offsets
  from stat_line where slot = $1`;

/** Begins to look at a slot of a mesh. */
export function monitor(mesh: FaultMesh, slot: string, history: History): Monitor {
  const log = createLog("test", "silent");
  const { writerUrl, redisUrl } = mesh.stores;
  const pool = postgresPool({ url: writerUrl, connectionsMax: 6, log, name: "monitor" });
  const redis = redisClient({ url: redisUrl, log, name: "monitor" });
  const journal = journalInPostgres(pool);
  const hot = hotFoldsIn(redis);
  const archive = archiveReadsIn(pool);
  let stopping = false;

  async function look() {
    const [head, hotPlace, archived] = await Promise.all([
      answered(async () => (await journal.heads()).get(slot)),
      answered(() => hot.cursor(slot)),
      answered(async () => (await archive.progress(slot)).cursor),
    ]);
    const generation = hotPlace?.generation ?? "";
    return {
      head: placeOf(head),
      hot: hotPlace && { end: hotPlace.endOffset, digest: hotPlace.digest, generation },
      archive: placeOf(archived),
    };
  }
  async function places(): Promise<void> {
    for (; !stopping; await delay(LOOK_EVERY_MS)) {
      history.add({ who: "monitor", op: "places", type: "ok", ...(await look()) });
    }
  }
  async function processes(): Promise<void> {
    for (; !stopping; await delay(PROCESSES_EVERY_MS)) {
      for (const { name, pid, running } of mesh.parts("")) {
        const taken = running() ? takenBy(pid()) : undefined;
        if (taken) history.add({ who: name, op: "process", type: "ok", pid: pid(), ...taken });
      }
    }
  }
  const running = Promise.all([places(), processes()]);
  return {
    ...{ journal, look },
    async archived() {
      const { rows } = await pool.query<{ entries: number; offsets: number }>(ARCHIVED, [slot]);
      return rows[0] ?? { entries: 0, offsets: 0 };
    },
    async stop() {
      stopping = true;
      await running;
      redis.disconnect();
      await pool.end();
    },
  };
}

/** What a question to a store is answered in time; undefined else. */
async function answered<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  const timer = new AbortController();
  const late = delay(WITHIN_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([ask().catch(() => undefined), late]);
  } finally {
    timer.abort();
  }
}

function placeOf(found: { endOffset: number; digest: string } | undefined): Place | undefined {
  return found && { end: found.endOffset, digest: found.digest };
}

function takenBy(pid: number): { memoryMb: number; files: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { memoryMb: Math.round(kilobytes / 1_024), files };
  } catch {
    return undefined;
  }
}
