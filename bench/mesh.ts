import { strict as assert } from "node:assert";
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type RpcClient, rpcClient } from "#runtime/rpc";
import { type CommandLine, startCommandLine } from "../test/integration/command-line.fixture.ts";
import { type Loaded, type Plan, SEASON } from "./load.ts";
import { type ShippedGame, shippedGames } from "./shipped-games.ts";
import { cpuMsOf, peakMbOf, type Usage, usageOf } from "./usage.ts";

/** Games that are sent at the same time: a full evening. */
const GAMES_AT_ONCE = 16;

/** Games whose box scores are compared with what was sent, after each load. */
const GAMES_CHECKED = 40;

/** A projector that has just been let go on has more to do than to answer. */
const PROGRESS_WITHIN_MS = 20_000;

/** What a bench runs on: a mesh of its own, and a load generator in a process of its own. */
export type BenchMesh = {
  readonly commands: CommandLine;
  readonly projector: RpcClient<typeof ProjectorService>;
  readonly stats: RpcClient<typeof StatsService>;
  /** host:port of a service. */
  addressOf(service: string): string;
  /** Where a store takes clients, with the password. */
  urlOf(store: string): string;
  pidOf(process: string): number;
  /** Sends games as the plan says; each load has games of its own. */
  load(plan: Omit<Plan, "gamesAtOnce" | "gamesFrom">): Promise<Loaded>;
  /** The end of the log, and how far both folds are. */
  progress(): Promise<{ readonly head: number; readonly folded: number }>;
  /**
   * Waits until both folds are at the end of the log; how long that took. The projector is asked every
   * 10 ms unless told otherwise, which takes a tenth of a processor.
   */
  caughtUp(lookEveryMs?: number): Promise<{ readonly head: number; readonly ms: number }>;
  /** Throws where a box score is not what the newest lines sent of it say. */
  check(loaded: Loaded): Promise<void>;
  /** What each process has used so far, the load generator among them. */
  usage(): Map<string, Usage>;
  /** The most memory that services have had, flat, for a result. */
  peaks(...services: string[]): Record<string, number>;
  close(): Promise<void>;
};

/** Starts a mesh, and runs a bench on it. */
export async function onMesh(run: (mesh: BenchMesh) => Promise<void>): Promise<void> {
  const commands = await startCommandLine();
  const found = <Part extends { readonly name: string }>(parts: readonly Part[], name: string) => {
    const part = parts.find((one) => one.name === name);
    assert.ok(part, `there is no ${name}`);
    return part;
  };
  const services = () => commands.state().services;
  const addressOf = (service: string) => found(services(), service).address;
  const projector = rpcClient(ProjectorService, addressOf("projector"));
  const stats = rpcClient(StatsService, addressOf("stats"));
  const generator = child("load.ts");
  let gamesFrom = 1;
  let shipped: readonly ShippedGame[] = [];

  const mesh: BenchMesh = {
    ...{ commands, projector, stats, addressOf },
    urlOf: (store) => found(commands.state().stores, store).url,
    pidOf: (name) => found([...services(), ...commands.state().stores], name).pid,
    async load(plan) {
      const loaded = await asked<Loaded>(generator, {
        ...{ ...plan, gamesAtOnce: GAMES_AT_ONCE, gamesFrom },
      });
      gamesFrom += loaded.games.length + 2 * GAMES_AT_ONCE;
      return loaded;
    },
    async progress() {
      const { headOffset, hotStoreOffset, archiveOffset } = await projector.getProgress(
        { season: SEASON },
        { timeoutMs: PROGRESS_WITHIN_MS },
      );
      const folded = Math.min(Number(hotStoreOffset), Number(archiveOffset));
      return { head: Number(headOffset), folded };
    },
    async caughtUp(lookEveryMs = 10) {
      const begun = performance.now();
      for (;;) {
        const { head, folded } = await mesh.progress();
        if (folded === head) return { head, ms: Math.round(performance.now() - begun) };
        await delay(lookEveryMs);
      }
    },
    async check({ games }) {
      if (shipped.length === 0) shipped = await shippedGames(50);
      assert.ok(games.length > 0);
      const step = Math.max(1, games.length / GAMES_CHECKED);
      for (let place = 0; place < games.length; place += step) {
        const { gameId, shipped: which, lines } = games[Math.floor(place)]!;
        const { teams } = await stats.getBoxScore({ season: SEASON, gameId });
        const players = teams.flatMap((team) => team.players);
        const expected = shipped[which]!.totalsAfter(lines);
        assert.equal(players.length, expected.size);
        for (const { playerId, totals } of players) {
          const { $typeName, $unknown, ...statistics } = totals!;
          assert.deepEqual(statistics, expected.get(playerId), `${playerId} in ${gameId}`);
        }
      }
    },
    usage() {
      const pid = generator.pid ?? 0;
      return usageOf(commands.state()).set("load", { cpuMs: cpuMsOf(pid), peakMb: peakMbOf(pid) });
    },
    peaks(...names) {
      const usage = mesh.usage();
      return Object.fromEntries(
        names.map((name) => [`peak_mb_${name}`, usage.get(name)?.peakMb ?? Number.NaN]),
      );
    },
    async close() {
      generator.kill();
      projector.close();
      stats.close();
      await commands.close();
    },
  };
  try {
    await run(mesh);
  } finally {
    await mesh.close();
  }
}

/** A program of the benches, as a process of its own that can be asked. */
export function child(file: string, nodeFlags: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, { serialization: "advanced", execArgv: [...process.execArgv, ...nodeFlags] });
}

/** What a child answers; nothing is said to one that speaks by itself. */
export function asked<Answer>(from: ChildProcess, question?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process of the bench has ended"));
    from.once("exit", onExit);
    from.once("message", (message) => {
      from.off("exit", onExit);
      resolve(message as Answer);
    });
    if (question !== undefined) from.send(question as object);
  });
}
