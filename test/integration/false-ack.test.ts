import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { Outage } from "#runtime/outage";
import {
  type AppendItem,
  BEGINNING,
  decodeRow,
  encodeEntries,
  type Journal,
  journalInPostgres,
} from "#stores/journal";
import { migrate, postgresPool } from "#stores/postgres";
import {
  type RunningServer,
  removeFolder,
  startPostgres,
  startStandby,
} from "../../local/servers/index.ts";
import { type Link, linkTo } from "../faults/link.ts";
import { SILENT } from "./stores.fixture.ts";

const SLOT = "nba:2023-24:regular";
const GAME = { league: "nba", gameId: "0022300001", slot: SLOT };
const OWNER = { ...GAME, source: "arena", instance: "a", takeOver: false };

/** A primary with a synchronous standby that follows it over a link. */
type Pair = {
  readonly primary: RunningServer;
  readonly standby: RunningServer;
  readonly link: Link;
};

async function startPair(): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "courtside-pair-"));
  chmodSync(folder, 0o755);
  onTestFinished(() => removeFolder(folder));
  const primary = await startPostgres({ folder: join(folder, "primary") });
  onTestFinished(() => primary.stop());
  await migrate(primary.url);
  const link = await linkTo(primary.port);
  onTestFinished(() => link.close());
  const behindLink = new URL(primary.url);
  behindLink.port = String(link.port);
  const standby = await startStandby({
    ...{ folder: join(folder, "standby"), primary: behindLink.href, standbyName: "s1" },
  });
  onTestFinished(() => standby.stop());
  await sql(primary.url, "alter system set synchronous_standby_names = 'ANY 1 (s1)'");
  await sql(primary.url, "select pg_reload_conf()");
  await expect
    .poll(() => sql(primary.url, "select sync_state from pg_stat_replication"))
    .toEqual([{ sync_state: "quorum" }]);
  return { primary, standby, link };
}

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function journalAt(url: string): Journal {
  const pool = postgresPool({ url, connectionsMax: 4, log: SILENT, name: "journal" });
  onTestFinished(() => pool.end());
  return journalInPostgres(pool);
}

function item(number: number, epoch: number): AppendItem {
  const line = { playerId: "p1", teamId: "t1", totals: { points: number } };
  const value = { epoch, number: BigInt(number), line };
  const { gameId } = GAME;
  const body = encodeEntries([{ gameId, source: "arena", kind: { case: "live", value } }]);
  return { kind: "lines", ...GAME, epoch, number, entries: 1, body };
}

/** Cancels the wait of every commit that waits for the standby. */
async function cancelWaits(url: string): Promise<void> {
  const waiting = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
  await expect.poll(async () => (await sql(url, waiting)).length).toBeGreaterThan(0);
  await sql(url, `select pg_cancel_backend(pid) from (${waiting}) as waiting`);
}

/** The numbers in the log, in order. */
async function numbersIn(journal: Journal): Promise<number[]> {
  const rows = await journal.read(SLOT, BEGINNING, 1_000);
  return rows
    .flatMap(decodeRow)
    .map(({ entry }) => (entry.kind === "live" ? entry.line.number : -1));
}

/** What an append is answered: its verdict, or that there was no answer. */
async function answerOf(journal: Journal, one: AppendItem): Promise<string> {
  try {
    const [verdict] = await journal.append([one]);
    return `${verdict?.verdict}, ${verdict?.replicated ? "replicated" : "local"}`;
  } catch (error) {
    if (error instanceof Outage) return "outage";
    throw error;
  }
}

describe("an append of which only the primary knows", { timeout: 120_000 }, () => {
  it("P1: is visible and then lost, so an answer from what is visible would be false", async () => {
    const { primary, standby, link } = await startPair();
    const journal = journalAt(primary.url);
    const opened = await journal.open(OWNER);
    const epoch = opened.verdict === "open" ? opened.epoch : 0;
    expect(await answerOf(journal, item(1, epoch))).toBe("appended, replicated");

    link.stall();
    const hanging = answerOf(journal, item(2, epoch));
    await cancelWaits(primary.url);
    expect(await hanging).toBe("outage");
    // A read writes nothing and so waits for nothing: by it, line 2 is there.
    const gate = "select next_number::integer from game_gate";
    expect(await sql(primary.url, gate)).toEqual([{ next_number: 3 }]);
    expect(await numbersIn(journal)).toEqual([1, 2]);

    primary.kill("SIGKILL");
    await primary.exited;
    await sql(standby.url, "select pg_promote(true, 60)");
    expect(await sql(standby.url, gate)).toEqual([{ next_number: 2 }]);
    expect(await numbersIn(journalAt(standby.url))).toEqual([1]);
  });

  it("P1: is not acknowledged: neither the wait that was cancelled, nor a repetition, nor a number expected", async () => {
    const { primary, standby, link } = await startPair();
    const journal = journalAt(primary.url);
    const opened = await journal.open(OWNER);
    const epoch = opened.verdict === "open" ? opened.epoch : 0;
    expect(await answerOf(journal, item(1, epoch))).toBe("appended, replicated");

    link.stall();
    const hanging = answerOf(journal, item(2, epoch));
    await cancelWaits(primary.url);
    expect(await hanging).toBe("outage");
    const repeated = answerOf(journal, item(2, epoch));
    await cancelWaits(primary.url);
    expect(await repeated).toBe("outage");
    const reopened = journal.open(OWNER).catch((error: unknown) => error);
    await cancelWaits(primary.url);
    expect(await reopened).toBeInstanceOf(Outage);
    const fenced = journal.fence(60_000).catch((error: unknown) => error);
    await cancelWaits(primary.url);
    expect(await fenced).toBeInstanceOf(Outage);

    primary.kill("SIGKILL");
    await primary.exited;
    await sql(standby.url, "select pg_promote(true, 60)");
    const after = journalAt(standby.url);
    const next = await after.open(OWNER);
    expect(next).toMatchObject({ verdict: "open", epoch, nextNumber: 2 });
    expect(await answerOf(after, item(2, epoch))).toBe("appended, local");
    expect(await numbersIn(after)).toEqual([1, 2]);
    expect((await after.terms(SLOT)).map(({ term }) => term)).toEqual([1, 2]);
  });

  it("P1: is acknowledged once the standby has it, however long that took", async () => {
    const { primary, standby, link } = await startPair();
    const journal = journalAt(primary.url);
    const opened = await journal.open(OWNER);
    const epoch = opened.verdict === "open" ? opened.epoch : 0;

    link.stall();
    const hanging = answerOf(journal, item(1, epoch));
    await new Promise((resolve) => setTimeout(resolve, 300));
    link.resume();

    expect(await hanging).toBe("appended, replicated");
    expect(await journal.fence(5_000)).toEqual({ replicated: true });
    await expect
      .poll(() => sql(standby.url, "select count(*)::integer as rows from journal_row"))
      .toEqual([{ rows: 1 }]);
  });
});
