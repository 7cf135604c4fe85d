import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { create, toJson } from "@bufbuild/protobuf";
import {
  type ClientDuplexStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PlayedLine, playedGame } from "#domain/plays";
import { UploadedLineSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { uploadedLine } from "../../cli/replay/uploaded-line.ts";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import { realGames } from "./real-games.fixture.ts";
import { startRelay } from "./relay.fixture.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = process.env.COURTSIDE_TEST_PYTHON;
const BATCH_LINES = 40;

/** A game as anybody would hold it: an upload in the JSON of protobuf. */
type Game = { readonly gameId: string; readonly played: readonly PlayedLine[]; lines: object[] };

let mesh: TestMesh;
let relay: Awaited<ReturnType<typeof startRelay>>;
let folder: string;
let games: Game[];
beforeAll(async () => {
  mesh = await startMesh();
  relay = await startRelay(mesh.address);
  folder = mkdtempSync(join(tmpdir(), "courtside-foreign-"));
  games = (await realGames(4)).map(({ gameId, plays, tipOff, isOver }) => {
    const played = playedGame(plays, tipOff, isOver).lines;
    const lines = played.map((line) => {
      return toJson(UploadedLineSchema, create(UploadedLineSchema, uploadedLine(line))) as object;
    });
    return { gameId, played, lines };
  });
});
afterAll(async () => {
  await relay.stop();
  relay.removeFolder();
  await mesh.stop();
  rmSync(folder, { recursive: true });
});

/** Expects the box score of a game to be that of its last lines, once they are there. */
async function expectBoxOf({ gameId, played }: Game) {
  const expected = new Map<string, unknown>();
  for (const line of played) {
    if (line.kind === "player") expected.set(line.playerId, { ...line.totals });
  }
  const readBox = async () => {
    const { teams } = await mesh.stats.getBoxScore({ gameId });
    const rows = teams.flatMap(({ players }) => players);
    return new Map(
      rows.map(({ playerId, totals }) => {
        const { $typeName: _, ...counts } = totals!;
        return [playerId, counts];
      }),
    );
  };

  await expect.poll(() => readBox().catch(() => {}), { timeout: 10_000 }).toEqual(expected);
  expect(expected.size).toBeGreaterThan(15);
}

const openingOf = ({ gameId }: Game) => ({ source: "foreign", instance: "machine-7", gameId });

type Answer = {
  opened?: { nextNumber: string; creditLines: number };
  ack?: { through: string };
  finished?: object;
};

/** A client of grpc-js that has the .proto and nothing of ours; one connection of an upload. */
async function uploadByProto(target: string, game: Game, cutAfter = Number.POSITIVE_INFINITY) {
  const definition = loadSync("courtside/ingest/v1/ingest_service.proto", {
    includeDirs: [`${ROOT}proto`, `${ROOT}third_party`],
    longs: String,
  });
  const Ingest = ["courtside", "ingest", "v1", "IngestService"].reduce(
    (found, name) => found[name] as GrpcObject,
    loadPackageDefinition(definition),
  ) as unknown as ServiceClientConstructor;
  const client = new Ingest(target, credentials.createInsecure());
  const stream: ClientDuplexStream<object, Answer> = client.UploadLines?.();
  const { lines } = game;
  let begun = 0;
  let next = 0;
  let through = 0;
  let credit = 0;
  const sendOn = () => {
    while (next <= lines.length && next + BATCH_LINES - 1 - through <= credit) {
      const batch = lines.slice(next - 1, next - 1 + BATCH_LINES).map(asLoaded);
      stream.write({ batch: { firstNumber: next, lines: batch } });
      next += batch.length;
    }
  };
  try {
    stream.write({ open: openingOf(game) });
    for await (const { opened, ack, finished } of stream as AsyncIterable<Answer>) {
      if (opened !== undefined && opened !== null) {
        begun = Number(opened.nextNumber);
        next = begun;
        through = begun - 1;
        credit = opened.creditLines;
      }
      if (ack) through = Number(ack.through);
      if (finished) return { begun, finished: true };
      if (through >= cutAfter) break;
      sendOn();
      if (through === lines.length) stream.end({ finish: { lastNumber: lines.length } });
    }
    return { begun, finished: false };
  } finally {
    stream.on("error", () => {});
    stream.cancel();
    client.close();
  }
}

// What the JSON of protobuf writes as a text, and proto-loader takes as a message.
function asLoaded(line: object): object {
  const { player, team } = line as { player?: Timed; team?: Timed };
  const of = player ?? team;
  const ms = Date.parse(of?.happenedTime ?? "");
  const happenedTime = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
  return player ? { player: { ...player, happenedTime } } : { team: { ...team, happenedTime } };
}
type Timed = { happenedTime: string };

describe("a client made of the .proto files alone", () => {
  it.each([
    ["ingest", () => mesh.address, 0],
    ["a relay", () => relay.address, 1],
  ] as const)("uploads a game to %s, cut off once in its middle", async (_, target, at) => {
    const game = games[at]!;
    const cut = await uploadByProto(target(), game, game.lines.length / 2);
    const ended = await uploadByProto(target(), game);

    expect(cut).toEqual({ begun: 1, finished: false });
    expect(ended.begun).toBeGreaterThan(game.lines.length / 2);
    expect(ended.finished).toBe(true);
    await expectBoxOf(game);
  });
});

describe("a client in Python", () => {
  it.skipIf(!PYTHON).each([
    ["ingest", () => mesh.address, 2],
    ["a relay", () => relay.address, 3],
  ] as const)(
    "uploads a game to %s, cut off once in its middle",
    {
      timeout: 120_000,
    },
    async (name, target, at) => {
      const game = games[at]!;
      const file = join(folder, `${at}.json`);
      writeFileSync(file, JSON.stringify({ open: openingOf(game), lines: game.lines }));
      const script = join(ROOT, "test/integration/foreign_upload.py");
      const child = spawn(PYTHON ?? "", [script, ROOT, target(), file], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const ended = JSON.parse(await text(child.stdout));

      expect(ended.begun[0]).toBe(1);
      expect(ended.begun[1]).toBeGreaterThan(game.lines.length / 2);
      expect(ended.position === "").toBe(name === "a relay");
      await expectBoxOf(game);
    },
  );
});
