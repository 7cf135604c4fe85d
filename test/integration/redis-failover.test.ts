import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cost, type FailingMesh, startFailingMesh } from "./failover.fixture.ts";

/** Within this many seconds readers are answered again; it takes 1 to see that a primary is dead. */
const WITHOUT_READS_S_MAX = 10;
/** A server that comes back is made a replica 8 s after the Sentinels have seen it. */
const HAS_REPLICA_WITHIN_MS = 30_000;

// The faults come one after the other on the same servers, under one load.
describe.each(["sentinel", "cluster"] as const)("a Redis that fails over: %s", (topology) => {
  let mesh: FailingMesh;

  beforeAll(async () => {
    mesh = await startFailingMesh(topology);
  });
  afterAll(() => mesh?.close());

  /** The primary of the slot, once it has a replica. */
  async function primaryWithReplica(): Promise<string> {
    const primary = await mesh.primary();
    const online = () => mesh.ask(primary, (redis) => redis.info("replication"));
    await expect.poll(online, { timeout: HAS_REPLICA_WITHIN_MS }).toMatch(/slave0:.*state=online/);
    return primary;
  }
  function bounded(what: string, cost: Cost): void {
    console.log(`${topology}, ${what}: ${JSON.stringify(cost)}`);
    expect(cost.withoutReadsS).toBeLessThanOrEqual(WITHOUT_READS_S_MAX);
  }

  it("P5: goes on at another primary when the primary is killed", { timeout: 90_000 }, async () => {
    const primary = await primaryWithReplica();

    bounded("killed", await mesh.without(primary, "SIGKILL"));
    // It comes back as a primary with what it had, until the others tell it.
    await mesh.restart(primary);
  });

  it("P5: goes on at another primary when the primary is frozen for 10 s", {
    timeout: 90_000,
  }, async () => {
    const primary = await primaryWithReplica();
    const begun = performance.now();
    const cost = await mesh.without(primary, "SIGSTOP");
    await delay(10_000 - (performance.now() - begun));
    mesh.send("SIGCONT", primary);

    bounded("frozen", cost);
  });

  it("P5: notices and mends what a failover to replicas that were behind has lost", {
    timeout: 90_000,
  }, async () => {
    const primary = await primaryWithReplica();
    const replicas = await mesh.named("replica");
    mesh.send("SIGSTOP", ...replicas);
    // What the kernel has of their connections they would read later.
    await mesh.ask(primary, (redis) => redis.client("KILL", "TYPE", "REPLICA"));
    const frozenAt = await mesh.end(primary);
    await delay(3_000);
    const folded = await mesh.end(primary);
    setTimeout(() => mesh.send("SIGCONT", ...replicas));
    const cost = await mesh.without(primary, "SIGKILL");

    console.log(`${folded - frozenAt} entries were folded that no replica had`);
    expect(folded).toBeGreaterThan(frozenAt);
    bounded("killed before replicas that were behind", cost);
  });

  it("P5: had no wrong answer, none that went back, and equal stores in the end", async () => {
    const { faults, ...counts } = await mesh.finish();

    console.log(JSON.stringify(counts));
    expect(faults.slice(0, 5)).toEqual([]);
    expect(counts.reads).toBeGreaterThan(100);
  });
});
