import { setTimeout as delay } from "node:timers/promises";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { Durability, openUplink, type Uplink } from "#client";
import {
  type RawUploadLinesRequest,
  RawUploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/raw_upload_pb.ts";
import { reasonOf } from "#runtime/rpc";
import {
  type InProcess,
  inProcessOf,
  type UploadResponse,
} from "../../client/in-process.fixture.ts";
import { simulatedDisk } from "../../client/spool/simulated-disk.fixture.ts";
import { spokenOf } from "../../runtime/rpc/interceptors.ts";
import type { ingestHandlers } from "../../services/ingest/handlers.ts";
import type { Checks, SentLine } from "./checks.ts";
import type { Process, Tell } from "./network.ts";
import type { ArenaPlan } from "./plan.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** An ingest process that lives, and the arenas whose streams lead to it. */
export type Ingest = {
  readonly handlers: ReturnType<typeof ingestHandlers>;
  readonly arenas: Set<Arena>;
};

/** What an arena has around it. */
type Around = {
  readonly time: VirtualTime;
  readonly tell: Tell;
  readonly checks: Checks;
  /** Whether lines are sent still. */
  readonly isBusy: () => boolean;
  readonly ingests: () => readonly Ingest[];
  /** Whether nobody else has a part in its game. */
  readonly isAlone: boolean;
  /** What ingest answers, on its way to the network. */
  readonly answers: (answers: AsyncIterable<UploadResponse>) => AsyncIterable<UploadResponse>;
};

/** The players of every game. */
export const PLAYERS = ["p1", "p2", "p3"];

/** An arena: a machine with a disk, a clock, and a process that sends lines by way of the product's uplink. */
export class Arena {
  readonly plan: ArenaPlan;
  readonly #around: Around;
  readonly #disk;
  readonly #chance;
  #network: InProcess | undefined;
  #uplink: Uplink | undefined;
  /** Lines by number that are not acknowledged yet. */
  readonly #sent = new Map<number, SentLine>();
  #count = 0;
  /** The line of each player that was sent last. */
  readonly current = new Map<string, SentLine>();
  /** The last line that was acknowledged. */
  acked: { readonly position: string; readonly token: number } | undefined;
  /** How far its clock is off, in ms. */
  skewMs = 0;
  /** When it reads answers again, in ms. */
  hearsFrom = 0;
  /** Whether it is told to send no more, or there no more. */
  stopped = false;

  constructor(plan: ArenaPlan, around: Around) {
    this.plan = plan;
    this.#around = around;
    this.#disk = simulatedDisk(around.time.chance(`disk of ${plan.name}`));
    this.#chance = around.time.chance(`lines of ${plan.name}`);
  }

  /** Breaks its streams. */
  cut(): void {
    this.#network?.cut();
  }

  isReady(): boolean {
    return this.stopped || this.#uplink !== undefined;
  }

  /** Whether all that it sent is acknowledged. */
  isDrained(): boolean {
    if (this.stopped || this.#uplink === undefined) return this.stopped;
    return this.#uplink.acknowledgedThrough() === this.#uplink.nextNumber() - 1;
  }

  /** Whether it has begun, and has lines to send yet or to be acknowledged. */
  isUploading(): boolean {
    const isAtWork = this.#count > 0 && !this.stopped;
    return isAtWork && (this.#count < this.plan.lines || !this.isDrained());
  }

  /** One life of its process; gives what ends that. */
  async start(process: Process): Promise<() => void> {
    const { time } = this.#around;
    const { name, gameId } = this.plan;
    const own = this.#disk.process();
    const serve = (
      requests: AsyncIterable<RawUploadLinesRequest>,
      { signal }: { signal: AbortSignal },
    ) => this.#serve(requests, signal);
    const chance = time.chance(`network of ${name}`);
    const network = inProcessOf(RawUploadLinesRequestSchema, serve, chance);
    this.#network = network;
    const options = {
      ...{ target: "", source: name, gameId, folder: "/spool" },
      ...{ batchLines: 4, answerWithinMs: 3_000, compressFromBytes: 1e9, now: () => this.#now() },
      backoff: { firstMs: 20, mostMs: 300, random: chance },
      ...(this.plan.takesOver && { takeOver: "once" as const }),
    };
    const uplink = await openUplink(options, { disk: own.disk, connections: network.connections });
    if (process.alive) {
      this.#uplink = uplink;
      this.#listen(uplink, process);
      void this.#sendLines(process);
    }
    return () => {
      this.#uplink = undefined;
      own.kill();
      network.kill();
    };
  }

  #now(): number {
    return Date.now() + this.skewMs;
  }

  #listen(uplink: Uplink, process: Process): void {
    const { tell, checks, isAlone } = this.#around;
    const { name } = process;
    uplink.on("acked", ({ through, durability, position }) => {
      if (!process.alive) return;
      tell(name, `is acknowledged through ${through}`);
      for (const [number, { token }] of this.#sent) {
        if (number > through) continue;
        if (durability === Durability.REPLICATED) checks.acked(token, name);
        this.acked = { position, token };
        this.#sent.delete(number);
      }
    });
    uplink.on("disconnected", ({ failure }) => {
      if (!process.alive) return;
      tell(name, `is disconnected: ${reasonOf(failure).message}`);
      checks.failure(failure, name);
    });
    uplink.on("hole", ({ firstNumber, lastNumber }) => {
      tell(name, `has lost lines ${firstNumber} to ${lastNumber}`);
    });
    uplink.on("stopped", ({ failure }) => {
      if (!process.alive) return;
      tell(name, `is stopped: ${reasonOf(failure).message}`);
      checks.failure(failure, name);
      if (isAlone) checks.fail("I11 what was sent is accounted for", `${name} is stopped`);
      this.stopped = true;
    });
  }

  async #sendLines(process: Process): Promise<void> {
    const isSending = () => process.alive && this.#around.isBusy() && !this.stopped;
    while (isSending() && this.#count < this.plan.lines) {
      await this.sendLine(this.#chance.of(PLAYERS));
      if (this.#chance() < 0.7) await delay(this.#chance.between(1, 160));
    }
  }

  async sendLine(playerId: string): Promise<void> {
    const { checks, tell } = this.#around;
    const { gameId, name, token: first } = this.plan;
    const uplink = this.#uplink;
    if (uplink === undefined) return;
    this.#count += 1;
    const token = first + this.#count;
    // A correction may lower what a line before said, and name another team.
    const points = this.#chance.below(30);
    const teamId = this.#chance() < 0.1 ? "t2" : `t${1 + (PLAYERS.indexOf(playerId) % 2)}`;
    const line: SentLine = { token, gameId, playerId, teamId, points };
    checks.sent(line);
    const happenedTime = timestampFromMs(this.#now());
    const value = { playerId, teamId, happenedTime, totals: { points, secondsPlayed: token } };
    try {
      const number = await uplink.send({ of: { case: "player", value } });
      if (this.#uplink !== uplink) return;
      tell(name, `sends line ${number} of ${playerId}: ${points} points`);
      this.#sent.set(number, line);
      this.current.set(playerId, line);
    } catch (error) {
      if (this.#uplink === uplink) checks.failure(error, name);
    }
  }

  /** What one of the ingest processes answers to one stream, as the arena takes it. */
  async *#serve(requests: AsyncIterable<RawUploadLinesRequest>, signal: AbortSignal) {
    const { time, checks, ingests, answers } = this.#around;
    const all = ingests();
    const ingest = all[time.chance(this.plan.name).below(all.length)];
    if (ingest === undefined) throw new ConnectError("nobody is there", Code.Unavailable);
    ingest.arenas.add(this);
    let held = 0;
    const made = counted(
      ingest.handlers.uploadLines(requests as never, { signal } as HandlerContext),
      () => {
        held += 1;
        checks.held(held, this.plan.name);
      },
    );
    try {
      for await (const answer of answers(made)) {
        while (this.hearsFrom > time.now()) await delay(this.hearsFrom - time.now());
        held -= 1;
        yield answer;
      }
    } catch (error) {
      throw spokenOf(error, signal.reason);
    }
  }
}

async function* counted(answers: AsyncIterable<UploadResponse>, count: () => void) {
  for await (const answer of answers) {
    count();
    yield answer;
  }
}
