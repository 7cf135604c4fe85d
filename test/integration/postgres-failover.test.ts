import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Acked } from "#client";
import { Durability } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { positionOf } from "#runtime/positions";
import { isServing, reasonOf } from "#runtime/rpc";
import { journalInPostgres } from "#stores/journal";
import { migrate } from "#stores/postgres";
import {
  type PostgresGroup,
  postgresRoles,
  type RunningServer,
  startPostgres,
  startPostgresAs,
  startStandby,
} from "../../local/servers/index.ts";
import { type Link, linkTo } from "../faults/link.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import {
  type Arena,
  differencesIn,
  nextAckAfter,
  numbersIn,
  seasonNamed,
  serversFolder,
  sql,
  startArenas,
} from "./postgres-failover.fixture.ts";
import { poolOn } from "./stores.fixture.ts";
import { playerLine } from "./uploads.fixture.ts";

const CONNECTIONS = `
  select count(*)::integer as count from pg_stat_activity
  where application_name in ('test', 'test-history')`;

/** Everything that was acknowledged is in the log once, in order, with what was sent. */
async function expectAll(mesh: TestMesh, slot: string, arenas: readonly Arena[]): Promise<void> {
  const numbers = await numbersIn(mesh.journal, slot);
  for (const { gameId, sent } of arenas) {
    const all = Array.from({ length: sent() }, (_, at) => at + 1);
    expect(numbers.get(gameId)).toEqual(all);
  }
}

/** Returns when each arena has been acknowledged often. */
async function underWay(arenas: readonly Arena[]): Promise<void> {
  const least = () => Math.min(...arenas.map(({ acks }) => acks.length));
  await expect.poll(least, { timeout: 20_000 }).toBeGreaterThan(20);
}

const lastBefore = (acks: Arena["acks"], moment: number) =>
  acks.findLast(({ at }) => at <= moment)?.at ?? moment;

const linesAcked = (arenas: readonly Arena[]) =>
  arenas.reduce((sum, { acks }) => sum + (acks.at(-1)?.through ?? 0), 0);

describe("a mesh on a primary with a synchronous standby and another one", () => {
  const place = serversFolder();
  const of = seasonNamed("failover");
  let group: PostgresGroup;
  let mesh: TestMesh;
  const urlOf = (name: string) => group.servers.get(name)?.url ?? "";
  const standbys = () => [...group.servers.keys()].filter((name) => name !== group.primary());

  beforeAll(async () => {
    group = await startPostgresAs("replicated", { folder: `${place.folder}/postgres` });
    await migrate(group.url);
    mesh = await startMesh({ postgresUrl: group.url, durability: "replicated" });
  }, 120_000);
  afterAll(async () => {
    await mesh?.stop();
    await group?.stop();
    place.remove();
  });

  const { season } = of;
  const write = async (points: number) => {
    const lines = [playerLine("reader", points)];
    return mesh.ingest.recordLines({ source: "league", season, gameId: "history", lines });
  };
  /** The points that a look back at this moment finds. */
  const pointsNow = async (readAfter: string) => {
    const asOf = { knownTime: timestampFromMs(Date.now() + 1_000) };
    const { player } = await mesh.stats.getPlayerSeason({
      ...{ season, playerId: "reader", readAfter, asOf },
    });
    return player?.totals?.points;
  };

  it("P4, P6: history has what was written, while replicas stand still and when they are gone", {
    timeout: 60_000,
  }, async () => {
    for (let points = 1; points <= 20; points += 1) {
      expect(await pointsNow((await write(points)).position)).toBe(points);
    }
    const used = await Promise.all(standbys().map((name) => sql(urlOf(name), CONNECTIONS)));
    expect(used.flat().filter(({ count }) => Number(count) > 0)).toHaveLength(1);

    for (const name of standbys()) await sql(urlOf(name), "select pg_wal_replay_pause()");
    for (let points = 21; points <= 30; points += 1) {
      expect(await pointsNow((await write(points)).position)).toBe(points);
    }
    // Nor does it go back for a reader who names nothing.
    expect(await pointsNow("")).toBe(30);

    for (const name of standbys()) await sql(urlOf(name), "select pg_wal_replay_resume()");
    group.servers.get("postgres-3")?.kill("SIGKILL");
    for (let points = 31; points <= 40; points += 1) {
      expect(await pointsNow((await write(points)).position)).toBe(points);
    }
    await group.restart("postgres-3");
    await expect
      .poll(() => postgresRoles([urlOf("postgres-3")]), { timeout: 20_000 })
      .toEqual(["standby"]);
    expect(await differencesIn(mesh, of)).toEqual([]);
  });

  it("P1, P2, P4: what was acknowledged survives the primary, which comes back and is left alone", {
    timeout: 90_000,
  }, async () => {
    const arenas = await startArenas(mesh, of, 4);
    await underWay(arenas);
    const old = group.servers.get("postgres");
    old?.kill("SIGKILL");
    await old?.exited;
    const acked = arenas.map(({ acks }) => acks.at(-1));
    await delay(300);
    await group.promote("postgres-2");
    const promoted = performance.now();
    await expect
      .poll(() => Math.max(...nextAckAfter(arenas, promoted)), { timeout: 20_000 })
      .toBeLessThan(10_000);
    const sinceMs = Math.max(...nextAckAfter(arenas, promoted));
    const gapMs =
      sinceMs + Math.max(...arenas.map(({ acks }) => promoted - lastBefore(acks, promoted)));
    // Split brain: it takes writes, and does not know that it was replaced.
    await group.restart("postgres");
    const roles = ["replaced primary", "primary"];
    expect(await postgresRoles([urlOf("postgres"), urlOf("postgres-2")])).toEqual(roles);
    const ends = "select end_offset from journal_head order by slot";
    const before = await sql(urlOf("postgres"), ends);
    // As long as it takes all pools to look again who is what.
    await delay(6_000);
    const late = await journalInPostgres(poolOn(group.url)).heads();
    expect(late.get(of.slot)?.term).toBe(2);
    expect(await sql(urlOf("postgres"), CONNECTIONS)).toEqual([{ count: 0 }]);
    expect(await sql(urlOf("postgres"), ends)).toEqual(before);

    await Promise.all(arenas.map((arena) => arena.stop()));
    await expectAll(mesh, of.slot, arenas);
    const durabilities = arenas.flatMap(({ acks }) => acks.map(({ durability }) => durability));
    expect(new Set(durabilities)).toEqual(new Set([Durability.REPLICATED]));
    for (const last of acked) {
      const readAfter = last?.position ?? "";
      await mesh.stats.getPlayerSeason({ season, playerId: "p1", readAfter });
    }
    expect((await mesh.journal.terms(of.slot)).map(({ term }) => term)).toEqual([1, 2]);
    expect(await differencesIn(mesh, of)).toEqual([]);
    console.log(
      `${linesAcked(arenas)} lines acked, 0 lost, 0 doubled; without acks at most ${Math.round(gapMs)} ms, ${Math.round(sinceMs)} ms of it after the promotion`,
    );
  });
});

