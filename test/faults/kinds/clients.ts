import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { StatsService, WatchGameRequestSchema } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf, rpcClient } from "#runtime/rpc";
import { framed } from "../../../runtime/rpc/raw.fixture.ts";
import { openUpload, playerLine } from "../../integration/uploads.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import { printOfLine } from "../prints.ts";
import { killed } from "./processes.ts";
import { USUAL } from "./usual.ts";

const SLOW_SUBSCRIBERS = 200;
const STORM = 1_500;
const BACK_WITHIN_MS = 30_000;
const PEERS = 4;

/** Faults of clients, on purpose or not. */
export const OF_CLIENTS: readonly Fault[] = [
  {
    ...USUAL,
    name: "bad-senders",
    what: "numbers sent again and with other content, gaps, former owners, lines and messages too large",
    lastsS: 6,
    byClient: true,
    inject: async (on) => badSenders(on),
  },
  {
    ...USUAL,
    name: "slow-subscribers",
    what: `${SLOW_SUBSCRIBERS} who watch games and read nothing of what they are sent`,
    lastsS: 8,
    byClient: true,
    inject: async (on) => {
      const watchers = await watchersOf(on, SLOW_SUBSCRIBERS, { isReading: false });
      return {
        target: "stats",
        heal: async () => watchers.close(),
        isEvident: () => watchers.opened() >= SLOW_SUBSCRIBERS,
      };
    },
  },
  {
    ...USUAL,
    name: "reconnect-storm",
    what: `${STORM} connections that each watch a game break at once, and all come back`,
    lastsS: 10,
    withoutReadsS: 12,
    hadEffect: ({ readsFailed }) => readsFailed > 0,
    inject: async (on) => {
      const watchers = await watchersOf(on, STORM, { isReading: true });
      const opened = watchers.opened();
      const harm = await killed(on.mesh, on.mesh.parts("stats"));
      await harm.heal();
      let cameBack = false;
      return {
        target: "stats-1 stats-2",
        async heal() {
          const isBack = () => watchers.opened() >= opened + STORM;
          for (const end = Date.now() + BACK_WITHIN_MS; !isBack() && Date.now() < end; ) {
            await delay(100);
          }
          cameBack = isBack();
          watchers.close();
        },
        isEvident: () => opened >= STORM,
        complaints: () => (cameBack ? [] : ["not all who were cut off came back"]),
      };
    },
  },
];

