import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type Acked, Durability, LineOutcome, type Refused, reasonOf } from "#client";
import {
  RecordGameRequestSchema,
  RecordLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { Relay } from "./relay.ts";
import { DAY_MS, lineOf, world } from "./world.fixture.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** Returns when `holds` does; looked at on each turn of the event loop. */
async function untilTrue(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

const reasonIs = (reason: string) => (error: unknown) => reasonOf(error).reason === reason;

function fact(revision: number | undefined, gameId = "g1") {
  const game = { gameId };
  const given = revision === undefined ? {} : { revision: BigInt(revision) };
  return create(RecordGameRequestSchema, { source: "arena", game, ...given });
}

function linesAt(revision: number | undefined, numbers: number[], source = "arena") {
  const given = revision === undefined ? {} : { revision: BigInt(revision) };
  const lines = numbers.map(lineOf);
  return create(RecordLinesRequestSchema, { source, gameId: "g1", lines, ...given });
}

async function forwarded(relay: Relay): Promise<void> {
  await untilTrue(async () => {
    const { lines, facts } = await relay.gauges();
    return lines === 0 && facts === 0;
  });
}

describe("a relay", () => {
  it("P6: acknowledges from its disk while the mesh is away, and forwards in order when it is back", async () => {
    const { points, setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const relay = await startRelay().relay;
    const scorer = await sender().uplink;
    const acks: Acked[] = [];
    scorer.on("acked", (ack) => acks.push(ack));
    for (const number of upTo(30)) await scorer.send(lineOf(number));
    await scorer.drained();
    const before = points();
    const { lines, connected } = await relay.gauges();
    setMeshDown(false);
    await forwarded(relay);

    expect(new Set(acks.map(({ durability }) => durability))).toEqual(
      new Set([Durability.SPOOLED]),
    );
    expect(before).toEqual([]);
    expect({ lines, connected }).toEqual({ lines: 30, connected: false });
    expect(points()).toEqual(upTo(30));
    expect(await relay.gauges()).toMatchObject({ lines: 0, oldestMs: 0, connected: true });
  });

  it("forwards as the sender itself: the same source, instance and numbers", async () => {
    const { ingest, startRelay, sender } = world();
    const relay = await startRelay().relay;
    const scorer = await sender({ instance: "laptop-1" }).uplink;
    for (const number of upTo(5)) await scorer.send(lineOf(number));
    await scorer.close();
    await forwarded(relay);

    expect(ingest.journal).toMatchObject(
      upTo(5).map((number) => ({ source: "arena", instance: "laptop-1", epoch: 1, number })),
    );
  });

  it("P2: knows after a kill who owns each game, and the number that it expects", async () => {
    const { points, disk, setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const first = startRelay();
    const scorer = await sender().uplink;
    for (const number of upTo(20)) await scorer.send(lineOf(number));
    await scorer.drained();
    first.kill();
    disk.losePower();
    const connected = new Promise((resolve) => scorer.on("connected", resolve));
    const relay = await startRelay().relay;
    const other = await sender({ instance: "b", folder: "/other" }).uplink;
    await other.send(lineOf(500));

    await expect(other.drained()).rejects.toSatisfy(reasonIs("NOT_OWNER"));
    expect(await connected).toEqual({ epoch: 1, nextNumber: 21 });
    for (const number of upTo(5)) await scorer.send(lineOf(20 + number));
    await scorer.drained();
    setMeshDown(false);
    await forwarded(relay);
    expect(points()).toEqual(upTo(25));
  });

  it("P3: fences the former owner at once, and brings its lines before those of the new one", async () => {
    const { ingest, points, setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const relay = await startRelay().relay;
    const first = await sender().uplink;
    for (const number of upTo(10)) await first.send(lineOf(number));
    await first.drained();
    const second = await sender({ instance: "b", folder: "/b", takeOver: true }).uplink;
    for (const number of upTo(10)) await second.send(lineOf(100 + number));
    await second.drained();
    const third = await sender({ folder: "/a2", takeOver: true }).uplink;
    for (const number of upTo(10)) await third.send(lineOf(200 + number));
    await third.drained();

    await expect(first.send(lineOf(11)).then(() => first.drained())).rejects.toSatisfy(
      reasonIs("UPLOAD_FENCED"),
    );
    await expect(second.drained(11)).rejects.toSatisfy(reasonIs("UPLOAD_FENCED"));
    setMeshDown(false);
    await forwarded(relay);
    const expected = [0, 100, 200].flatMap((from) => upTo(10).map((number) => from + number));
    expect(points()).toEqual(expected);
    expect(ingest.journal.map(({ epoch }) => epoch)).toEqual(
      [1, 2, 3].flatMap((epoch) => upTo(10).map(() => epoch)),
    );
    await untilTrue(async () => (await relay.gauges()).games[0]?.owners.length === 1);
  });

  it("tells the sender what the mesh says of a line later", async () => {
    const outcomeOf = ({ number }: { number: number }) =>
      number === 2 ? LineOutcome.QUARANTINED : undefined;
    const { setMeshDown, startRelay, sender } = world(1, { outcomeOf });
    setMeshDown(true);
    await startRelay().relay;
    const scorer = await sender().uplink;
    const refused: Refused[] = [];
    scorer.on("refused", (line) => refused.push(line));
    for (const number of upTo(3)) await scorer.send(lineOf(number));
    await scorer.drained();
    setMeshDown(false);
    await untilTrue(() => refused.length > 0);

    expect(refused).toMatchObject([{ number: 2, outcome: LineOutcome.QUARANTINED }]);
  });

  it("tells the sender that the mesh refuses it, keeps its lines, and lets it take the game over", async () => {
    const { ingest, startRelay, sender, setMeshDown } = world();
    setMeshDown(true);
    const relay = await startRelay().relay;
    const scorer = await sender().uplink;
    await scorer.send(lineOf(1));
    await scorer.drained();
    // Meanwhile somebody else uploads the game past the relay.
    ingest.own({ gameId: "g1", source: "elsewhere", instance: "x" });
    setMeshDown(false);

    await expect(scorer.drained(2)).rejects.toSatisfy(reasonIs("NOT_OWNER"));
    await expect(scorer.send(lineOf(2))).rejects.toSatisfy(reasonIs("NOT_OWNER"));
    const lastFailure = "Another one owns the game.";
    expect(await relay.gauges()).toMatchObject({ lines: 1, lastFailure });
    await scorer.close();
    const back = await sender({ takeOver: true }).uplink;
    await back.send(lineOf(2));
    await back.drained();
    await untilTrue(() => ingest.journal.length === 2);
    expect(ingest.journal).toMatchObject([
      { source: "arena", epoch: 2, number: 1, points: 1 },
      { source: "arena", epoch: 2, number: 2, points: 2 },
    ]);
    await untilTrue(async () => (await relay.gauges()).lines === 1);
    const [game] = (await relay.gauges()).games;
    expect(game?.owners).toMatchObject([
      { epoch: 1, lines: 1, stopped: true },
      { epoch: 2, lines: 0, stopped: false },
    ]);
  });

  it("takes a game over in the mesh once, also when it is killed after that", async () => {
    const { ingest, points, startRelay, sender } = world();
    const first = startRelay();
    const former = await sender({ folder: "/other", instance: "b" }).uplink;
    await former.send(lineOf(500));
    await former.drained();
    const scorer = await sender({ takeOver: true }).uplink;
    await scorer.send(lineOf(1));
    await untilTrue(() => ingest.journal.length === 2);
    first.kill();
    const relay = await startRelay().relay;
    await scorer.send(lineOf(2));
    await scorer.drained();
    await forwarded(relay);

    expect(points()).toEqual([500, 1, 2]);
    expect(ingest.journal.map(({ epoch }) => epoch)).toEqual([1, 2, 2]);
  });

  it("forwards a fact behind the lines that came before it, once", async () => {
    const { ingest, setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const first = startRelay();
    const before = await first.relay;
    const scorer = await sender().uplink;
    await before.recordGame(fact(2));
    for (const number of upTo(10)) await scorer.send(lineOf(number));
    await scorer.drained();
    expect(await before.recordGame(fact(9))).toBe(true);
    expect(await before.recordGame(fact(9))).toBe(false);
    expect(await before.recordGame(fact(3))).toBe(false);
    first.kill();
    const relay = await startRelay().relay;
    expect(await relay.recordGame(fact(9))).toBe(false);
    setMeshDown(false);
    await forwarded(relay);

    expect(ingest.facts).toEqual([
      { revision: 2, lines: 0 },
      { revision: 9, lines: 10 },
    ]);
  });

  it("gives a fact without a revision one of its clock, above all before it", async () => {
    const { ingest, clock, startRelay } = world();
    const relay = await startRelay().relay;
    await relay.recordGame(fact(undefined));
    await relay.recordGame(fact(undefined));
    clock.now -= 1_000;
    await relay.recordGame(fact(undefined));
    await forwarded(relay);

    const from = 1_700_000_000_000_000;
    expect(ingest.facts.map(({ revision }) => revision)).toEqual([from, from + 1, from + 2]);
  });

  it("takes lines of a source without a stream by their revision, also after a kill", async () => {
    const { points, setMeshDown, startRelay } = world();
    setMeshDown(true);
    const first = startRelay();
    const before = await first.relay;
    expect(await before.recordLines(linesAt(10, [1, 2]))).toBe(true);
    expect(await before.recordLines(linesAt(10, [1, 2]))).toBe(false);
    expect(await before.recordLines(linesAt(9, [3]))).toBe(false);
    first.kill();
    const relay = await startRelay().relay;
    expect(await relay.recordLines(linesAt(10, [1, 2]))).toBe(false);
    expect(await relay.recordLines(linesAt(11, [4]))).toBe(true);
    await expect(relay.recordLines(linesAt(12, [5], "other"))).rejects.toSatisfy(
      reasonIs("NOT_OWNER"),
    );
    setMeshDown(false);
    await forwarded(relay);

    expect(points()).toEqual([1, 2, 4]);
  });

  it("P1: has all lines of a request without a stream, wherever it was killed, once that is sent again", async () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const { points, disk, setMeshDown, startRelay } = world(crashAt);
      setMeshDown(true);
      const first = startRelay();
      let answered = false;
      const recording = first.relay
        .then((relay) => relay.recordLines(linesAt(10, [1, 2, 3])))
        .then(() => {
          answered = true;
        });
      void recording;
      for (let turn = 0; turn < crashAt && !answered; turn += 1) await new Promise(setImmediate);
      first.kill();
      disk.losePower();
      const relay = await startRelay().relay;
      const taken = await relay.recordLines(linesAt(10, [1, 2, 3]));
      setMeshDown(false);
      await forwarded(relay);

      expect(points().slice(-3)).toEqual([1, 2, 3]);
      if (answered) {
        expect(taken).toBe(false);
        break;
      }
    }
  });

  it("P9: refuses lines when a game's spool is full, and games beyond its number", async () => {
    const { setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const relay = await startRelay({ bytesMax: 600, gamesMax: 2 }).relay;
    const scorer = await sender().uplink;
    for (const number of upTo(30)) await scorer.send(lineOf(number));
    await untilTrue(async () => /no room/.test((await scorer.gauges()).lastFailure));
    const { bytes } = await relay.gauges();

    expect(bytes).toBeLessThanOrEqual(600);
    await relay.recordGame(fact(1, "g2"));
    await expect(relay.recordGame(fact(1, "g3"))).rejects.toSatisfy(reasonIs("SPOOL_FULL"));
    setMeshDown(false);
    await scorer.drained();
    await forwarded(relay);
    // What is forwarded makes room.
    expect(await relay.recordGame(fact(1, "g3"))).toBe(true);
    expect((await relay.gauges()).games).toHaveLength(2);
  });

  it("puts a game away, removes its lines days later, and still knows its next number", async () => {
    const { ingest, clock, disk, startRelay, sender } = world();
    const first = startRelay();
    let relay = await first.relay;
    const scorer = sender();
    const uplink = await scorer.uplink;
    for (const number of upTo(20)) await uplink.send(lineOf(number));
    await uplink.close();
    await relay.recordGame(fact(5));
    await forwarded(relay);
    const bytesIn = (pattern: RegExp) =>
      disk
        .paths()
        .filter((path) => pattern.test(path))
        .reduce((sum, path) => sum + (disk.contentOf(path)?.length ?? 0), 0);
    const sweepAfter = async (ms: number) => {
      clock.now += ms;
      await relay.sweep();
      return { games: (await relay.gauges()).games.length, bytes: bytesIn(/seg$/) };
    };

    expect((await sweepAfter(0)).games).toBe(1);
    expect((await sweepAfter(11 * 60_000)).games).toBe(0);
    first.kill();
    relay = await startRelay().relay;
    expect((await relay.gauges()).games).toEqual([]);
    expect((await sweepAfter(6 * DAY_MS)).bytes).toBeGreaterThan(0);
    expect(await sweepAfter(2 * DAY_MS)).toEqual({ games: 0, bytes: 0 });
    // A month later somebody finds the laptop.
    clock.now += 30 * DAY_MS;
    const late = await sender().uplink;
    const connected = new Promise((resolve) => late.on("connected", resolve));
    expect(await connected).toEqual({ epoch: 1, nextNumber: 21 });
    expect(await relay.recordGame(fact(5))).toBe(true);
    await late.send(lineOf(21));
    await late.close();
    await forwarded(relay);
    expect(ingest.journal.map(({ number }) => number)).toEqual(upTo(21));
    expect(ingest.facts).toHaveLength(1);
    clock.now += 11 * 60_000;
    await relay.sweep();
    await relay.sweep();
    clock.now += 12 * 60_000;
    await relay.sweep();
    clock.now += 401 * DAY_MS;
    await relay.sweep();
    expect(disk.paths()).toEqual([]);
  });

  it("opens what can be opened, and tells which game's spool is damaged", async () => {
    const { disk, setMeshDown, startRelay, sender } = world();
    setMeshDown(true);
    const first = startRelay();
    const one = await sender().uplink;
    for (const number of upTo(40)) await one.send(lineOf(number));
    await one.drained();
    const two = await sender({ gameId: "g2", folder: "/g2" }).uplink;
    await two.send(lineOf(1));
    await two.drained();
    first.kill();
    const path = disk.paths().find((path) => /g1\/epoch-1\/0+1\.seg$/.test(path))!;
    const bytes = Buffer.from(disk.contentOf(path)!);
    bytes[50]! ^= 1;
    disk.setContent(path, bytes);
    const relay = await startRelay().relay;
    const { damaged, games } = await relay.gauges();

    expect(Object.keys(damaged)).toEqual(["nba~g1"]);
    expect(damaged["nba~g1"]).toMatch(/is damaged: record/);
    expect(games.map(({ gameId }) => gameId)).toEqual(["g2"]);
  });

  // Scorers, the relay, the mesh's service and its store, each killed at random.
  it("P1, P2: loses no line and doubles none, whatever is killed (100 seeds)", {
    timeout: 120_000,
  }, async () => {
    let kills = 0;
    for (let seed = 1; seed <= 100; seed += 1) kills += await surviveKills(seed);
    console.log(`killed ${kills} times`);

    expect(kills).toBeGreaterThan(800);
  });
});

/** Sends a game of forty lines by way of a relay while things are killed. Returns how many were. */
async function surviveKills(seed: number): Promise<number> {
  const LINES = 40;
  const { random, ingest, disk, senders, points, setMeshDown, startRelay, sender } = world(seed, {
    creditLines: 15,
    creditBytes: 1_000,
  });
  const sometimes = () => random() < 0.06;
  const turns = async (most: number) => {
    for (let left = random() * most; left > 0; left -= 1) await new Promise(setImmediate);
  };
  const bounds = { batchLines: 4, segmentBytes: 400, keepAckedBytes: 600 };
  let kills = 0;
  let revision = 0;
  let relay = startRelay();
  let run = sender(bounds);
  let uplink = await run.uplink;

  for (let number = 1; number <= LINES; number = uplink.nextNumber()) {
    const send = uplink.send(lineOf(number));
    if (random() < 0.5) await send;
    else await turns(4);
    if (number % 10 === 0) {
      revision += 1;
      // Whoever asks gets no answer from a relay that is killed, and asks again.
      await (await relay.relay).recordGame(fact(revision));
    }
    if (sometimes()) {
      kills += 1;
      run.kill();
      if (random() < 0.5) senders.losePower();
      run = sender(bounds);
      uplink = await run.uplink;
    }
    if (sometimes()) {
      kills += 1;
      relay.kill();
      if (random() < 0.5) disk.losePower();
      relay = startRelay();
      if (random() < 0.3) {
        await turns(40);
        relay.kill();
        relay = startRelay();
      }
    }
    if (sometimes()) {
      kills += 1;
      setMeshDown(true);
      await turns(30);
      setMeshDown(false);
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
  await forwarded(await relay.relay);

  expect([seed, points()]).toEqual([seed, upTo(LINES)]);
  expect([seed, ingest.faults]).toEqual([seed, []]);
  expect([seed, ingest.facts.map((one) => one.revision)]).toEqual([seed, upTo(revision)]);
  relay.kill();
  return kills;
}
