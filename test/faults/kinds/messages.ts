import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import type { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import {
  IngestService,
  RecordGameRequestSchema,
  RecordLinesRequestSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { framed, rawCall } from "../../../runtime/rpc/raw.fixture.ts";
import { playerLine } from "../../integration/uploads.fixture.ts";
import type { Fault, Harm, Target } from "../fault.ts";
import { USUAL } from "./usual.ts";

/** Codes of gRPC. */
const [OK, UNKNOWN, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE] = [
  ...[0, 2, 3, 8, 13, 14],
] as const;

/** Faults of what is sent: no two programs speak the same version, and some speak nonsense. */
export const OF_MESSAGES: readonly Fault[] = [
  {
    ...USUAL,
    name: "garbled-messages",
    what: "messages of noise, cut short, with bits flipped, of unknown compression, and of older and newer clients",
    lastsS: 4,
    byClient: true,
    inject: async (on) => garbled(on),
  },
];

/** A message, and whether a status is the right one to answer it with. */
type Sent = {
  readonly what: string;
  readonly method: string;
  readonly frame: Buffer;
  readonly headers?: Record<string, string>;
  readonly isRight: (status: number) => boolean;
};

/** Senders who say what nobody can understand, and some who say more or less than is known here. */
function garbled({ mesh, random }: Target): Harm {
  const complaints = new Set<string>();
  let answers = 0;
  let healing = false;
  const sending = Promise.all(
    mesh.addresses("ingest").map(async (address) => {
      const session = connect(`http://${address}`);
      session.on("error", () => {});
      const isOver = () => session.closed || session.destroyed;
      while (!healing && !isOver()) {
        for (const { what, method, frame, headers, isRight } of messages(random)) {
          if (isOver()) break;
          const { stream, trailers } = rawCall(
            session,
            `/${IngestService.typeName}/${method}`,
            headers,
          );
          stream.end(frame);
          const said = await trailers;
          // The connection broke, as another fault may have it.
          if (said["grpc-status"] === undefined) continue;
          answers += 1;
          const status = Number(said["grpc-status"]);
          if (isRight(status) || status === UNAVAILABLE) continue;
          complaints.add(`${what} was answered ${status} ${said["grpc-message"] ?? ""}`);
        }
      }
      session.destroy();
    }),
  );
  return {
    target: "ingest",
    async heal() {
      healing = true;
      await sending;
    },
    complaints: () => [...complaints],
    isEvident: () => answers > 20,
  };
}

function messages(random: () => number): Sent[] {
  const game = {
    source: "garbler",
    season: { league: "garbled", season: "2023-24" },
    gameId: "g1",
  };
  const revision = BigInt(Math.floor(random() * 1e9) + 1);
  const lines = [1, 2, 3].map((at) => playerLine(`p${at}`, Math.floor(random() * 40)));
  const good = toBinary(
    RecordLinesRequestSchema,
    create(RecordLinesRequestSchema, { ...game, lines, revision }),
  );
  const older = create(RecordLinesRequestSchema, { ...game, lines: [playerLine("", 3)], revision });
  const newer = create(RecordGameRequestSchema, {
    ...{ source: game.source, season: game.season, revision },
    game: { gameId: "g1", status: 99 as GameStatus },
  });
  const noise = Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)));
  const method = "RecordLines";
  const is = (right: number) => (status: number) => status === right;
  // What is not understood is the caller's fault, and never this side's.
  const isRefused = (status: number) => ![OK, UNKNOWN, INTERNAL].some(is(status));
  return [
    { what: "a line", method, frame: framed(good), isRight: is(OK) },
    {
      what: "a field that nobody knows yet",
      ...{ method, frame: framed(Buffer.concat([good, UNKNOWN_FIELD])), isRight: is(OK) },
    },
    {
      what: "a line without a player",
      method,
      frame: framed(toBinary(RecordLinesRequestSchema, older)),
      isRight: is(INVALID_ARGUMENT),
    },
    {
      what: "a status that nobody knows yet",
      method: "RecordGame",
      frame: framed(toBinary(RecordGameRequestSchema, newer)),
      isRight: is(INVALID_ARGUMENT),
    },
    { what: "noise", method, frame: framed(noise), isRight: isRefused },
    {
      what: "half a message",
      ...{ method, frame: framed(good.subarray(0, good.length / 2)), isRight: isRefused },
    },
    {
      what: "half a frame",
      ...{ method, frame: framed(good).subarray(0, good.length / 2), isRight: isRefused },
    },
    {
      what: "a frame of 4 GB",
      ...{ method, frame: Buffer.from([0, 255, 255, 255, 255, 1, 2, 3]) },
      isRight: is(RESOURCE_EXHAUSTED),
    },
    {
      what: "noise that says it is compressed",
      ...{ method, frame: framed(noise, true), headers: { "grpc-encoding": "gzip" } },
      isRight: isRefused,
    },
    {
      what: "a message with a bit flipped",
      ...{ method, frame: framed(flipped(good, random)) },
      // It may well be another line.
      isRight: (status) => status === OK || isRefused(status),
    },
  ];
}

/** Field 1,000,000, a text. */
const UNKNOWN_FIELD = Buffer.from([0x82, 0xa4, 0xe8, 0x03, 3, 110, 101, 119]);

function flipped(message: Uint8Array, random: () => number): Buffer {
  const copy = Buffer.from(message);
  const at = Math.floor(random() * copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return copy;
}
