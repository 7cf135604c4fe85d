import { toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  Durability,
  LineOutcome,
  type OpenUpload,
  type RecordGameRequest,
  UploadedLineSchema,
  type UploadLinesRequest,
  UploadLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { failure } from "#runtime/rpc";
import { queueOf, type ServeUpload, type UploadResponse } from "./in-process.fixture.ts";

/** A line that the simulated journal has. */
export type Journalled = {
  readonly gameId: string;
  readonly source: string;
  readonly instance: string;
  readonly epoch: number;
  readonly number: number;
  readonly playerId: string;
  readonly points: number;
  /** The whole line, in hex. */
  readonly bytes: string;
};

type Opening = Pick<OpenUpload, "gameId" | "source" | "instance" | "takeOver">;

type Owner = { gameId: string; source: string; instance: string; epoch: number; next: number };

/** A batch that has come and is not acknowledged. */
type OnTheWay = { readonly last: number; readonly lines: number; readonly bytes: number };

/** An ingest service over a journal in memory, by the rules of the real one. */
export type SimulatedIngest = {
  readonly serve: ServeUpload;
  recordGame(fact: RecordGameRequest): Promise<void>;
  /** Facts that were newer than what was known, each with how many lines were there before it. */
  readonly facts: { readonly revision: number; readonly lines: number }[];
  /** What is durable, in its order. */
  readonly journal: Journalled[];
  readonly opened: OpenUpload[];
  /** What a client did that it must not do. */
  readonly faults: string[];
  /** Streams that are open now. */
  streams(): number;
  /** Makes another one the owner of a game. */
  own(open: Pick<OpenUpload, "gameId" | "source" | "instance">): void;
  /** Tells every stream that the service goes away. */
  drain(returnAfterMs: number): void;
  /** Takes away the last lines, as the failover of a journal without a replica does. */
  loseTail(lines: number): void;
  /** Goes back to a former owner of a game, with all that came since: as `loseTail`, further. */
  loseOwnersAfter(gameId: string, epoch: number): void;
  /** Until called with false: whether a commit happened is not told, and half of them do not. */
  setAway(away: boolean): void;
};

/** How the simulated service behaves. */
export type SimulatedIngestOptions = {
  readonly random: () => number;
  readonly creditLines?: number;
  readonly creditBytes?: number;
  /** How many turns of the event loop a batch takes at most. */
  readonly turnsMax?: number;
  /** What becomes of a line that was taken; undefined if it simply counts. */
  readonly outcomeOf?: (line: Journalled) => LineOutcome | undefined;
};

export function simulatedIngest(options: SimulatedIngestOptions): SimulatedIngest {
  const { random, creditLines = 500, creditBytes = 100_000, turnsMax = 4 } = options;
  const { outcomeOf = () => undefined } = options;
  const journal: Journalled[] = [];
  const opened: OpenUpload[] = [];
  const faults: string[] = [];
  const tellAll = new Set<(response: UploadResponse) => void>();
  const owners = new Map<string, Owner>();
  const facts: { revision: number; lines: number }[] = [];
  let away = false;

  const unreachable = () =>
    failure("STORE_UNREACHABLE", "postgres gave no answer", { retryAfterMs: 0 });

  function openUpload({ gameId, source, instance, takeOver }: Opening): Owner {
    let owner = owners.get(gameId);
    if (owner === undefined || takeOver) {
      owner = { gameId, source, instance, epoch: (owner?.epoch ?? 0) + 1, next: 1 };
      owners.set(gameId, owner);
    }
    if (owner.source !== source || owner.instance !== instance) {
      throw failure("NOT_OWNER", "Another one owns the game.");
    }
    return owner;
  }

  async function* serve(
    requests: AsyncIterable<UploadLinesRequest>,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<UploadResponse> {
    let mine: Owner | undefined;
    let onTheWay: OnTheWay[] = [];
    let ackedThrough = 0;
    const arrived = queueOf<UploadLinesRequest>();
    const out = queueOf<UploadResponse>();
    tellAll.add(out.push);
    signal.addEventListener("abort", () => out.fail(signal.reason));

    async function take({ message }: UploadLinesRequest) {
      if (away && (message.case !== "batch" || random() < 0.5)) throw unreachable();
      if (message.case === "open") {
        opened.push(message.value);
        mine = openUpload(message.value);
        const { epoch, next } = mine;
        const credit = { creditLines, creditBytes: BigInt(creditBytes) };
        const value = { epoch, nextNumber: BigInt(next), position: "", ...credit };
        out.push({ message: { case: "opened", value } });
        return;
      }
      if (mine === undefined) throw new ConnectError("not open", Code.InvalidArgument);
      if (mine !== owners.get(mine.gameId))
        throw failure("UPLOAD_FENCED", "Another owner has taken it over.");
      if (message.case === "finish") {
        if (Number(message.value.lastNumber) >= mine.next) throw gap(mine.next);
        out.push({ message: { case: "finished", value: { position: `at-${journal.length}` } } });
        out.end();
        return;
      }
      if (message.case !== "batch") return;
      const { firstNumber, lines } = message.value;
      if (Number(firstNumber) > mine.next) throw gap(mine.next);
      const results = lines.flatMap((line, at) => {
        const number = Number(firstNumber) + at;
        const journalled = lineOf(mine as Owner, number, line);
        if (number < (mine as Owner).next) {
          compare(journalled);
          return [{ number: BigInt(number), outcome: LineOutcome.DUPLICATE }];
        }
        journal.push(journalled);
        (mine as Owner).next += 1;
        const outcome = outcomeOf(journalled);
        return outcome === undefined ? [] : [{ number: BigInt(number), outcome }];
      });
      if (away) throw unreachable();
      const through = BigInt(mine.next - 1);
      const position = `at-${journal.length}`;
      const value = { through, position, durability: Durability.LOCAL, results };
      ackedThrough = mine.next - 1;
      onTheWay = onTheWay.filter(({ last }) => last > ackedThrough);
      out.push({ message: { case: "ack", value } });
    }

    function watch(request: UploadLinesRequest) {
      if (request.message.case !== "batch") return;
      const { firstNumber, lines } = request.message.value;
      const last = Number(firstNumber) + lines.length - 1;
      // One that is sent again may be acknowledged before it comes.
      if (last <= ackedThrough) return;
      const bytes = toBinary(UploadLinesRequestSchema, request).length;
      onTheWay.push({ last, lines: lines.length, bytes });
      // Of a batch that is acknowledged in part, the rest is on the way.
      const linesOf = ({ last, lines }: OnTheWay) => Math.min(lines, last - ackedThrough);
      const all = onTheWay.reduce(
        (sum, one) => ({ lines: sum.lines + linesOf(one), bytes: sum.bytes + one.bytes }),
        { lines: 0, bytes: 0 },
      );
      const isAlone = onTheWay.length === 1;
      if (!isAlone && (all.lines > creditLines || all.bytes > creditBytes)) {
        faults.push(`${all.lines} lines, ${all.bytes} bytes on the way`);
      }
    }

    (async () => {
      for await (const request of requests) {
        watch(request);
        arrived.push(request);
        if (request.message.case === "finish") return;
      }
      // The end without a finish: what is not answered by now never is.
      out.end();
    })().catch((error) => arrived.fail(error));
    (async () => {
      for await (const request of arrived.items()) {
        for (let turns = random() * turnsMax; turns > 0; turns -= 1)
          await new Promise(setImmediate);
        if (signal.aborted) return;
        await take(request);
      }
    })().catch((error) => out.fail(error));

    try {
      yield* out.items();
    } finally {
      tellAll.delete(out.push);
    }
  }

  function compare(line: Journalled) {
    const { gameId, epoch, number, bytes } = line;
    const known = journal.find(
      (one) => one.gameId === gameId && one.epoch === epoch && one.number === number,
    );
    if (known?.bytes === bytes) return;
    faults.push(`number ${number} came with another content`);
    throw failure("NUMBER_REUSED", `Number ${number} came with another content.`);
  }

  async function recordGame({ revision = 0n }: RecordGameRequest) {
    await new Promise(setImmediate);
    const isLost = away && random() < 0.5;
    if (!isLost && Number(revision) > (facts.at(-1)?.revision ?? 0)) {
      facts.push({ revision: Number(revision), lines: journal.length });
    }
    if (away) throw unreachable();
  }

  return {
    serve,
    recordGame,
    facts,
    journal,
    opened,
    faults,
    streams: () => tellAll.size,
    own: (open) => void openUpload({ ...open, takeOver: true }),
    drain(returnAfterMs) {
      const value = { returnAfter: durationFromMs(returnAfterMs) };
      for (const tell of tellAll) tell({ message: { case: "draining", value } });
    },
    loseTail(lines) {
      for (const lost of journal.splice(Math.max(0, journal.length - lines))) {
        const owner = owners.get(lost.gameId);
        if (owner?.epoch === lost.epoch) owner.next = Math.min(owner.next, lost.number);
      }
    },
    loseOwnersAfter(gameId, epoch) {
      const owner = owners.get(gameId);
      if (owner === undefined) return;
      const isKept = (line: Journalled) => line.gameId !== gameId || line.epoch <= epoch;
      journal.splice(0, journal.length, ...journal.filter(isKept));
      const last = journal.findLast((line) => line.gameId === gameId);
      owners.set(gameId, { ...owner, epoch, next: (last?.number ?? 0) + 1 });
    },
    setAway(value) {
      away = value;
    },
  };
}

function gap(expected: number): ConnectError {
  const metadata = { expected: String(expected) };
  return failure("NUMBER_GAP", `Number ${expected} is expected.`, { metadata });
}

function lineOf(
  { gameId, source, instance, epoch }: Owner,
  number: number,
  line: Parameters<typeof toBinary<typeof UploadedLineSchema>>[1],
): Journalled {
  const player = line.of.case === "player" ? line.of.value : undefined;
  return {
    ...{ gameId, source, instance, epoch, number },
    playerId: player?.playerId ?? "",
    points: player?.totals?.points ?? -1,
    bytes: Buffer.from(toBinary(UploadedLineSchema, line)).toString("hex"),
  };
}
