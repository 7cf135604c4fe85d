import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type NewLine, openUplink, type Uplink } from "#client";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { type RpcClient, reasonOf, rpcClient } from "#runtime/rpc";
import { printOfLine } from "../prints.ts";
import { saidBy, written } from "./calls.ts";
import { type Ground, oneOf, type ShippedGame } from "./ground.ts";

/** Lines of a game that an arena plays: some of all, so that many games begin and end in a run. */
const LINES_PER_GAME = { least: 150, most: 400 };
const SEND_EVERY_MS = 25;
/** The share of lines that take back what a player had, of games that another source takes over, … */
const CORRECTIONS = 0.03;
const TAKE_OVERS = 0.2;
/** … and of games to which official lines come. */
const OFFICIALS = 0.5;
/** How long what is in a spool may take to get out once nothing is added. */
const DRAINED_WITHIN_MS = 60_000;

const CALL_TIMEOUT_MS = 3_000;

/** Arenas that play one game after the other from spools of their own, with so many lines a second in all. */
export async function arenas(ground: Ground, count: number, linesPerSecond: number): Promise<void> {
  const ingest = rpcClient(IngestService, ground.mesh.target("ingest"), {
    timeoutMs: CALL_TIMEOUT_MS,
  });
  const play = async (at: number) => {
    // Not all at once.
    await delay(at * SEND_EVERY_MS);
    for (let game = 1; !ground.stopping.aborted; game += 1) {
      const gameId = `arena-${at}.${game}`;
      await playGame({ ground, ingest, at, gameId, linesPerSecond: linesPerSecond / count });
    }
  };
  await Promise.all(Array.from({ length: count }, (_, at) => play(at)));
  ingest.close();
}

type Playing = {
  readonly ground: Ground;
  readonly ingest: RpcClient<typeof IngestService>;
  readonly at: number;
  readonly gameId: string;
  readonly linesPerSecond: number;
};

async function playGame(playing: Playing): Promise<void> {
  const { ground, ingest, at, gameId } = playing;
  const { season, random, seen, stopping } = ground;
  const who = `arena-${at}`;
  const game = oneOf(random, ground.games);
  const lines = linesOf(game, random);
  const { least, most } = LINES_PER_GAME;
  const last = Math.min(lines.length, least + Math.floor(random() * (most - least)));
  const fact = (revision: number, facts: ShippedGame["live"]) =>
    written(ground, { who, op: "facts", game: gameId, revision }, () =>
      ingest.recordGame({
        ...{ source: who, season, revision: BigInt(revision), game: { ...facts, gameId } },
      }),
    );
  if (!(await fact(1, game.live))) return;
  seen.gameIds.push(gameId);

  const own = await begin(playing, who);
  const isTakenOver = random() < TAKE_OVERS;
  await send(playing, own, lines.slice(0, isTakenOver ? Math.floor(last / 2) : last));
  if (isTakenOver && !stopping.aborted) {
    // Another laptop, which has seen the game from its beginning.
    const other = await begin(playing, `${who}-b`);
    await send(playing, other, lines.slice(0, last));
    await other.end();
  }
  await own.end();
  if (stopping.aborted) return;
  await fact(2, game.final);
  if (random() < OFFICIALS) await official(playing, game);
}

function linesOf(game: ShippedGame, random: () => number): NewLine[] {
  return game.lines.flatMap((line, at) => {
    const earlier = game.lines[Math.floor(random() * at)];
    return random() < CORRECTIONS && earlier !== undefined ? [line, earlier] : [line];
  });
}

type Uploading = {
  readonly upload: string;
  readonly uplink: Uplink;
  stopped(): boolean;
  end(): Promise<void>;
};

async function begin({ ground, gameId }: Playing, source: string): Promise<Uploading> {
  const { mesh, history, season, seen } = ground;
  const upload = `${source}/${gameId}`;
  let stopped = false;
  const uplink = await openUplink({
    ...{ target: mesh.target("ingest"), season, gameId, source, instance: "a" },
    ...{ folder: join(ground.folder, upload), takeOver: source.endsWith("-b") },
    ...{ sync: "interval", answerWithinMs: 4_000, backoff: { firstMs: 50, mostMs: 1_000 } },
  });
  const note = { who: source, upload };
  const off = [
    uplink.on("connected", ({ epoch, nextNumber }) =>
      history.add({ ...note, op: "open", type: "ok", epoch, next: nextNumber }),
    ),
    uplink.on("acked", ({ through, position }) => {
      history.add({ ...note, op: "lines", type: "ok", through, position });
      seen.position = position;
    }),
    uplink.on("disconnected", ({ failure }) =>
      history.add({ ...note, op: "broke", type: "info", ...saidBy(failure) }),
    ),
    uplink.on("hole", ({ firstNumber, lastNumber }) =>
      history.add({ ...note, op: "hole", type: "info", from: firstNumber, to: lastNumber }),
    ),
    uplink.on("stopped", ({ failure }) => {
      stopped = true;
      const { reason = "", message } = reasonOf(failure);
      const through = uplink.acknowledgedThrough();
      history.add({ ...note, op: "lines", type: "fail", through, reason: reason || message });
    }),
  ];
  return {
    ...{ upload, uplink },
    stopped: () => stopped,
    async end() {
      const left = await uplink.close({ withinMs: DRAINED_WITHIN_MS });
      for (const one of off) one();
      if (left === 0 || stopped) return;
      const through = uplink.acknowledgedThrough();
      history.add({ ...note, op: "lines", type: "info", through });
    },
  };
}

/** Sends lines at the pace of the arena. */
async function send(
  { ground, gameId, linesPerSecond }: Playing,
  { upload, uplink, stopped }: Uploading,
  lines: readonly NewLine[],
): Promise<void> {
  const { history, stopping } = ground;
  const begun = performance.now();
  const who = upload.split("/")[0] ?? "";
  for (let sent = 0; sent < lines.length && !stopped() && !stopping.aborted; ) {
    const due = Math.ceil(((performance.now() - begun) * linesPerSecond) / 1_000);
    const part = lines.slice(sent, due);
    if (part.length > 0) {
      const prints = part.map(printOfLine);
      const from = uplink.nextNumber();
      history.add({ who, upload, op: "lines", type: "invoke", game: gameId, from, prints });
      // What an uplink that has stopped refuses was never sent, and its lines are named by why it stopped.
      await Promise.all(part.map((line) => uplink.send(line))).catch(() => {});
      sent += part.length;
    }
    await delay(SEND_EVERY_MS);
  }
}

async function official({ ground, ingest, gameId }: Playing, game: ShippedGame): Promise<void> {
  const who = "league";
  const players = game.lines.flatMap(({ of }) => (of?.case === "player" ? [of.value] : []));
  const { playerId, teamId } = oneOf(ground.random, players);
  const points = Math.floor(ground.random() * 50);
  const line = { playerId, teamId, totals: { points, fieldGoalsMade: Math.floor(points / 3) } };
  const print = `${playerId} ${points}`;
  await written(ground, { who, op: "official", game: gameId, revision: 1, prints: [print] }, () =>
    ingest.recordOfficialLines({
      ...{ source: who, season: ground.season, gameId, lines: [line], revision: 1n },
    }),
  );
}
