import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type Acked, openUplink } from "#client";
import { slotOf } from "#domain/slots";
import { BEGINNING, decodeRow, type Journal } from "#stores/journal";
import { seasonAsked } from "#wire/seasons";
import { askedSeason } from "../../cli/seasons.ts";
import { removeFolder } from "../../local/servers/index.ts";
import { arenaLine } from "./arena-line.fixture.ts";
import type { TestMesh } from "./mesh.fixture.ts";

/** A season that no other test has, as calls and as stores name it. */
export function seasonNamed(league: string) {
  const season = askedSeason({ league, season: "2023-24", type: "regular" });
  return { season, slot: slotOf(seasonAsked(season)) };
}
export type NamedSeason = ReturnType<typeof seasonNamed>;

/** A folder that servers may be started in. */
export function serversFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "courtside-failover-"));
  chmodSync(folder, 0o755);
  return { folder, remove: () => removeFolder(folder) };
}

/** What one statement says, on one server. */
export async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** An ack, and when it came. */
type Told = Acked & { readonly at: number };

/** An arena that uploads one game, line after line, until it is told to stop. */
export type Arena = {
  readonly gameId: string;
  /** Every ack so far. */
  readonly acks: readonly Told[];
  /** How many lines it has sent. */
  sent(): number;
  /** Sends no more, and returns when all is acknowledged. */
  stop(): Promise<void>;
};

/** How the games of arenas begin. */
const GAME = "arena-";
const SEND_EVERY_MS = 10;
const DRAINED_WITHIN_MS = 30_000;
const FOLDED_WITHIN_MS = 20_000;

/** Arenas that upload a game each, until they are stopped. */
export function startArenas(mesh: TestMesh, of: NamedSeason, count: number): Promise<Arena[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) => startArena(mesh, of, `${GAME}${at + 1}`)),
  );
}

async function startArena(mesh: TestMesh, { season }: NamedSeason, gameId: string): Promise<Arena> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-arena-"));
  const uplink = await openUplink({
    ...{ target: mesh.address, season, gameId, source: "arena", instance: "a", folder },
    ...{ sync: "never", answerWithinMs: 4_000, backoff: { firstMs: 50, mostMs: 500 } },
  });
  const acks: Told[] = [];
  uplink.on("acked", (acked) => acks.push({ ...acked, at: performance.now() }));
  let wanted = true;
  const sending = (async () => {
    while (wanted) {
      const number = uplink.nextNumber();
      await Promise.all([number, number + 1].map((one) => uplink.send(arenaLine(one))));
      await delay(SEND_EVERY_MS);
    }
  })();
  return {
    ...{ gameId, acks },
    sent: () => uplink.nextNumber() - 1,
    async stop() {
      wanted = false;
      await sending;
      const left = await uplink.close({ withinMs: DRAINED_WITHIN_MS });
      rmSync(folder, { recursive: true });
      if (left > 0) throw new Error(`${gameId} has ${left} lines that nobody acknowledged`);
    },
  };
}

/** The numbers of each arena's lines, in the order of the journal; throws for a line that nobody sent. */
export async function numbersIn(journal: Journal, slot: string): Promise<Map<string, number[]>> {
  const numbers = new Map<string, number[]>();
  let after = BEGINNING;
  for (;;) {
    const rows = await journal.read(slot, after, 10_000);
    const last = rows.at(-1);
    if (last === undefined) return numbers;
    after = { endOffset: last.firstOffset + last.entries, digest: last.digest };
    for (const { entry } of rows.flatMap(decodeRow)) {
      if (entry.kind !== "live" || !entry.gameId.startsWith(GAME)) continue;
      const { number, totals } = entry.line;
      if (totals.points !== number)
        throw new Error(`${entry.gameId}: line ${number} is not its own`);
      numbers.set(entry.gameId, [...(numbers.get(entry.gameId) ?? []), number]);
    }
  }
}

/** What differs between journal, archive and hot store, once both folds are at the end. */
export async function differencesIn(mesh: TestMesh, { season }: NamedSeason) {
  for (const until = Date.now() + FOLDED_WITHIN_MS; Date.now() < until; await delay(50)) {
    const { headOffset, hotStoreOffset, archiveOffset } = await mesh.projector.getProgress({
      season,
    });
    if (hotStoreOffset === headOffset && archiveOffset === headOffset) break;
  }
  const differences: string[] = [];
  for await (const { message } of mesh.projector.verifySeason({ season })) {
    if (message.case !== "difference") continue;
    const { store, place, found, expected } = message.value;
    differences.push(`${store}, ${place}: ${found} is not ${expected}`);
  }
  return differences;
}

/** How long after a moment each arena had its next ack, in ms. */
export function nextAckAfter(arenas: readonly Arena[], moment: number): number[] {
  return arenas.map(({ acks }) => {
    const next = acks.find(({ at }) => at > moment);
    return next === undefined ? Number.POSITIVE_INFINITY : next.at - moment;
  });
}
