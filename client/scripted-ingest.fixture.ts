import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  Durability,
  IngestService,
  type LineBatch,
  LineOutcome,
  type LineResultSchema,
  type OpenUpload,
  type RecordGameRequest,
  type UploadedLine,
  type UploadLinesRequest,
  type UploadLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { createLog } from "#runtime/log";
import { failure, type RpcServer, serveRpc } from "#runtime/rpc";

type LineResultInit = MessageInitShape<typeof LineResultSchema>;

/** Where the scripted service may break an upload off. */
export type Point = "open" | "before-commit" | "after-commit" | "finish";

/** What it does there. */
export type Fault = "none" | "unavailable" | "end" | "internal" | "hang";

/** An ingest service that keeps one game in memory and fails as it is told to. */
export type ScriptedIngest = {
  readonly address: string;
  /** What is durable, in the order in which it became so. */
  readonly taken: readonly UploadedLine[];
  readonly opened: readonly OpenUpload[];
  readonly batches: readonly LineBatch[];
  /** What was recorded of games and was newer than what was known. */
  readonly facts: readonly RecordGameRequest[];
  /** Makes another instance the owner. */
  takeOver(instance: string): void;
  /** Kills the server with all its connections. */
  kill(): Promise<void>;
  /** Starts it again on its port, with what was durable. */
  restart(): Promise<void>;
};

/** The scripted service; `fault` is asked at each point, `superseded` for each line's number. */
export async function scriptedIngest(
  script: {
    readonly fault?: (point: Point) => Fault;
    readonly superseded?: (number: number) => boolean;
  } = {},
): Promise<ScriptedIngest> {
  const { fault = () => "none", superseded = () => false } = script;
  let owner: string | undefined;
  let epoch = 0;
  let next = 1;
  const taken: UploadedLine[] = [];
  const opened: OpenUpload[] = [];
  const batches: LineBatch[] = [];
  const facts: RecordGameRequest[] = [];
  const positionNow = () => (taken.length === 0 ? "" : `at-${taken.length}`);

  /** True if the stream is to end here. */
  async function broken(point: Point, signal: AbortSignal): Promise<boolean> {
    switch (fault(point)) {
      case "none":
        return false;
      case "end":
        return true;
      case "hang":
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return true;
      case "internal":
        throw new ConnectError("internal error", Code.Internal);
      case "unavailable":
        throw failure("STORE_UNREACHABLE", "postgres gave no answer", { retryAfterMs: 1 });
    }
  }

  async function* uploadLines(
    requests: AsyncIterable<UploadLinesRequest>,
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<MessageInitShape<typeof UploadLinesResponseSchema>> {
    let mine = 0;
    for await (const { message } of requests) {
      if (mine > 0 && mine !== epoch) throw failure("UPLOAD_FENCED", "Another owner took it over.");
      if (message.case === "open") {
        opened.push(message.value);
        const { instance, takeOver } = message.value;
        if (takeOver || owner === undefined) {
          owner = instance;
          epoch += 1;
          next = 1;
        }
        if (owner !== instance) throw failure("NOT_OWNER", "Another instance owns the game.");
        mine = epoch;
        if (await broken("open", signal)) return;
        const answer = { epoch, nextNumber: BigInt(next), position: positionNow() };
        yield { message: { case: "opened" as const, value: answer } };
      } else if (message.case === "batch") {
        const { firstNumber, lines } = message.value;
        batches.push(message.value);
        if (firstNumber > next) {
          const metadata = { expected: String(next) };
          throw failure("NUMBER_GAP", `Number ${next} is expected.`, { metadata });
        }
        if (await broken("before-commit", signal)) return;
        const results = lines.flatMap((line, at): LineResultInit[] => {
          const number = firstNumber + BigInt(at);
          if (number < next) return [{ number, outcome: LineOutcome.DUPLICATE }];
          taken.push(line);
          next += 1;
          return superseded(Number(number)) ? [{ number, outcome: LineOutcome.SUPERSEDED }] : [];
        });
        if (await broken("after-commit", signal)) return;
        const ack = {
          through: BigInt(next - 1),
          position: positionNow(),
          durability: Durability.LOCAL,
          results,
        };
        yield { message: { case: "ack" as const, value: ack } };
      } else if (message.case === "finish") {
        if (await broken("finish", signal)) return;
        yield { message: { case: "finished" as const, value: { position: positionNow() } } };
        return;
      }
    }
  }

  function recordGame(request: RecordGameRequest) {
    const { revision = 0n } = request;
    const newest = facts.at(-1)?.revision ?? 0n;
    if (revision > newest) facts.push(request);
    return { position: positionNow(), durability: Durability.LOCAL, taken: revision > newest };
  }

  const start = (listen: string): Promise<RpcServer> =>
    serveRpc({
      listen,
      log: createLog("scripted-ingest", "silent"),
      drainMs: 0,
      routes: (router) => router.service(IngestService, { uploadLines, recordGame }),
    });
  let server = await start("127.0.0.1:0");
  const { address } = server;
  return {
    address,
    taken,
    opened,
    batches,
    facts,
    takeOver(instance) {
      owner = instance;
      epoch += 1;
      next = 1;
    },
    kill: () => server.close(),
    async restart() {
      server = await start(address);
    },
  };
}
