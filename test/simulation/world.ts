import { setTimeout as delay } from "node:timers/promises";
import type { HandlerContext } from "@connectrpc/connect";
import { Durability } from "#client";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { Log } from "#runtime/log";
import { deadlineOf, reasonOf } from "#runtime/rpc";
import { type HotFolds, hotFoldsIn, hotReadsIn } from "#stores/hotstore";
import { type Journal, journalInPostgres } from "#stores/journal";
import { whileAlone } from "#stores/postgres";
import { readerOf, withFallback } from "#stores/reads";
import type { RedisClient } from "#stores/redis";
import { rosterIn } from "#stores/roster";
import type { UploadResponse } from "../../client/in-process.fixture.ts";
import { spokenOf } from "../../runtime/rpc/interceptors.ts";
import { ingestHandlers } from "../../services/ingest/handlers.ts";
import { openUploads } from "../../services/ingest/open-uploads.ts";
import { guarded } from "../../services/ingest/replication.ts";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { startProjector } from "../../services/projector/projector.ts";
import { sharedRows } from "../../services/projector/shared-rows.ts";
import { type ArchiveQuirks, archivedIn, archiveOver } from "./archive.ts";
import { Arena, type Ingest, PLAYERS } from "./arena.ts";
import { Checks, type Violation } from "./checks.ts";
import { faultsOn } from "./faults.ts";
import { AT_ONCE, type Process, simulatedNetwork, type Tell } from "./network.ts";
import {
  type ArenaPlan,
  BUSY_MS,
  type Fault,
  killedBy,
  namesOf,
  type Plan,
  type UploadPart,
} from "./plan.ts";
import { type PostgresQuirks, SimulatedPostgres } from "./postgres.ts";
import { redisOver, type ScriptQuirks, SimulatedRedis } from "./redis.ts";
import { POSTGRES, REDIS } from "./servers.ts";
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** What a planted bug puts in the place of the real thing. */
export type Variant = {
  readonly postgres?: PostgresQuirks;
  readonly redis?: ScriptQuirks;
  readonly archive?: ArchiveQuirks;
  /** The journal as projectors read it. */
  readonly journal?: (journal: Journal, time: VirtualTime) => Journal;
  /** The hot store as projectors write it. */
  readonly hot?: (hot: HotFolds, redis: RedisClient) => HotFolds;
  /** What ingest answers an upload, on its way to the network. */
  readonly answers?: (answers: AsyncIterable<UploadResponse>) => AsyncIterable<UploadResponse>;
};

/** What came of a run. */
export type Outcome = {
  readonly violation: Violation | undefined;
  readonly steps: number;
  /** Each part of an upload that was killed while one went on, in their order. */
  readonly killed: readonly UploadPart[];
};

const SLOT = "nba:2023-24:regular";

/** How long a statement and a command may take, in ms. */
const STATEMENT_MS_MAX = 10_000;
const COMMAND_MS_MAX = 1_500;

/** Facts that the scoreboard of a game records, and the one that it ends with. */
const FACTS = 6;
const LAST_FACT = 100;

/** How long the world may take to be as it must once the faults are over, in ms. */
const HEAL_MS = 30_000;

/** How long readers wait for their position, in ms: among the faults, and after them. */
const READ_MS = 150;
const LAST_READ_MS = 5_000;

const ACKNOWLEDGED = "I1 acknowledged is in the journal";
const WELL_AGAIN = "I10 all is well again after the faults";

/** Runs a plan; the code that runs is the product's, over stores, a network, disks and clocks that are not. */
export async function simulate(plan: Plan, variant: Variant = {}, tell?: Tell): Promise<Outcome> {
  const { result, steps } = await inVirtualTime(plan.seed, async (time) => {
    const failed = Promise.withResolvers<Violation>();
    const timed: Tell = (actor, what) =>
      tell?.(`${time.now().toFixed(1).padStart(8)} ms  ${actor}`, what);
    const world = new World(plan, variant, time, failed.resolve, timed);
    const violation = await Promise.race([failed.promise, world.live().then(() => undefined)]);
    return { violation, killed: world.killed };
  });
  return { ...result, steps };
}

/** One life of a process gives what ends it. */
type Start = (process: Process) => Promise<() => void>;

type Reads = ReturnType<World["readsOf"]>;

