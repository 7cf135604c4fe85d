import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { Durability, openUplink, type Uplink } from "#client";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import {
  type RawUploadLinesRequest,
  RawUploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import type { Log } from "#runtime/log";
import { deadlineOf, reasonOf } from "#runtime/rpc";
import { type HotFolds, hotFoldsIn, hotReadsIn } from "#stores/hotstore";
import { type Journal, journalInPostgres } from "#stores/journal";
import { whileAlone } from "#stores/postgres";
import { readerOf, withFallback } from "#stores/reads";
import { rosterIn } from "#stores/roster";
import {
  type InProcess,
  inProcessOf,
  type UploadResponse,
} from "../../client/in-process.fixture.ts";
import { simulatedDisk } from "../../client/spool/simulated-disk.fixture.ts";
import { spokenOf } from "../../runtime/rpc/interceptors.ts";
import { ingestHandlers } from "../../services/ingest/handlers.ts";
import { openUploads } from "../../services/ingest/open-uploads.ts";
import { guarded } from "../../services/ingest/replication.ts";
import { archiveFold } from "../../services/projector/archive-fold.ts";
import { hotFold } from "../../services/projector/hot-fold.ts";
import { startProjector } from "../../services/projector/projector.ts";
import { sharedRows } from "../../services/projector/shared-rows.ts";
import { type ArchiveQuirks, archivedIn, archiveOver } from "./archive.ts";
import { Checks, type SentLine, type Violation } from "./checks.ts";
import { AT_ONCE, type Process, type Server, simulatedNetwork, type Tell } from "./network.ts";
import { type Arena, BUSY_MS, type Fault, namesOf, type Plan } from "./plan.ts";
import { type PostgresQuirks, SimulatedPostgres } from "./postgres.ts";
import { redisOver, type ScriptQuirks, SimulatedRedis } from "./redis.ts";
import { inVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** What a planted bug puts in the place of the real thing. */
export type Variant = {
  readonly postgres?: PostgresQuirks;
  readonly redis?: ScriptQuirks;
  readonly archive?: ArchiveQuirks;
  /** The journal as projectors read it. */
  readonly journal?: (journal: Journal, time: VirtualTime) => Journal;
  /** The hot store as projectors write it. */
  readonly hot?: (hot: HotFolds, redis: ReturnType<typeof redisOver>) => HotFolds;
  /** What ingest answers an upload, on its way to the network. */
  readonly answers?: (answers: AsyncIterable<UploadResponse>) => AsyncIterable<UploadResponse>;
};

/** What came of a run. */
export type Outcome = { readonly violation: Violation | undefined; readonly steps: number };

const SLOT = "nba:2023-24:regular";
const POSTGRES: Server = { name: "postgres", ordered: false };
const REDIS: Server = { name: "redis", ordered: true };
const PLAYERS = ["p1", "p2", "p3"];
const TEAMS = ["t1", "t2"];

/** How long the world may take to be as it must once the faults are over, in ms. */
const HEAL_MS = 30_000;

const ACKNOWLEDGED = "I1 acknowledged is in the journal";
const WELL_AGAIN = "I10 all is well again after the faults";

/** How long readers wait for their position, in ms. */
const READ_MS = 150;

/** Runs a plan; the code that runs is the product's, over stores, a network, disks and clocks that are not. */
export async function simulate(
  plan: Plan,
  variant: Variant = {},
  tell: Tell = () => {},
): Promise<Outcome> {
  const { result, steps } = await inVirtualTime(plan.seed, (time) =>
    run(plan, variant, time, tell),
  );
  return { violation: result, steps };
}

async function run(
  plan: Plan,
  variant: Variant,
  time: VirtualTime,
  say: Tell,
): Promise<Violation | undefined> {
  const tell: Tell = (actor, what) =>
    say(`${time.now().toFixed(1).padStart(8)} ms  ${actor}`, what);
  const failed = Promise.withResolvers<Violation>();
  const world = new World(plan, variant, time, tell, failed.resolve);
  const lived = world.live().then(() => undefined);
  return Promise.race([failed.promise, lived]);
}

let lives = 0;

class World {
  readonly #plan: Plan;
  readonly #variant: Variant;
  readonly #time: VirtualTime;
  readonly #tell: Tell;
  readonly #network;
  readonly #postgres;
  readonly #redis;
  readonly #checks: Checks;
  readonly #ingests = new Map<string, Ingest>();
  readonly #arenas = new Map<string, ArenaRun>();
  readonly #readers = new Map<string, ReturnType<World["reads"]>>();
  /** How to start each process, by name; what is there now is to be ended by what it gave. */
  readonly #running = new Map<string, { readonly process: Process; kill(): void }>();
  readonly #starts = new Map<string, (process: Process) => Promise<() => void>>();
  #dump: ReadonlyMap<string, unknown> = new Map();
  #isBusy = true;

  constructor(
    plan: Plan,
    variant: Variant,
    time: VirtualTime,
    tell: Tell,
    failed: (violation: Violation) => void,
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
  }

  async live(): Promise<void> {
    const { ingests, projectors, readers, arenas, faults } = this.#plan;
    for (const name of namesOf("ingest", ingests))
      this.#start(name, (process) => this.#ingest(process));
    for (const name of namesOf("projector", projectors))
      this.#start(name, (process) => this.#projector(process));
    for (const name of namesOf("reader", readers))
      this.#start(name, (process) => this.#reader(process));
    for (const arena of arenas) {
      this.#arenas.set(arena.name, new ArenaRun(arena));
      this.#time.after(arena.fromMs, () =>
        this.#start(arena.name, (process) => this.#arena(process)),
      );
    }
    const scoreboards = arenas
      .filter(({ name }) => name !== "arena C")
      .map(({ gameId }) => this.#scoreboard(gameId, 1, 6));
    for (const fault of faults) this.#time.after(fault.at, () => this.#harm(fault));
    await delay(BUSY_MS);
    this.#isBusy = false;
    await this.#heal(Promise.all(scoreboards));
  }

  #pool(process: Process) {
    const push = (hear: () => void) => this.#network.push(process, POSTGRES, hear);
    return this.#postgres.poolOver(this.#network.way(process, POSTGRES, 10_000), push, process);
  }

  #archive(process: Process) {
    const send = this.#network.way(process, POSTGRES, 10_000);
    return archiveOver(this.#postgres.database, send, this.#variant.archive);
  }

  /** Starts a process, and again where it could not start. */
  #start(name: string, start: (process: Process) => Promise<() => void>): void {
    this.#starts.set(name, start);
    const process = { name, alive: true };
    let end = () => {};
    this.#running.set(name, {
      process,
      kill: () => {
        process.alive = false;
        for (const server of [POSTGRES, REDIS]) this.#network.cut(process, server);
        end();
      },
    });
    start(process).then(
      (ended) => {
        if (process.alive) end = ended;
        else ended();
      },
      (error) => {
        if (!process.alive) return;
        this.#tell(name, `could not start: ${reasonOf(error).message}`);
        process.alive = false;
        this.#time.after(200, () => this.#restart(name));
      },
    );
  }

  /** Starts a process again unless it lives. */
  #restart(name: string): void {
    const start = this.#starts.get(name);
    if (start !== undefined && !this.#running.get(name)?.process.alive) this.#start(name, start);
  }

  async #ingest(process: Process): Promise<() => void> {
    const pool = this.#pool(process);
    const required = this.#plan.standby === "synchronous" ? "replicated" : "local";
    const stores = { journal: journalInPostgres(pool), roster: rosterIn(pool) };
    const guard = guarded(stores, { required, log: SILENT });
    const { journal } = guard;
    const { recorded } = this.#archive(process);
    const uploads = openUploads(recorded, 100, SILENT);
    const arenas = new Set<ArenaRun>();
    const end = () => {
      guard.stop();
      uploads.stop();
      this.#ingests.delete(process.name);
      for (const arena of arenas) arena.network?.cut();
    };
    try {
      await journal.watchOwners(uploads.takenOver);
    } catch (error) {
      end();
      throw error;
    }
    const means = { journal, recorded, uploads, limits: new Map(), log: SILENT, now: Date.now };
    const handlers = ingestHandlers(means as never);
    this.#ingests.set(process.name, { process, handlers, arenas });
    return end;
  }

  async #projector(process: Process): Promise<() => void> {
    const { journal: journalVariant, hot: hotVariant } = this.#variant;
    const pool = this.#pool(process);
    const redis = redisOver(this.#redis, this.#network.way(process, REDIS, 1_500));
    const plain = journalInPostgres(pool);
    const journal = journalVariant?.(plain, this.#time) ?? plain;
    const rows = sharedRows(journal);
    const archive = this.#archive(process);
    const { entriesPerFold } = this.#plan;
    const hot = hotFold({
      journal: { ...journal, ...rows },
      hot: hotVariant?.(hotFoldsIn(redis), redis) ?? hotFoldsIn(redis),
      archive: archive.reads,
      whileAlone: (name, work) => whileAlone(pool, name, work),
      ...{ entriesPerFold, log: SILENT },
    });
    const folds = [hot, archiveFold(rows, archive.folds, { entriesPerFold })];
    await startProjector({ journal, folds, log: SILENT, foldEveryMs: 20 });
    return () => {};
  }

  /** A process that answers readers, and a reader. */
  async #reader(process: Process): Promise<() => void> {
    const reads = this.reads(process);
    this.#readers.set(process.name, reads);
    const chance = this.#time.chance(process.name);
    void (async () => {
      while (process.alive && this.#isBusy) {
        await delay(chance.between(20, 300));
        await reads(chance.of(this.#plan.arenas), chance() < 0.6).catch((error) =>
          this.#checks.failure(error, process.name),
        );
      }
    })();
    return () => {};
  }

  reads(process: Process) {
    const hot = hotReadsIn(redisOver(this.#redis, this.#network.way(process, REDIS, 1_500)));
    const archive = this.#archive(process).reads;
    const read = readerOf(withFallback(hot, archive, SILENT), {} as never);
    lives += 1;
    const reader = `${process.name}, life ${lives}`;
    return async ({ name, gameId }: Arena, waits: boolean, forMs = READ_MS) => {
      const acked = waits ? this.#arenas.get(name)?.acked : undefined;
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
        throw spokenOf(error, call.signal);
      });
      call.abort();
      const seen = value?.players.size ?? 0;
      this.#tell(
        process.name,
        `reads ${gameId}: ${seen} players${acked ? ` after line ${acked.token}` : ""}`,
      );
      this.#checks.answered({ reader, gameId, cursor: cursor as never, value });
      if (acked !== undefined) this.#checks.sees(reader, acked.token, value);
    };
  }

  async #arena(process: Process): Promise<() => void> {
    const arena = this.#arenas.get(process.name)!;
    const chance = this.#time.chance(process.name);
    arena.disk ??= simulatedDisk(chance);
    const own = arena.disk.process();
    const network = inProcessOf(
      RawUploadLinesRequestSchema,
      (requests, { signal }) => this.#serve(arena, requests, signal),
      chance,
    );
    arena.network = network;
    const options = {
      ...{ target: "", source: process.name, gameId: arena.plan.gameId, folder: "/spool" },
      ...{ batchLines: 4, answerWithinMs: 3_000, compressFromBytes: 1e9, now: () => arena.now() },
      backoff: { firstMs: 20, mostMs: 300, random: chance },
      ...(arena.plan.name === "arena C" && { takeOver: "once" as const }),
    };
    const end = () => {
      arena.uplink = undefined;
      own.kill();
      network.kill();
    };
    const uplink = await openUplink(options, { disk: own.disk, connections: network.connections });
    if (!process.alive) return end;
    arena.uplink = uplink;
    uplink.on("acked", ({ through, durability, position }) => {
      if (!process.alive) return;
      this.#tell(process.name, `is acknowledged through ${through}`);
      for (const [number, line] of arena.sent) {
        if (number > through) continue;
        if (durability === Durability.REPLICATED) this.#checks.acked(line.token, process.name);
        arena.acked = { position, token: line.token };
        arena.sent.delete(number);
      }
    });
    uplink.on("disconnected", ({ failure }) => {
      this.#tell(process.name, `is disconnected: ${reasonOf(failure).message}`);
      this.#checks.failure(failure, process.name);
    });
    uplink.on("hole", ({ firstNumber, lastNumber }) =>
      this.#tell(process.name, `has lost lines ${firstNumber} to ${lastNumber}`),
    );
    uplink.on("stopped", ({ failure }) => {
      if (!process.alive) return;
      this.#tell(process.name, `is stopped: ${reasonOf(failure).message}`);
      this.#checks.failure(failure, process.name);
      const { gameId } = arena.plan;
      if (this.#plan.arenas.filter((one) => one.gameId === gameId).length === 1) {
        this.#checks.fail("I11 what was sent is accounted for", `${process.name} is stopped`);
      }
      arena.stopped = true;
    });
    void this.#sendLines(process, arena);
    return end;
  }

  async #sendLines(process: Process, arena: ArenaRun): Promise<void> {
    const chance = this.#time.chance(`lines of ${process.name}`);
    while (process.alive && this.#isBusy && !arena.stopped && arena.count < arena.plan.lines) {
      await this.#sendLine(process, arena, chance.of(PLAYERS));
      if (chance() < 0.7) await delay(chance.between(1, 160));
    }
  }

  async #sendLine(process: Process, arena: ArenaRun, playerId: string): Promise<void> {
    const chance = this.#time.chance(`lines of ${process.name}`);
    const { uplink, plan } = arena;
    if (uplink === undefined) return;
    const { gameId } = plan;
    arena.count += 1;
    const token = 1_000 * (1 + "ABC".indexOf(plan.name.at(-1)!)) + arena.count;
    // A correction may lower what a line before said, and name another team.
    const points = chance.below(30);
    const teamId = chance() < 0.1 ? TEAMS[1]! : TEAMS[PLAYERS.indexOf(playerId) % 2]!;
    const line: SentLine = { token, gameId, playerId, teamId, points };
    this.#checks.sent(line);
    const happenedTime = timestampFromMs(arena.now());
    const value = { playerId, teamId, happenedTime, totals: { points, secondsPlayed: token } };
    try {
      const number = await uplink.send({ of: { case: "player", value } });
      if (!process.alive) return;
      this.#tell(process.name, `sends line ${number} of ${playerId}: ${points} points`);
      arena.sent.set(number, line);
      arena.current.set(playerId, line);
    } catch (error) {
      if (process.alive) this.#checks.failure(error, process.name);
    }
  }

  /** What ingest answers to one stream of an arena. */
  async *#serve(
    arena: ArenaRun,
    requests: AsyncIterable<RawUploadLinesRequest>,
    signal: AbortSignal,
  ) {
    const chance = this.#time.chance(arena.plan.name);
    const all = [...this.#ingests.values()];
    const ingest = all[chance.below(all.length)];
    if (ingest === undefined) throw new ConnectError("nobody is there", Code.Unavailable);
    ingest.arenas.add(arena);
    let held = 0;
    const made = this.#held(
      ingest.handlers.uploadLines(requests as never, { signal } as HandlerContext),
      () => {
        held += 1;
        this.#checks.held(held, arena.plan.name);
      },
    );
    try {
      for await (const answer of this.#variant.answers?.(made) ?? made) {
        while (arena.hearsFrom > this.#time.now()) await delay(arena.hearsFrom - this.#time.now());
        held -= 1;
        yield answer;
      }
    } catch (error) {
      throw spokenOf(error, signal);
    }
  }

  async *#held(answers: AsyncIterable<UploadResponse>, made: () => void) {
    for await (const answer of answers) {
      made();
      yield answer;
    }
  }

  /** Records the facts of a game one after the other, each until it is acknowledged. */
  async #scoreboard(gameId: string, from: number, to: number): Promise<void> {
    const chance = this.#time.chance(`scoreboard of ${gameId}`);
    for (let revision = from; revision <= to; revision += 1) {
      if (this.#isBusy) await delay(chance.between(30, 600));
      const game = { gameId, status: GameStatus.LIVE, period: 1, homeScore: revision };
      const request = { source: "scoreboard", gameId, game, revision: BigInt(revision) };
      for (let taken = false; !taken; ) {
        const { handlers } =
          [...this.#ingests.values()].at(chance.below(this.#ingests.size || 1)) ?? {};
        const answer = handlers?.recordGame(request as never, {} as HandlerContext);
        const known = await Promise.race([answer, delay(2_000)]).catch((error) => {
          this.#checks.failure(spokenOf(error, AbortSignal.abort()), "scoreboard");
        });
        taken = known !== undefined;
        if (known?.durability === Durability.REPLICATED) this.#checks.ackedFacts(gameId, revision);
        if (taken) this.#tell("scoreboard", `recorded facts ${revision} of ${gameId}`);
        else await delay(chance.between(10, 200));
      }
    }
  }

  #harm({ what, to, much }: Fault): void {
    const { database } = this.#postgres;
    const running = this.#running.get(to);
    if (to !== "" && running === undefined) return;
    this.#tell("FAULT", `${to} ${what}${much > 0 ? ` (${much})` : ""}`.trim());
    const arena = this.#arenas.get(to);
    const disconnect = (server: Server) => {
      for (const { process } of this.#running.values()) this.#network.cut(process, server);
    };
    const harms: Record<Fault["what"], () => void> = {
      "is killed": () => {
        running?.kill();
        this.#time.after(much, () => this.#restart(to));
      },
      "is destroyed": () => {
        this.#starts.delete(to);
        if (arena) arena.stopped = true;
        running?.kill();
      },
      "is frozen": () => this.#network.disturb("frozen", to, much),
      "loses its connections to postgres": () => this.#network.cut(running!.process, POSTGRES),
      "loses its connections to redis": () => this.#network.cut(running!.process, REDIS),
      "loses its connections to ingest": () => arena?.network?.cut(),
      "reads no answers": () => {
        if (arena) arena.hearsFrom = this.#time.now() + much;
      },
      "has its clock set back": () => {
        if (arena) arena.skewMs -= 3_600_000;
      },
      "postgres is slow": () => this.#network.disturb("slow", "postgres", much),
      "postgres has no standby": () => {
        database.stall(true);
        const { timeline } = database;
        this.#time.after(much, () => timeline === database.timeline && database.stall(false));
      },
      "postgres cancels waits for the standby": () => void database.cancelWaits(),
      "postgres crashes": () => {
        this.#network.disturb("down", "postgres", Math.min(much, 200));
        database.crash();
        disconnect(POSTGRES);
      },
      "postgres fails over": () => {
        this.#network.disturb("down", "postgres", Math.min(much, 200));
        this.#tell("FAULT", `postgres has lost ${database.promote()} commits`);
        disconnect(POSTGRES);
      },
      "redis is slow": () => this.#network.disturb("slow", "redis", much),
      "redis is away": () => {
        this.#network.disturb("down", "redis", much);
        disconnect(REDIS);
      },
      "redis is sent commands twice": () => this.#network.disturb("twice", "redis", much),
      "redis fails over and loses": () => {
        this.#redis.loseLast(much);
        disconnect(REDIS);
      },
      "redis is wiped": () => this.#redis.restore(new Map()),
      "redis is dumped": () => {
        this.#dump = this.#redis.dump();
      },
      "redis is restored from a dump": () => {
        const now = this.#redis.dump();
        this.#redis.restore(this.#dump);
        // The next time it is the master of before that comes back.
        this.#dump = now;
        disconnect(REDIS);
      },
    };
    harms[what]();
  }

  /** Ends the faults, and waits until all is as it must be. */
  async #heal(scoreboards: Promise<unknown>): Promise<void> {
    this.#tell("world", "the faults are over");
    this.#network.heal();
    this.#postgres.database.stall(false);
    for (const name of this.#running.keys()) this.#restart(name);
    const until = this.#time.now() + HEAL_MS;
    const owners = [...this.#arenas.values()].filter(({ stopped }) => !stopped);
    for (const arena of owners) {
      arena.hearsFrom = 0;
      const name = arena.plan.name;
      const isReady = () =>
        arena.stopped || (this.#running.get(name)?.process.alive && arena.uplink);
      await this.#until(until, isReady, () => `${name} does not start`);
      for (const playerId of PLAYERS) {
        await this.#sendLine(this.#running.get(name)!.process, arena, playerId);
      }
    }
    const isDrained = ({ uplink, stopped }: ArenaRun) =>
      stopped || uplink?.acknowledgedThrough() === uplink!.nextNumber() - 1;
    for (const arena of owners) {
      await this.#until(
        until,
        () => isDrained(arena),
        () => `${arena.plan.name} is not drained`,
      );
    }
    // What a failover lost is known to be lost once the log grows again.
    await scoreboards;
    for (const { gameId } of this.#plan.arenas) await this.#scoreboard(gameId, 100, 100);
    const hot = hotFoldsIn(redisOver(this.#redis, AT_ONCE));
    let places: unknown[] = [];
    const isLevel = async () => {
      const { endOffset, digest } = this.#postgres.logOf(SLOT);
      const cursor = await hot.cursor(SLOT);
      const archived = archivedIn(this.#postgres.database, SLOT).cursor;
      places = [endOffset, cursor?.endOffset, archived.endOffset];
      const isThere = (one?: typeof archived) =>
        endOffset === 0 || one?.digest === digest.toString("hex");
      return isThere(cursor) && isThere(archived);
    };
    await this.#until(
      until,
      isLevel,
      () => `journal, hot store and archive are at ${places.join(", ")}`,
    );
    for (const [name, reads] of this.#readers) {
      for (const arena of this.#plan.arenas) {
        const isLost = (error: unknown) => reasonOf(error).reason === "POSITION_LOST";
        await reads(arena, true, 5_000)
          .catch((error) => {
            if (!isLost(error)) throw error;
            if (this.#plan.standby === "synchronous") {
              this.#checks.fail(ACKNOWLEDGED, `the position of ${arena.name} is lost`);
            }
            return reads(arena, false, 5_000);
          })
          .catch((error) => this.#checks.fail(WELL_AGAIN, `${name}: ${reasonOf(error).message}`));
      }
    }
    const current = owners
      .filter(({ plan }) => this.#postgres.ownerOf(plan.gameId) === plan.name)
      .flatMap(({ current }) => [...current.values()]);
    this.#checks.atTheEnd((await hot.contents(SLOT))?.contents, current);
  }

  async #until(end: number, holds: () => unknown, what: () => string): Promise<void> {
    while (!(await holds())) {
      if (this.#time.now() > end) {
        this.#checks.fail(WELL_AGAIN, what());
        await new Promise(() => {});
      }
      await delay(20);
    }
  }
}

/** What of an arena outlives its process. */
class ArenaRun {
  readonly plan: Arena;
  /** Lines by number that are not acknowledged yet. */
  readonly sent = new Map<number, SentLine>();
  /** The line of each player that was sent last. */
  readonly current = new Map<string, SentLine>();
  disk: ReturnType<typeof simulatedDisk> | undefined;
  network: InProcess | undefined;
  uplink: Uplink | undefined;
  acked: { readonly position: string; readonly token: number } | undefined;
  count = 0;
  skewMs = 0;
  hearsFrom = 0;
  stopped = false;

  constructor(plan: Arena) {
    this.plan = plan;
  }

  now(): number {
    return Date.now() + this.skewMs;
  }
}

type Ingest = {
  readonly process: Process;
  readonly handlers: ReturnType<typeof ingestHandlers>;
  readonly arenas: Set<ArenaRun>;
};

const nothing = () => {};
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Log;
