import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { openUplink, SpoolFull, type Uplink } from "#client";
import { playerLine } from "../../integration/uploads.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import { printOfLine } from "../prints.ts";
import { EVERY_POSTGRES, EVERY_REDIS, USUAL } from "./usual.ts";

const FILL = "fill";
const CHUNK_BYTES = 64 * 1024;

/** Faults of disks that are full; each has to be a disk of its own, which only root can make. */
export const OF_DISKS: readonly Fault[] = [
  {
    ...USUAL,
    name: "redis-disk-full",
    what: "the disk of every Redis's append-only file is full, for 5 s",
    topologies: EVERY_REDIS,
    lastsS: 5,
    caughtUpWithinS: 10,
    withoutWritesS: 3,
    mesh: { disks: { redis: 128 } },
    hadEffect: ({ hotStoodS, archiveStoodS }) => hotStoodS > 2 && archiveStoodS < hotStoodS,
    inject: async (on) => full(on, "redis"),
  },
  {
    ...USUAL,
    name: "postgres-disk-full",
    what: "the disk of every Postgres is full, for 5 s, and it needs a new file of its log",
    topologies: EVERY_POSTGRES,
    lastsS: 5,
    caughtUpWithinS: 15,
    withoutWritesS: 20,
    withoutReadsS: 8,
    mesh: { disks: { postgres: 600 } },
    hadEffect: ({ withoutWritesS }) => withoutWritesS > 3,
    inject: async (on) => {
      const harm = full(on, "postgres");
      const { postgres, urlOf } = on.mesh.stores;
      await newLogFiles(urlOf(postgres.primary()));
      return harm;
    },
  },
  {
    ...USUAL,
    name: "spool-disk-full",
    what: "the disk of an arena's spool is full, for 5 s: it refuses new lines, and loses none that it has",
    lastsS: 5,
    mesh: { disks: { spools: 8 } },
    inject: async (on) => {
      const arena = await spooling(on, join(on.mesh.folder, "spools", "arena"));
      await delay(1_000);
      const harm = full(on, "spools");
      return {
        target: "an arena",
        async heal() {
          await harm.heal();
          await arena.end();
        },
        isEvident: () => arena.refused() > 0,
        complaints: () =>
          arena.left() === 0 ? [] : [`${arena.left()} lines are still in the spool`],
      };
    },
  },
];

const SEND_EVERY_MS = 5;
const OPEN_AGAIN_MS = 200;

/** An arena whose spool stands in a folder, and which goes on whatever becomes of that. */
async function spooling({ history, mesh, season }: Target, folder: string) {
  const who = { source: "spooler", gameId: "spooled" };
  const note = { who: who.source, upload: `${who.source}/${who.gameId}` };
  let uplink = await open();
  let refused = 0;
  let left = 0;
  let stopping = false;

  async function open(): Promise<Uplink> {
    const target = mesh.target("ingest");
    const opened = await openUplink({ ...who, target, season, instance: "a", folder });
    opened.on("connected", ({ epoch, nextNumber }) =>
      history.add({ ...note, op: "open", type: "ok", epoch, next: nextNumber }),
    );
    opened.on("acked", ({ through, position }) =>
      history.add({ ...note, op: "lines", type: "ok", through, position }),
    );
    return opened;
  }
  async function send(points: number): Promise<void> {
    const line = playerLine("p1", points);
    const from = await uplink.send(line);
    // Only what the spool has accepted was sent.
    const sent = { game: who.gameId, from, prints: [printOfLine(line)] };
    history.add({ ...note, op: "lines", type: "invoke", ...sent });
  }
  const sending = (async () => {
    for (let points = 0; !stopping; points = (points + 1) % 100) {
      try {
        await send(points);
        await delay(SEND_EVERY_MS);
      } catch (error) {
        refused += 1;
        await delay(OPEN_AGAIN_MS);
        if (error instanceof SpoolFull) continue;
        // The disk has failed: what it has is there when it is opened again.
        await uplink.close({ withinMs: 0 }).catch(() => {});
        uplink = await open().catch(() => uplink);
      }
    }
  })();
  return {
    refused: () => refused,
    left: () => left,
    async end() {
      await delay(1_000);
      stopping = true;
      await sending;
      left = await uplink.close({ withinMs: 30_000 });
    },
  };
}

/** Fills the disk of a store to its last byte. */
function full({ mesh }: Target, store: string): Harm {
  const folder = join(mesh.folder, store);
  const file = join(folder, FILL);
  const out = openSync(file, "w");
  const bytes = Buffer.alloc(CHUNK_BYTES);
  try {
    while (statfsSync(folder).bavail > 0) writeSync(out, bytes);
  } catch {
    // Not one byte more.
  }
  closeSync(out);
  return { target: store, heal: async () => rmSync(file) };
}

/** Has Postgres begin new files of its log, until it cannot. */
async function newLogFiles(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    for (let at = 0; at < 100; at += 1) {
      await client.query("select pg_logical_emit_message(true, '', repeat('x', 1000000))");
      await client.query("select pg_switch_wal()");
    }
  } catch {
    // It has ended itself, as it has to.
  } finally {
    await client.end().catch(() => {});
  }
}
