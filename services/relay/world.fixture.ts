import { Code, ConnectError } from "@connectrpc/connect";
import type { NewLine, Uplink, UplinkOptions } from "#client";
import { createLog } from "#runtime/log";
import { type InProcess, inProcess } from "../../client/in-process.fixture.ts";
import { seeded } from "../../client/seeded.fixture.ts";
import {
  type SimulatedIngestOptions,
  simulatedIngest,
} from "../../client/simulated-ingest.fixture.ts";
import { simulatedDisk } from "../../client/spool/simulated-disk.fixture.ts";
import { openUplink } from "../../client/uplink.ts";
import { openRelay, type Relay, type RelayMeans } from "./relay.ts";
import { relayUpload } from "./upload.ts";

export const DAY_MS = 24 * 3_600_000;
const PLAYERS = 5;
const QUICK = { firstMs: 1, mostMs: 1 };
const SMALL = { batchLines: 4, segmentBytes: 400, keepAckedBytes: 600, backoff: QUICK };

/** Line `number` of a game: what it says follows from its number alone. */
export function lineOf(number: number): NewLine {
  const value = {
    playerId: `p${number % PLAYERS}`,
    teamId: "t1",
    happenedTime: { seconds: BigInt(number), nanos: 0 },
    totals: { points: number },
  };
  return { of: { case: "player", value } };
}

/** A relay's process. */
export type RelayProcess = { readonly relay: Promise<Relay>; kill(): void };

/** A mesh, a relay that is started and killed, and those who send to it, all in this process. */
export function world(seed = 1, options: Partial<SimulatedIngestOptions> = {}) {
  const random = seeded(seed);
  const ingest = simulatedIngest({ random, ...options });
  const disk = simulatedDisk(random);
  const senders = simulatedDisk(random);
  const clock = { now: 1_700_000_000_000 };
  const toRelay = new Set<InProcess>();
  const toMesh = new Set<InProcess>();
  let isMeshDown = false;
  let serving: RelayProcess | undefined;

  function startRelay(means: Partial<RelayMeans> = {}): RelayProcess {
    const process = disk.process();
    const networks = new Set<InProcess>();
    let isDead = false;
    const relay = openRelay({
      ...{ disk: process.disk, folder: "/relay", now: () => clock.now },
      ...{ gamesMax: 4, keepMs: 7 * DAY_MS, bytesMax: 100_000 },
      log: createLog("relay", "silent"),
      openUplink(options) {
        const network = inProcess(ingest.serve, random);
        network.setDown(isMeshDown);
        networks.add(network);
        toMesh.add(network);
        const ground = { disk: process.disk, connections: network.connections };
        return openUplink({ ...SMALL, ...options, target: "" }, ground);
      },
      async recordGame(fact) {
        if (isDead) await new Promise(() => {});
        if (isMeshDown) throw new ConnectError("nobody is there", Code.Unavailable);
        await ingest.recordGame(fact);
      },
      ...means,
    });
    serving = {
      relay,
      kill() {
        isDead = true;
        serving = undefined;
        process.kill();
        for (const network of networks) {
          network.kill();
          toMesh.delete(network);
        }
        for (const network of toRelay) network.cut();
      },
    };
    return serving;
  }

  /** A scorer with a spool of its own, whose ingest service is the relay. */
  function sender(more: Partial<UplinkOptions> = {}) {
    const process = senders.process();
    const network = inProcess(async function* (requests) {
      // Nobody is there: the stream ends at once.
      if (serving === undefined) return;
      const means = { relay: await serving.relay, draining: NEVER, now: () => clock.now };
      yield* relayUpload(means, requests);
    }, random);
    toRelay.add(network);
    const options = {
      ...{ target: "", source: "arena", instance: "a", gameId: "g1", folder: "/g1" },
      ...{ backoff: QUICK, ...more },
    };
    const ground = { disk: process.disk, connections: network.connections };
    const uplink: Promise<Uplink> = openUplink(options, ground);
    return {
      uplink,
      network,
      kill() {
        process.kill();
        network.kill();
        toRelay.delete(network);
      },
    };
  }

  return {
    ...{ random, ingest, disk, senders, clock, startRelay, sender },
    /** Takes the mesh away, or brings it back. */
    setMeshDown(isDown: boolean) {
      isMeshDown = isDown;
      for (const network of toMesh) {
        network.setDown(isDown);
        if (isDown) network.cut();
      }
    },
    /** The points of all lines in the journal, in its order. */
    points: () => ingest.journal.map((line) => line.points),
  };
}

const NEVER = new AbortController().signal;
