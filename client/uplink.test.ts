import { describe, expect, it } from "vitest";
import { LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import type { NewLine } from "./encoded.ts";
import { inProcess } from "./in-process.fixture.ts";
import { seeded } from "./seeded.fixture.ts";
import { type SimulatedIngestOptions, simulatedIngest } from "./simulated-ingest.fixture.ts";
import { simulatedDisk } from "./spool/simulated-disk.fixture.ts";
import { openUplink, type UplinkOptions } from "./uplink.ts";

const FOLDER = "/game";
const PLAYERS = 5;

/** Line `number` of a game: what it is follows from its number alone. */
function lineOf(number: number): NewLine {
  return {
    of: {
      case: "player",
      value: {
        playerId: `p${number % PLAYERS}`,
        teamId: "t1",
        happenedTime: { seconds: BigInt(number), nanos: 0 },
        totals: { points: number },
      },
    },
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** A service and a disk of one test. */
function world(seed = 1, options: Partial<SimulatedIngestOptions> = {}) {
  const random = seeded(seed);
  const ingest = simulatedIngest({ random, ...options });
  const disk = simulatedDisk(random);
  const open = (more: Partial<UplinkOptions> = {}) => {
    const network = inProcess(ingest.serve, random);
    const process = disk.process();
    const options = {
      ...{ target: "", source: "arena", gameId: "g1", folder: FOLDER },
      backoff: { firstMs: 1, mostMs: 1 },
      ...more,
    };
    const ground = { disk: process.disk, connections: network.connections };
    const uplink = openUplink(options, ground);
    const kill = () => {
      process.kill();
      network.kill();
    };
    return { uplink, network, process, kill };
  };
  return { random, ingest, disk, open };
}

const points = ({ journal }: ReturnType<typeof simulatedIngest>) =>
  journal.map((one) => one.points);

describe("openUplink", () => {
  it("resolves each send with its number, and brings every line once and in order", async () => {
    const { ingest, open } = world();
    const uplink = await open().uplink;
    const numbers = await Promise.all(upTo(100).map((number) => uplink.send(lineOf(number))));
    await uplink.drained();

    expect(numbers).toEqual(upTo(100));
    expect(points(ingest)).toEqual(upTo(100));
    expect(await uplink.close()).toBe(0);
    expect(ingest.faults).toEqual([]);
  });

  it("tells what was acknowledged, what was refused, and what an official line decides", async () => {
    const outcomes = new Map([
      [7, LineOutcome.QUARANTINED],
      [9, LineOutcome.SUPERSEDED],
    ]);
    const { open } = world(1, { outcomeOf: ({ number }) => outcomes.get(number) });
    const uplink = await open().uplink;
    const acked: number[] = [];
    const superseded: number[] = [];
    const refused: unknown[] = [];
    uplink.on("acked", (ack) => {
      acked.push(ack.through);
      superseded.push(...ack.superseded);
    });
    uplink.on("refused", (one) => refused.push(one));
    for (const number of upTo(20)) await uplink.send(lineOf(number));
    await uplink.drained();
    await uplink.close();

    expect(acked.at(-1)).toBe(20);
    expect(acked).toEqual([...acked].sort((a, b) => a - b));
    expect(superseded).toEqual([9]);
    expect(refused).toEqual([{ number: 7, outcome: LineOutcome.QUARANTINED, violations: [] }]);
  });

  it("sends what an earlier run has left, with the same instance, and then goes on", async () => {
    const { ingest, open } = world();
    const first = open();
    first.network.setDown(true);
    const before = await first.uplink;
    for (const number of upTo(30)) await before.send(lineOf(number));
    first.kill();
    const after = await open().uplink;
    for (const number of upTo(10)) await after.send(lineOf(30 + number));
    await after.close();

    expect(points(ingest)).toEqual(upTo(40));
    expect(after.instance).toBe(before.instance);
    expect(new Set(ingest.opened.map(({ instance }) => instance)).size).toBe(1);
  });

  it("leaves in the spool what a service that is away does not take, and says how much", async () => {
    const { ingest, open } = world();
    const first = open();
    first.network.setDown(true);
    const uplink = await first.uplink;
    for (const number of upTo(5)) await uplink.send(lineOf(number));

    expect(await uplink.gauges()).toMatchObject({ lines: 5, connected: false, stopped: false });
    expect(await uplink.close({ withinMs: 20 })).toBe(5);
    expect(await (await open().uplink).close()).toBe(0);
    expect(points(ingest)).toEqual(upTo(5));
  });

  it("keeps within the service's credit of lines and bytes", async () => {
    const { ingest, open } = world(3, { creditLines: 20, creditBytes: 300 });
    const uplink = await open({ batchLines: 7 }).uplink;
    await Promise.all(upTo(200).map((number) => uplink.send(lineOf(number))));
    await uplink.drained();
    await uplink.close();

    expect(ingest.faults).toEqual([]);
    expect(points(ingest)).toEqual(upTo(200));
  });

  it("sends nothing to a service that drains, takes its acks, and comes back when it was told", async () => {
    const { ingest, open } = world(5, { turnsMax: 40, creditLines: 20 });
    const uplink = await open({ batchLines: 3 }).uplink;
    await Promise.all(upTo(60).map((number) => uplink.send(lineOf(number))));
    while (ingest.journal.length === 0) await new Promise(setImmediate);
    const told = performance.now();
    ingest.drain(1_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const acked = uplink.acknowledgedThrough();
    const inJournal = ingest.journal.length;
    const streams = ingest.streams();
    await uplink.drained();

    expect(acked).toBe(inJournal);
    expect(inJournal).toBeGreaterThan(3);
    expect(inJournal).toBeLessThan(60);
    expect(streams).toBe(0);
    expect(performance.now() - told).toBeGreaterThanOrEqual(999);
    expect(ingest.opened).toHaveLength(2);
    expect(ingest.faults).toEqual([]);
    expect(points(ingest)).toEqual(upTo(60));
    await uplink.close();
  });

  it("waits no longer for the tenth broken connection than for the first, if lines went through", async () => {
    const { open } = world();
    const backoff = { firstMs: 1, mostMs: 1_000_000, random: () => 0.999 };
    const { uplink: opening, network } = open({ backoff });
    const uplink = await opening;
    let failures = 0;
    uplink.on("disconnected", () => {
      failures += 1;
    });
    for (let number = 1; number <= 16; number += 1) {
      await uplink.send(lineOf(number));
      await uplink.drained();
      network.cut();
    }

    expect(failures).toBeGreaterThan(10);
    await uplink.close();
  });

  it("takes over anew when it is asked for lines that it has not, and tells the hole", async () => {
    const { ingest, open } = world(7);
    const first = open({ segmentBytes: 500, keepAckedBytes: 1_000 });
    const uplink = await first.uplink;
    const holes: { firstNumber: number; lastNumber: number }[] = [];
    uplink.on("hole", (hole) => holes.push(hole));
    for (const number of upTo(100)) await uplink.send(lineOf(number));
    await uplink.drained();
    // Far more than the spool has kept.
    ingest.loseTail(95);
    first.network.cut();
    for (const number of upTo(20)) await uplink.send(lineOf(100 + number));
    await uplink.drained();
    await uplink.close();
    const anew = ingest.journal.filter(({ epoch }) => epoch === 2);

    expect(ingest.faults).toEqual([]);
    expect(holes).toEqual([{ firstNumber: 6, lastNumber: expect.any(Number) }]);
    const gone = holes[0]!.lastNumber;
    expect(ingest.opened.at(-1)).toMatchObject({
      takeOver: true,
      hole: { firstNumber: 6n, lastNumber: BigInt(gone) },
    });
    // The current line of every player as of the hole's end, then each line that is left.
    const current = upTo(PLAYERS).map((at) => gone - PLAYERS + at);
    expect(anew.slice(0, PLAYERS).map((one) => one.points)).toEqual(
      expect.arrayContaining(current),
    );
    expect(anew.slice(PLAYERS).map((one) => one.points)).toEqual(upTo(120).slice(gone));
    expect(anew.map(({ number }) => number)).toEqual(upTo(anew.length));
  });

  it("takes over anew when the service has gone back to a former owner, whose numbers were others", async () => {
    const { ingest, open } = world(7);
    const run = open({ segmentBytes: 500, keepAckedBytes: 1_000 });
    const uplink = await run.uplink;
    for (const number of upTo(100)) await uplink.send(lineOf(number));
    await uplink.drained();
    ingest.loseTail(60);
    run.network.cut();
    await uplink.send(lineOf(101));
    await uplink.drained();
    ingest.loseOwnersAfter("g1", 1);
    run.network.cut();
    await uplink.send(lineOf(102));
    await uplink.drained();
    await uplink.close();
    const newest = new Map(ingest.journal.map(({ playerId, points }) => [playerId, points]));

    expect(new Set(ingest.journal.map(({ epoch }) => epoch))).toEqual(new Set([1, 2]));
    expect(ingest.opened.filter(({ takeOver }) => takeOver)).toHaveLength(2);
    expect(newest).toEqual(new Map(upTo(102).map((number) => [`p${number % PLAYERS}`, number])));
    expect(ingest.faults).toEqual([]);
  });

  it("reads on what it sends again, also when that is acknowledged all at once", async () => {
    const { ingest, open } = world(3);
    const first = open({ segmentBytes: 200 });
    const uplink = await first.uplink;
    for (const number of upTo(100)) await uplink.send(lineOf(number));
    await uplink.drained();
    // Before it could note what was acknowledged.
    first.kill();
    const again = await open({ segmentBytes: 200, keepAckedBytes: 0, batchLines: 3 }).uplink;
    await again.send(lineOf(101));
    await again.drained();

    expect(points(ingest)).toEqual(upTo(101));
    expect(await again.gauges()).toMatchObject({ lines: 0, stopped: false });
    await again.close();
  });

  it("stops when another one has taken the game over, keeps its lines, and can take it back", async () => {
    const { ingest, open } = world();
    const first = await open().uplink;
    const stopped: unknown[] = [];
    first.on("stopped", ({ failure }) => stopped.push(reasonOf(failure).reason));
    for (const number of upTo(10)) await first.send(lineOf(number));
    await first.drained();
    const other = await open({ folder: "/other", takeOver: true }).uplink;
    await other.send(lineOf(500));
    await other.drained();
    await first.send(lineOf(11));

    await expect(first.drained()).rejects.toSatisfy(
      (error) => reasonOf(error).reason === "UPLOAD_FENCED",
    );
    await expect(first.send(lineOf(12))).rejects.toThrow();
    expect(stopped).toEqual(["UPLOAD_FENCED"]);
    expect(await first.close()).toBe(1);
    const back = await open({ takeOver: true }).uplink;
    await back.drained();
    expect(ingest.journal.filter(({ epoch }) => epoch === 3).map((one) => one.points)).toEqual(
      upTo(11),
    );
    await back.close();
    await other.close();
  });

  it("takes the game over once, also when it is killed after that", async () => {
    const { ingest, open } = world();
    const first = await open({ folder: "/other" }).uplink;
    await first.send(lineOf(500));
    await first.close();
    const run = open({ takeOver: true });
    const uplink = await run.uplink;
    await uplink.send(lineOf(1));
    await uplink.drained();
    run.kill();
    const again = await open().uplink;
    await again.send(lineOf(2));
    await again.close();

    expect(ingest.opened.map(({ takeOver }) => takeOver)).toEqual([false, true, false]);
    expect(points(ingest)).toEqual([500, 1, 2]);
  });

  it("stops when the game is another one's", async () => {
    const { ingest, open } = world();
    const other = await open({ folder: "/other" }).uplink;
    await other.send(lineOf(500));
    await other.drained();
    const uplink = await open().uplink;
    await uplink.send(lineOf(1));

    await expect(uplink.drained()).rejects.toSatisfy(
      (error) => reasonOf(error).reason === "NOT_OWNER",
    );
    expect(await uplink.gauges()).toMatchObject({ lines: 1, stopped: true, connected: false });
    expect(points(ingest)).toEqual([500]);
    await uplink.close();
    await other.close();
  });

  it("stops when the service has lines that the spool has lost", async () => {
    const { ingest, disk, open } = world();
    const first = open({ sync: "never" });
    const uplink = await first.uplink;
    for (const number of upTo(20)) await uplink.send(lineOf(number));
    await uplink.drained();
    first.kill();
    disk.losePower();
    const path = disk.paths().find((one) => one.endsWith(".seg"))!;
    disk.setContent(path, disk.contentOf(path)!.subarray(0, 100));
    const again = await open().uplink;
    await again.drained();
    await again.send(lineOf(21));

    await expect(again.drained()).rejects.toMatchObject({ name: "SpoolBehind" });
    expect(points(ingest)).toEqual(upTo(20));
    await again.close();
  });

  it("P7: stops when lines that it never saw acknowledged are others at the service", async () => {
    const { ingest, disk, open } = world();
    const first = await open().uplink;
    for (const number of upTo(20)) await first.send(lineOf(number));
    await first.close();
    // An old copy of the spool, to which other lines were added while it was offline.
    for (const path of disk.paths()) {
      disk.setContent(path.replace(FOLDER, "/copy"), disk.contentOf(path)!);
    }
    const copy = open({ folder: "/copy" });
    copy.network.setDown(true);
    const offline = await copy.uplink;
    for (const number of upTo(5)) await offline.send(lineOf(900 + number));
    await offline.close({ withinMs: 1 });
    const on = await open().uplink;
    for (const number of upTo(10)) await on.send(lineOf(20 + number));
    await on.close();
    const late = await open({ folder: "/copy" }).uplink;

    await expect(late.drained()).rejects.toSatisfy(
      (error) => reasonOf(error).reason === "NUMBER_REUSED",
    );
    expect(points(ingest)).toEqual(upTo(30));
    expect((await late.gauges()).lines).toBe(5);
    await late.close();
  });

  it("refuses a folder that is another game's", async () => {
    const { open } = world();
    await (await open().uplink).close();

    await expect(open({ gameId: "g2" }).uplink).rejects.toMatchObject({
      name: "OtherUpload",
      message: "/game holds the upload with gameId g1, not g2.",
    });
  });

  // Who sends, the service and the store, each killed at random; and one line after the other, a crash of
  // the machine with the loss of power.
  it("P1, P2: loses no line and doubles none, whatever is killed (200 seeds)", {
    timeout: 60_000,
  }, async () => {
    let kills = 0;
    for (let seed = 1; seed <= 200; seed += 1) kills += await surviveKills(seed);
    console.log(`killed ${kills} times`);

    expect(kills).toBeGreaterThan(1_000);
  });
});

/** Sends a game of sixty lines while things are killed, and expects each once. Returns how many were. */
async function surviveKills(seed: number): Promise<number> {
  const LINES = 60;
  const { random, ingest, disk, open } = world(seed, { creditLines: 15, creditBytes: 1_000 });
  const sometimes = () => random() < 0.05;
  const turns = async (most: number) => {
    for (let left = random() * most; left > 0; left -= 1) await new Promise(setImmediate);
  };
  let kills = 0;
  let acked = 0;
  const bounds = { batchLines: 4, segmentBytes: 400, keepAckedBytes: 600 };
  let run = open(bounds);
  let uplink = await run.uplink;
  const listen = () => uplink.on("acked", ({ through }) => (acked = Math.max(acked, through)));
  listen();

  for (let number = uplink.nextNumber(); number <= LINES; number = uplink.nextNumber()) {
    const send = uplink.send(lineOf(number));
    if (random() < 0.5) await send;
    else await turns(4);
    if (sometimes()) {
      kills += 1;
      run.kill();
      if (random() < 0.5) disk.losePower();
      run = open(bounds);
      // Killed as it starts, as well.
      if (random() < 0.3) {
        await turns(40);
        run.kill();
        run = open(bounds);
      }
      uplink = await run.uplink;
      listen();
      expect(uplink.nextNumber()).toBeGreaterThan(acked);
    }
    if (sometimes()) {
      kills += 1;
      run.network.cut();
    }
    if (sometimes()) {
      kills += 1;
      ingest.setAway(true);
      await turns(30);
      ingest.setAway(false);
    }
  }
  await uplink.drained();
  await uplink.close();

  expect([seed, points(ingest)]).toEqual([seed, upTo(LINES)]);
  expect([seed, ingest.faults]).toEqual([seed, []]);
  return kills;
}