/** Connections that each watch a game, and come back with jitter when they break. */
async function watchersOf(
  { mesh, season, gameIds }: Target,
  count: number,
  { isReading }: { readonly isReading: boolean },
) {
  const { typeName } = StatsService;
  const addresses = mesh.addresses("stats");
  const gameId = gameIds[0] ?? "";
  const request = framed(
    toBinary(WatchGameRequestSchema, create(WatchGameRequestSchema, { season, gameId })),
  );
  const sessions = new Map<number, ClientHttp2Session>();
  let opened = 0;
  let closing = false;

  function open(at: number): void {
    if (closing) return;
    // Whoever reads nothing has no room for more than one byte.
    const settings = isReading ? {} : { initialWindowSize: 1 };
    const session = connect(`http://${addresses[at % addresses.length]}`, { settings });
    sessions.set(at, session);
    session.on("error", () => {});
    session.on("close", () => setTimeout(() => open(at), 2_000 * Math.random()));
    const stream = session.request({
      ":method": "POST",
      ":path": `/${typeName}/WatchGame`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    stream.on("response", () => {
      opened += 1;
    });
    stream.on("close", () => session.close());
    if (isReading) stream.resume();
    stream.end(request);
  }
  for (let at = 0; at < count; at += 1) {
    open(at);
    // No storm yet.
    if (at % 50 === 49) await delay(50);
  }
  for (const end = Date.now() + 10_000; opened < count && Date.now() < end; ) await delay(50);
  return {
    opened: () => opened,
    close() {
      closing = true;
      for (const session of sessions.values()) session.destroy();
    },
  };
}

/** Senders who do what is not allowed, one after the other until they are stopped. */
function badSenders(on: Target): Harm {
  const complaints: string[] = [];
  const ingest = rpcClient(IngestService, on.mesh.target("ingest"));
  let stopping = false;
  let turns = 0;
  let unanswered = 0;
  const send = async (peer: number) => {
    for (let turn = 0; !stopping; turn += 1) {
      try {
        complaints.push(...(await badTurn(on, ingest, `bad-${peer}.${turn}`)));
        turns += 1;
      } catch (error) {
        // Whoever is answered by nobody, as another fault may have it, is not answered wrongly.
        if (isAway(error)) unanswered += 1;
        else complaints.push(`a sender was told ${reasonOf(error).message}`);
      }
    }
  };
  const sending = Array.from({ length: PEERS }, (_, peer) => send(peer));
  return {
    target: "ingest",
    async heal() {
      stopping = true;
      await Promise.all(sending);
      ingest.close();
    },
    complaints: () => [...new Set(complaints)],
    isEvident: () => turns > unanswered,
  };
}

const isAway = (error: unknown) =>
  [Code.Unavailable, Code.DeadlineExceeded].includes(reasonOf(error).code);

type Ingest = ReturnType<typeof rpcClient<typeof IngestService>>;

/** One game of a sender who does everything wrong; returns what was not answered as it has to be. */
async function badTurn(
  { history, season }: Target,
  ingest: Ingest,
  gameId: string,
): Promise<string[]> {
  const complaints: string[] = [];
  const expect = (what: string, found: unknown, right: unknown) => {
    if (found !== right) complaints.push(`${what} was answered ${found}, not ${right}`);
  };
  const source = "bad";
  const game = { season, source, gameId };
  const lines = [1, 2, 3].map((points) => playerLine("p1", points));
  const [first = playerLine("p1", 1)] = lines;
  const upload = `${source}/${gameId}`;
  const note = { who: source, upload } as const;
  const failureOf = async (of: ReturnType<typeof openUpload>) => {
    try {
      for (;;) if ((await of.next()) === undefined) return "an end";
    } catch (error) {
      if (isAway(error)) throw error;
      const { code, reason } = reasonOf(error);
      return reason ?? Code[code];
    }
  };
  const opened = async (of: ReturnType<typeof openUpload>) => {
    const answer = await of.next();
    return answer?.case === "opened" ? answer.value : undefined;
  };

  const own = openUpload({ ingest }, game);
  const epoch = (await opened(own))?.epoch ?? 0;
  history.add({ ...note, op: "open", type: "ok", epoch, next: 1 });
  history.add({
    ...note,
    op: "lines",
    type: "invoke",
    game: gameId,
    from: 1,
    prints: lines.map(printOfLine),
  });
  own.send(1, ...lines);
  const ack = await own.next();
  const { through = 0n, position = "" } = ack?.case === "ack" ? ack.value : {};
  expect("an upload of three lines", through, 3n);
  history.add({ ...note, op: "lines", type: "ok", through: Number(through), position });
  for (let again = 0; again < 3; again += 1) own.send(1, ...lines);
  const repeated = await own.next();
  const results = repeated?.case === "ack" ? repeated.value.results : [];
  expect("what was sent again", results[0]?.outcome, 1);
  own.send(2, playerLine("p1", 50));
  expect("a number with other content", await failureOf(own), "NUMBER_REUSED");

  const beyond = openUpload({ ingest }, game);
  expect("the number that is expected", (await opened(beyond))?.nextNumber, 4n);
  beyond.send(10, first);
  expect("a number beyond the next", await failureOf(beyond), "NUMBER_GAP");

  const former = openUpload({ ingest }, game);
  await opened(former);
  const next = openUpload({ ingest }, game, { instance: "b", takeOver: true });
  expect("the epoch after a take-over", (await opened(next))?.epoch, epoch + 1);
  former.send(4, first);
  expect("a former owner", await failureOf(former), "UPLOAD_FENCED");
  next.send(1);
  expect("a batch without lines", await failureOf(next), "InvalidArgument");

  const large = openUpload({ ingest }, game, { instance: "b" });
  await opened(large);
  large.send(1, playerLine("p".repeat(2 * 1024 * 1024), 1));
  expect("a message of 2 MiB", await failureOf(large), "ResourceExhausted");
  const many = Array.from({ length: 101 }, (_, at) => playerLine(`p${at}`, 1));
  const tooMany = await ingest
    .recordLines({ ...game, lines: many })
    .then(() => "an ack")
    .catch((error) => {
      if (isAway(error)) throw error;
      return Code[reasonOf(error).code];
    });
  expect("101 lines in one call", tooMany, "InvalidArgument");
  return complaints;
}