describe("a mesh on a primary with one synchronous standby", () => {
  const place = serversFolder();
  let primary: RunningServer;
  let standby: RunningServer;
  let link: Link;
  let url: string;

  beforeAll(async () => {
    primary = await startPostgres({ folder: `${place.folder}/primary` });
    await migrate(primary.url);
    link = await linkTo(primary.port);
    standby = await startStandby({
      folder: `${place.folder}/standby`,
      primary: primary.url.replace(`:${primary.port}/`, `:${link.port}/`),
      standbyName: "s1",
    });
    url = primary.url.replace(`:${primary.port}/`, `:${primary.port},127.0.0.1:${standby.port}/`);
    await sql(primary.url, "alter system set synchronous_standby_names = 's1'");
    await sql(primary.url, "select pg_reload_conf()");
    await vi.waitFor(async () => {
      const states = await sql(primary.url, "select sync_state from pg_stat_replication");
      expect(states).toEqual([{ sync_state: "sync" }]);
    }, 10_000);
  }, 120_000);
  afterAll(async () => {
    await primary?.stop();
    await standby?.stop();
    await link?.close();
    place.remove();
  });

  /** How many lines are acknowledged once what had reached the standby is. */
  async function lastAcked(arenas: readonly Arena[]): Promise<number> {
    let acked = -1;
    while (acked !== linesAcked(arenas)) {
      acked = linesAcked(arenas);
      await delay(1_000);
    }
    return acked;
  }

  async function expectOnStandby(league: string, arenas: readonly Arena[]): Promise<void> {
    const text = `select game_id, next_number from game_gate where league = '${league}'`;
    await vi.waitFor(async () => {
      const next = new Map(
        (await sql(standby.url, text)).map((row) => [row.game_id, row.next_number]),
      );
      for (const { gameId, acks } of arenas) {
        expect(Number(next.get(gameId))).toBeGreaterThan(acks.at(-1)?.through ?? 0);
      }
    }, 5_000);
  }

  const waiting = "select pid from pg_stat_activity where wait_event = 'SyncRep'";
  const sessions = async () => (await sql(primary.url, waiting)).length;

  it("P1, P6, P9: a stalled standby stops acks, writes are refused, and go on when it is back", {
    timeout: 60_000,
  }, async () => {
    const of = seasonNamed("stalled");
    const mesh = await startMesh({ postgresUrl: url, durability: "replicated" });
    try {
      const arenas = await startArenas(mesh, of, 4);
      await underWay(arenas);
      link.stall();
      const stalled = await lastAcked(arenas);
      await expectOnStandby("stalled", arenas);
      const answers: (string | undefined)[] = [];
      for (const end = Date.now() + 8_000; Date.now() < end; await delay(200)) {
        const lines = [playerLine("p1", 1)];
        const request = { source: "x", season: of.season, gameId: "x", lines };
        // Less than the delay that a refusal names: it is not repeated here.
        const call = mesh.ingest.recordLines(request, { timeoutMs: 900 });
        answers.push(
          await call.then(
            () => "taken",
            (error) => reasonOf(error).reason,
          ),
        );
      }
      expect(linesAcked(arenas)).toBe(stalled);
      expect(answers).not.toContain("taken");
      // Those that began before the stall was noticed wait for their commit; then each is refused at once.
      expect(answers.slice(-10)).toEqual(Array(10).fill("NOT_REPLICATED"));
      expect(await isServing(mesh.address)).toBe(true);
      expect(await mesh.isTaking()).toBe(false);
      expect(await sessions()).toBeLessThanOrEqual(20);

      link.resume();
      const healed = performance.now();
      await expect
        .poll(() => Math.max(...nextAckAfter(arenas, healed)), { timeout: 15_000 })
        .toBeLessThan(10_000);
      const gapMs = Math.round(Math.max(...nextAckAfter(arenas, healed)));
      expect(await mesh.isTaking()).toBe(true);
      await Promise.all(arenas.map((arena) => arena.stop()));
      await expectAll(mesh, of.slot, arenas);
      expect(await differencesIn(mesh, of)).toEqual([]);
      console.log(`acks went on ${gapMs} ms after the standby did`);
    } finally {
      link.resume();
      await mesh.stop();
    }
  });

  it("P1, P4: a wait that is cancelled is no ack; what only the primary had is lost with it, and nothing else", {
    timeout: 90_000,
  }, async () => {
    const of = seasonNamed("cancelled");
    const mesh = await startMesh({ postgresUrl: url, durability: "local" });
    try {
      const arenas = await startArenas(mesh, of, 4);
      await underWay(arenas);
      const kept = arenas.map(({ acks }) => acks.at(-1));
      link.stall();
      const stalled = await lastAcked(arenas);
      // Each cancelled commit is there for who reads, and on no standby.
      for (const end = Date.now() + 3_000; Date.now() < end; await delay(100)) {
        await sql(primary.url, `select pg_cancel_backend(pid) from (${waiting}) as waiting`);
      }
      expect(linesAcked(arenas)).toBe(stalled);

      // Now the primary says that nobody else needs to have it: an honest ack, of one disk.
      await sql(primary.url, "alter system set synchronous_standby_names = ''");
      await sql(primary.url, "select pg_reload_conf()");
      const last = () => arenas.map(({ acks }) => acks.at(-1));
      await expect
        .poll(() => last().map((ack) => ack?.durability), { timeout: 20_000 })
        .toEqual(Array(4).fill(Durability.LOCAL));
      const local = last();

      primary.kill("SIGKILL");
      await primary.exited;
      await sql(standby.url, "select pg_promote(true, 60)");
      const promoted = performance.now();
      await expect
        .poll(() => Math.max(...nextAckAfter(arenas, promoted)), { timeout: 20_000 })
        .toBeLessThan(10_000);
      await Promise.all(arenas.map((arena) => arena.stop()));

      // The spools had it all: what was lost was sent again.
      await expectAll(mesh, of.slot, arenas);
      // The hot store had folded what was lost, and is made again.
      expect(await differencesIn(mesh, of)).toEqual([]);
      const [, { firstOffset = 0 } = {}] = await mesh.journal.terms(of.slot);
      const read = (ack: Acked | undefined) =>
        mesh.stats
          .getPlayerSeason({ season: of.season, playerId: "p1", readAfter: ack?.position ?? "" })
          .then(
            () => "read",
            (error: unknown) => reasonOf(error).reason,
          );
      const ends = [kept, local].map((acks) =>
        acks.map((ack) => (positionOf(ack?.position ?? "")?.endOffset ?? 0) <= firstOffset),
      );
      expect(ends).toEqual([Array(4).fill(true), Array(4).fill(false)]);
      expect(await Promise.all(kept.map(read))).toEqual(Array(4).fill("read"));
      expect(await Promise.all(local.map(read))).toEqual(Array(4).fill("POSITION_LOST"));
    } finally {
      link.resume();
      await mesh.stop();
    }
  });
});