class World {
  readonly killed: UploadPart[] = [];
  readonly #plan: Plan;
  readonly #variant: Variant;
  readonly #time: VirtualTime;
  readonly #tell: Tell;
  readonly #network;
  readonly #postgres;
  readonly #redis;
  readonly #checks: Checks;
  readonly #harm;
  readonly #starts = new Map<string, Start>();
  readonly #running = new Map<string, { readonly process: Process; end: () => void }>();
  readonly #ingests = new Map<string, Ingest>();
  readonly #arenas = new Map<string, Arena>();
  readonly #readers = new Map<string, Reads>();
  #lives = 0;
  #isBusy = true;

  constructor(
    plan: Plan,
    variant: Variant,
    time: VirtualTime,
    failed: (violation: Violation) => void,
    tell: Tell,
  ) {
    this.#plan = plan;
    this.#variant = variant;
    this.#time = time;
    this.#tell = tell;
    this.#network = simulatedNetwork(time, tell);
    this.#postgres = new SimulatedPostgres(plan.standby, variant.postgres);
    this.#redis = new SimulatedRedis(variant.redis);
    this.#checks = new Checks(this.#postgres, SLOT, failed);
    this.#network.onCut((process, server) => {
      if (server === POSTGRES) this.#postgres.endSessions(process);
    });
    this.#harm = faultsOn({
      ...{ network: this.#network, postgres: this.#postgres, redis: this.#redis },
      processes: () => [...this.#running.values()].map(({ process }) => process),
      kill: (name) => this.#kill(name),
      restart: (name) => this.#restart(name),
      destroy: (name) => {
        this.#starts.delete(name);
        this.#kill(name);
      },
      ...{ after: time.after, now: time.now, tell: (what) => tell("FAULT", what) },
    });
  }

  async live(): Promise<void> {
    const { ingests, projectors, readers, arenas, faults } = this.#plan;
    for (const name of namesOf("ingest", ingests)) this.#begin(name, (one) => this.#ingest(one));
    for (const name of namesOf("projector", projectors))
      this.#begin(name, (one) => this.#projector(one));
    for (const name of namesOf("reader", readers)) this.#begin(name, (one) => this.#reader(one));
    for (const plan of arenas) {
      const arena = this.#arenaOf(plan);
      this.#arenas.set(plan.name, arena);
      this.#time.after(plan.fromMs, () => this.#begin(plan.name, (one) => arena.start(one)));
    }
    const games = [...new Set(arenas.map(({ gameId }) => gameId))];
    const scoreboards = games.map((gameId) => this.#scoreboard(gameId));
    for (const fault of faults) this.#time.after(fault.at, () => this.#break(fault));
    await delay(BUSY_MS);
    this.#isBusy = false;
    await this.#heal();
    // What a failover lost is known to be lost once the log grows again.
    await Promise.all(scoreboards);
    for (const gameId of games) await this.#record(gameId, LAST_FACT);
    await this.#settle();
  }

  #arenaOf(plan: ArenaPlan): Arena {
    return new Arena(plan, {
      ...{ time: this.#time, tell: this.#tell, checks: this.#checks },
      isBusy: () => this.#isBusy,
      ingests: () => [...this.#ingests.values()],
      isAlone: this.#isAlone(plan),
      answers: this.#variant.answers ?? ((answers) => answers),
    });
  }

  #isAlone({ gameId }: ArenaPlan): boolean {
    return this.#plan.arenas.filter((one) => one.gameId === gameId).length === 1;
  }

  #break(fault: Fault): void {
    const { what, to, much } = fault;
    const process = this.#running.get(to)?.process;
    if (to !== "" && process === undefined) return;
    this.#tell("FAULT", `${to} ${what}${much > 0 ? ` (${much})` : ""}`.trim());
    const victim = process?.alive === false ? undefined : killedBy(fault);
    const isUploading = [...this.#arenas.values()].some((arena) => arena.isUploading());
    if (victim !== undefined && isUploading) this.killed.push(victim);
    this.#harm(fault, process, this.#arenas.get(to));
  }

  /** Begins the lives of a process: one after the other, where one ends or cannot begin. */
  #begin(name: string, start: Start): void {
    this.#starts.set(name, start);
    this.#restart(name);
  }

  #restart(name: string): void {
    const start = this.#starts.get(name);
    if (start === undefined || this.#running.get(name)?.process.alive) return;
    const process = { name, alive: true };
    const life = { process, end: () => {} };
    this.#running.set(name, life);
    start(process).then(
      (end) => {
        life.end = end;
        if (!process.alive) end();
      },
      (error) => {
        if (!process.alive) return;
        this.#tell(name, `could not start: ${reasonOf(error).message}`);
        process.alive = false;
        this.#time.after(200, () => this.#restart(name));
      },
    );
  }

  #kill(name: string): void {
    const { process, end } = this.#running.get(name) ?? {};
    if (process === undefined) return;
    process.alive = false;
    for (const server of [POSTGRES, REDIS]) this.#network.cut(process, server);
    end?.();
  }

  #pool(process: Process) {
    const push = (hear: () => void) => this.#network.push(process, POSTGRES, hear);
    const send = this.#network.way(process, POSTGRES, STATEMENT_MS_MAX);
    return this.#postgres.poolOver(send, push, process);
  }

  #archive(process: Process) {
    const send = this.#network.way(process, POSTGRES, STATEMENT_MS_MAX);
    return archiveOver(this.#postgres.database, send, this.#variant.archive);
  }

  #client(process: Process) {
    return redisOver(this.#redis, this.#network.way(process, REDIS, COMMAND_MS_MAX));
  }

  async #ingest(process: Process): Promise<() => void> {
    const required = this.#plan.standby === "synchronous" ? "replicated" : "local";
    const pool = this.#pool(process);
    const stores = { journal: journalInPostgres(pool), roster: rosterIn(pool) };
    const guard = guarded(stores, { required, log: SILENT });
    const { journal } = guard;
    const { recorded } = this.#archive(process);
    const uploads = openUploads(recorded, 100, SILENT);
    const arenas = new Set<Arena>();
    const end = () => {
      guard.stop();
      uploads.stop();
      this.#ingests.delete(process.name);
      for (const arena of arenas) arena.cut();
    };
    await journal.watchOwners(uploads.takenOver).catch((error) => {
      end();
      throw error;
    });
    const means = { journal, recorded, uploads, limits: new Map(), log: SILENT, now: Date.now };
    this.#ingests.set(process.name, { handlers: ingestHandlers(means as never), arenas });
    return end;
  }

  async #projector(process: Process): Promise<() => void> {
    const { entriesPerFold } = this.#plan;
    const pool = this.#pool(process);
    const redis = this.#client(process);
    const stored = journalInPostgres(pool);
    const journal = this.#variant.journal?.(stored, this.#time) ?? stored;
    const rows = sharedRows(journal);
    const { reads, folds: archive } = this.#archive(process);
    const hotStore = hotFoldsIn(redis);
    const hot = hotFold({
      journal: { ...journal, ...rows },
      hot: this.#variant.hot?.(hotStore, redis) ?? hotStore,
      archive: reads,
      whileAlone: (name, work) => whileAlone(pool, name, work),
      ...{ entriesPerFold, log: SILENT },
    });
    const folds = [
      { fold: hot, everyMs: 20 },
      { fold: archiveFold(rows, archive, { entriesPerFold }), everyMs: 60 },
    ];
    await startProjector({ journal, folds, log: SILENT });
    return () => {};
  }

  /** A process that answers readers, and one who reads. */
  async #reader(process: Process): Promise<() => void> {
    const reads = this.readsOf(process);
    this.#readers.set(process.name, reads);
    const chance = this.#time.chance(process.name);
    void (async () => {
      while (process.alive && this.#isBusy) {
        await delay(chance.between(20, 300));
        const arena = chance.of([...this.#arenas.values()]);
        await reads(arena, chance() < 0.6, READ_MS).catch((error) =>
          this.#checks.failure(error, process.name),
        );
      }
    })();
    return () => {};
  }

  /** How a process reads a game: at once, or when the last line acknowledged there can be seen. */
  readsOf(process: Process) {
    const hot = hotReadsIn(this.#client(process));
    const archive = this.#archive(process).reads;
    const read = readerOf(withFallback(hot, archive, SILENT), {} as never);
    this.#lives += 1;
    const reader = `${process.name}, life ${this.#lives}`;
    return async ({ plan, acked: last }: Arena, waits: boolean, forMs: number) => {
      const { gameId } = plan;
      const acked = waits ? last : undefined;
      const call = new AbortController();
      const context = { signal: call.signal, timeoutMs: () => forMs } as unknown as HandlerContext;
      const when = { readAfter: acked?.position ?? "" };
      let cursor: unknown;
      const asked = read(SLOT, when, deadlineOf(context, forMs, forMs), async (from) => {
        const found = await from.game(SLOT, gameId);
        ({ cursor } = found);
        return found;
      });
      const { value } = await asked.catch((error) => {
        throw spokenOf(error, call.signal.reason);
      });
      call.abort();
      const after = acked === undefined ? "" : ` after line ${acked.token}`;
      this.#tell(process.name, `reads ${gameId}: ${value?.players.size ?? 0} players${after}`);
      this.#checks.answered({ reader, gameId, cursor: cursor as never, value });
      if (acked !== undefined) this.#checks.sees(reader, acked.token, value);
    };
  }

  /** Records the facts of a game one after the other. */
  async #scoreboard(gameId: string): Promise<void> {
    const chance = this.#time.chance(`scoreboard of ${gameId}`);
    for (let revision = 1; revision <= FACTS; revision += 1) {
      if (this.#isBusy) await delay(chance.between(30, 600));
      await this.#record(gameId, revision);
    }
  }

  /** Records facts until they are acknowledged. */
  async #record(gameId: string, revision: number): Promise<void> {
    const chance = this.#time.chance(`scoreboard of ${gameId}`);
    const game = { gameId, status: GameStatus.LIVE, period: 1, homeScore: revision };
    const request = { source: "scoreboard", gameId, game, revision: BigInt(revision) };
    for (;;) {
      const all = [...this.#ingests.values()];
      const ingest = all.length === 0 ? undefined : chance.of(all);
      const answer = ingest?.handlers.recordGame(request as never, {} as HandlerContext);
      // Of a process that was killed no answer comes.
      const known = await Promise.race([answer, delay(2_000)]).catch((error) => {
        this.#checks.failure(spokenOf(error), "scoreboard");
      });
      if (known !== undefined) {
        this.#tell("scoreboard", `recorded facts ${revision} of ${gameId}`);
        if (known.durability === Durability.REPLICATED) this.#checks.ackedFacts(gameId, revision);
        return;
      }
      await delay(chance.between(10, 200));
    }
  }

  /** Ends the faults, and lets whoever may still send do so to the end. */
  async #heal(): Promise<void> {
    this.#tell("world", "the faults are over");
    this.#network.heal();
    this.#postgres.database.stall(false);
    for (const name of this.#starts.keys()) this.#restart(name);
    const until = this.#time.now() + HEAL_MS;
    for (const [name, arena] of this.#arenas) {
      arena.hearsFrom = 0;
      await this.#until(until, () => arena.isReady(), `${name} does not start`);
      for (const playerId of arena.stopped ? [] : PLAYERS) await arena.sendLine(playerId);
    }
    for (const [name, arena] of this.#arenas) {
      await this.#until(until, () => arena.isDrained(), `${name} is not drained`);
    }
  }

  /** Waits until the stores are where the journal ends, and looks at all of it. */
  async #settle(): Promise<void> {
    const until = this.#time.now() + HEAL_MS;
    const hot = hotFoldsIn(redisOver(this.#redis, AT_ONCE));
    const digest = () => this.#postgres.logOf(SLOT).digest.toString("hex");
    const isAtEnd = async () => (await hot.cursor(SLOT))?.digest === digest();
    await this.#until(until, isAtEnd, "the hot store is not where the journal ends");
    const isKept = () => archivedIn(this.#postgres.database, SLOT).cursor.digest === digest();
    await this.#until(until, isKept, "the archive is not where the journal ends");
    for (const [name, reads] of this.#readers) {
      for (const arena of this.#arenas.values()) await this.#readAtTheEnd(name, reads, arena);
    }
    // Who took a game over and was lost with a failover may have left its epoch to another.
    const isCertain = this.#plan.standby === "synchronous";
    const owners = [...this.#arenas.values()].filter(
      ({ plan, stopped }) =>
        !stopped &&
        (isCertain || this.#isAlone(plan)) &&
        this.#postgres.ownerOf(plan.gameId) === plan.name,
    );
    const current = owners.flatMap((arena) => [...arena.current.values()]);
    this.#checks.atTheEnd((await hot.contents(SLOT))?.contents, current);
  }

  async #readAtTheEnd(name: string, reads: Reads, arena: Arena): Promise<void> {
    try {
      await reads(arena, true, LAST_READ_MS).catch((error) => {
        if (reasonOf(error).reason !== "POSITION_LOST") throw error;
        if (this.#plan.standby === "synchronous") {
          this.#checks.fail(ACKNOWLEDGED, `the position of ${arena.plan.name} is lost`);
        }
        return reads(arena, false, LAST_READ_MS);
      });
    } catch (error) {
      this.#checks.fail(WELL_AGAIN, `${name}: ${reasonOf(error).message}`);
    }
  }

  async #until(end: number, holds: () => unknown, what: string): Promise<void> {
    while (!(await holds())) {
      if (this.#time.now() > end) {
        this.#checks.fail(WELL_AGAIN, what);
        await new Promise(() => {});
      }
      await delay(20);
    }
  }
}

const nothing = () => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Log;
