import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { openUplink } from "#client";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf, rpcClient } from "#runtime/rpc";
import type { Fault, Harm, Target } from "../fault.ts";
import { printOfLine } from "../prints.ts";
import { USUAL } from "./usual.ts";

/** How many ways a clock of ../clock.ts goes, the right one among them, and how long each. */
const WAYS = 4;
const WAY_MS = 1_000;
const SERVICES = ["ingest", "projector", "stats", "leaderboard", "gateway"];

const FAST_MS = 7 * 60_000;
const LINES = 40;

/** Faults of clocks. */
export const OF_CLOCKS: readonly Fault[] = [
  {
    ...USUAL,
    name: "clocks-wrong",
    what: "every service's clock jumps an hour on, an hour back, runs 5 % too fast and is right again, each at another time, for 8 s",
    lastsS: 8,
    mesh: { nodeFlags: () => ["--import", new URL("../clock.ts", import.meta.url).href] },
    inject: wrongClocks,
  },
  {
    ...USUAL,
    name: "arena-clock-fast",
    what: "an arena's clock is 7 minutes fast",
    lastsS: 1,
    byClient: true,
    isAlone: true,
    inject: fastArena,
  },
];

async function wrongClocks({ mesh }: Target): Promise<Harm> {
  const parts = SERVICES.flatMap((service) => mesh.parts(service));
  const turned = parts.map(() => 0);
  const turn = (at: number) => {
    turned[at] = (turned[at] ?? 0) + 1;
    process.kill(parts[at]?.pid() ?? 0, "SIGUSR2");
  };
  const turns = setInterval(() => {
    for (const at of parts.keys()) turn(at);
  }, WAY_MS);
  // Neighbours are never wrong in the same way.
  for (const at of parts.keys()) if (at % 2 === 1) turn(at);
  return {
    target: "every service",
    async heal() {
      clearInterval(turns);
      // Signals of one kind that come at once are one signal.
      for (const at of parts.keys()) {
        for (; (turned[at] ?? 0) % WAYS > 0; await delay(20)) turn(at);
      }
    },
    isEvident: () =>
      mesh
        .parts("ingest")
        .some(({ name }) =>
          /clock is wrong; corrected/.test(readFileSync(mesh.logOf(name), "utf8")),
        ),
  };
}

/** Plays a game by a clock that is fast, and asks what had happened by now. */
async function fastArena({ mesh, history, season }: Target): Promise<Harm> {
  const who = { source: "fast", gameId: "fast" };
  const note = { who: who.source, upload: "fast/fast" };
  const now = () => Date.now() + FAST_MS;
  const folder = join(mesh.folder, "fast-arena", season.league ?? "");
  const target = mesh.target("ingest");
  const uplink = await openUplink({ ...who, target, season, instance: "a", folder, now });
  let readAfter = "";
  uplink.on("connected", ({ epoch, nextNumber }) =>
    history.add({ ...note, op: "open", type: "ok", epoch, next: nextNumber }),
  );
  uplink.on("acked", ({ through, position }) => {
    history.add({ ...note, op: "lines", type: "ok", through, position });
    readAfter = position;
  });
  for (let points = 1; points <= LINES; points += 1) {
    const value = { playerId: "p1", teamId: "t1", totals: { points } };
    const line = {
      of: { case: "player" as const, value: { ...value, happenedTime: timestampFromMs(now()) } },
    };
    const from = await uplink.send(line);
    const sent = { game: who.gameId, from, prints: [printOfLine(line)] };
    history.add({ ...note, op: "lines", type: "invoke", ...sent });
    await delay(20);
  }
  const complaints: string[] = [];
  return {
    target: "an arena",
    async heal() {
      const left = await uplink.close({ withinMs: 30_000 });
      if (left > 0) complaints.push(`${left} lines of the arena are still in its spool`);
      complaints.push(...(await believed()));
    },
    complaints: () => complaints,
  };

  /** What is wrong with what had happened in that game by now. */
  async function believed(): Promise<string[]> {
    const stats = rpcClient(StatsService, mesh.target("stats"));
    const asOf = { happenedTime: timestampFromMs(Date.now()) };
    try {
      const asked = { season, gameId: who.gameId, readAfter, asOf };
      const { teams } = await stats.getBoxScore(asked, { timeoutMs: 10_000 });
      const points = teams[0]?.players[0]?.totals?.points;
      return points === LINES ? [] : [`by now its player had ${points} points of ${LINES}`];
    } catch (error) {
      return [`what had happened by now in its game was answered ${reasonOf(error).message}`];
    } finally {
      stats.close();
    }
  }
}
