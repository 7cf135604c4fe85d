import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import { LineOutcome } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { archiveReadsIn } from "#stores/archive";
import { startMesh, type TestMesh } from "./mesh.fixture.ts";
import {
  type Game,
  game,
  type OpenAs,
  openUpload,
  playerLine,
  teamLine,
} from "./uploads.fixture.ts";

let mesh: TestMesh;

beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.stop());

const upload = (of: Game, open: OpenAs = {}) => openUpload(mesh, of, open);

/** A line whose points are not what was made. */
const contradictory = (playerId: string) => ({
  of: {
    case: "player" as const,
    value: {
      ...playerLine(playerId, 0).of.value,
      totals: { points: 9, fieldGoalsMade: 4, threePointersMade: 0, freeThrowsMade: 0 },
    },
  },
});

async function failureOf(call: Promise<unknown>) {
  return reasonOf(
    await call.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

async function pointsOf({ season, gameId }: Game, readAfter: string) {
  const { teams } = await mesh.stats.getBoxScore({ season, gameId, readAfter });
  return new Map(
    teams.flatMap(({ players }) => players.map((row) => [row.playerId, row.totals?.points])),
  );
}

/** Sends lines, finishes, and returns the results and the last position. */
async function sendAll(of: Game, open: OpenAs, ...lines: Parameters<Sent["send"]>[1][]) {
  const sent = upload(of, open);
  await sent.next();
  sent.send(1, ...lines);
  const ack = await sent.next();
  if (ack?.case !== "ack") throw new Error(`${ack?.case} in place of an ack`);
  sent.finish(lines.length);
  await sent.next();
  return ack.value;
}
type Sent = ReturnType<typeof upload>;

describe("a line that breaks a rule", () => {
  it("P7: is named with its fields, takes its number, and keeps no other from being taken", async () => {
    const of = game();

    const { through, results, position } = await sendAll(
      of,
      {},
      ...[playerLine("p1", 2), playerLine("", 2), contradictory("p2"), playerLine("p3", 4)],
    );

    expect(through).toBe(4n);
    expect(results).toMatchObject([
      { number: 2n, outcome: LineOutcome.INVALID, violations: [{ field: "player.player_id" }] },
      {
        number: 3n,
        outcome: LineOutcome.QUARANTINED,
        violations: [{ field: "player.totals.points", description: expect.stringMatching(/8/) }],
      },
    ]);
    expect(await pointsOf(of, position)).toEqual(
      new Map([
        ["p1", 2],
        ["p3", 4],
      ]),
    );
  });

  it("P7: is listed, and a line of nobody too", async () => {
    const of = game();
    const { season, gameId } = of;
    const nobody = { of: { case: undefined } };
    await sendAll(of, {}, contradictory("p1"), nobody, playerLine("p2", 2), contradictory("p3"));

    const list = (more: object = {}) => mesh.ingest.listQuarantined({ season, ...more });
    await expect.poll(async () => (await list()).lines.length).toBe(3);
    const { lines } = await list();
    expect(lines).toMatchObject([
      { gameId, epoch: 1, number: 4n, outcome: LineOutcome.QUARANTINED, released: false },
      { number: 2n, outcome: LineOutcome.INVALID, violations: [{ field: "of" }] },
      { number: 1n, source: "arena", line: { of: { value: { playerId: "p1" } } } },
    ]);
    const first = await list({ pageSize: 2 });
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.lines, ...second.lines]).toEqual(lines);
    expect(second.nextPageToken).toBe("");
    expect((await list({ gameId: "other" })).lines).toEqual([]);
  });

  it("P3: counts once it is released, at the place that its number gives it, once", async () => {
    const of = game();
    const { season, gameId } = of;
    const held = [
      contradictory("p1"),
      contradictory("p2"),
      playerLine("p1", 30),
      playerLine("", 1),
    ];
    const { position } = await sendAll(of, {}, ...held);
    expect([...(await pointsOf(of, position))]).toEqual([["p1", 30]]);

    const release = (number: bigint) =>
      mesh.ingest.releaseQuarantined({ source: "crew", season, gameId, epoch: 1, number });
    await expect
      .poll(async () => (await mesh.ingest.listQuarantined({ season })).lines.length)
      .toBe(3);
    expect(await release(1n)).toMatchObject({ taken: true });
    const second = await release(2n);
    expect(await release(2n)).toMatchObject({ taken: false });

    // The newer line of p1 stays.
    expect(new Map(await pointsOf(of, second.position))).toEqual(
      new Map([
        ["p1", 30],
        ["p2", 9],
      ]),
    );
    const asOf = { position: second.position };
    const past = await mesh.stats.getBoxScore({ season, gameId, asOf });
    const now = await mesh.stats.getBoxScore({ season, gameId });
    expect(past.teams).toEqual(now.teams);
    const before = await mesh.stats.getBoxScore({ season, gameId, asOf: { position } });
    expect(before.teams[0]?.players.map(({ playerId }) => playerId)).toEqual(["p1"]);

    await expect
      .poll(async () => (await mesh.ingest.listQuarantined({ season })).lines)
      .toMatchObject([{ number: 4n }]);
    const all = await mesh.ingest.listQuarantined({ season, withReleased: true });
    expect(all.lines.map(({ released }) => released)).toEqual([false, true, true]);
    expect(await failureOf(release(4n))).toMatchObject({ reason: "LINE_INVALID" });
    expect(await failureOf(release(3n))).toMatchObject({ reason: "LINE_UNKNOWN" });
    expect(await differencesIn(season)).toBe(0n);
  });

  it("P5: makes no game of its own, and none when the slot is made again", async () => {
    const of = game();
    const { season } = of;
    await sendAll({ ...of, gameId: "held" }, {}, contradictory("p1"));
    const { position } = await sendAll(of, {}, contradictory("p1"), playerLine("p2", 2));
    const games = async () => {
      const { games } = await mesh.stats.listGames({ season, readAfter: position });
      return games.map(({ game }) => game?.gameId);
    };
    expect(await games()).toEqual(["g1"]);

    await mesh.projector.rebuildSeason({ season });

    expect(await games()).toEqual(["g1"]);
    expect(await differencesIn(season)).toBe(0n);
  });

  it("P7: of a unary call is refused with its field, and nothing is taken", async () => {
    const of = game();

    const failed = await failureOf(
      mesh.ingest.recordLines({ ...of, lines: [playerLine("p1", 1), contradictory("p2")] }),
    );

    expect(failed.code).toBe(Code.InvalidArgument);
    expect(failed.fieldViolations.map(({ field }) => field)).toEqual([
      "lines[1].player.totals.points",
    ]);
    expect(await failureOf(mesh.stats.getBoxScore(of))).toMatchObject({ reason: "GAME_UNKNOWN" });
  });
});

describe("a game that is over", () => {
  it("P7: is flagged where its scoreboard says another score than its players have, and counts all the same", async () => {
    const of = game();
    const { season, gameId, source } = of;
    await sendAll(of, {}, playerLine("p1", 30), playerLine("p2", 28, { teamId: "t2" }));
    const facts = { gameId, homeTeamId: "t1", awayTeamId: "t2", homeScore: 30, awayScore: 29 };
    const told = async (status: GameStatus) => {
      const { position } = await mesh.ingest.recordGame({
        ...{ season, source },
        game: { ...facts, status },
      });
      const { teams } = await mesh.stats.getBoxScore({ season, gameId, readAfter: position });
      return teams.map(({ team, totals, flags }) => [team?.teamId, totals?.points, flags]);
    };

    expect(await told(GameStatus.LIVE)).toEqual([
      ["t2", 28, []],
      ["t1", 30, []],
    ]);
    expect(await told(GameStatus.FINAL)).toEqual([
      ["t2", 28, ["the points of the players are 28, the scoreboard says 29"]],
      ["t1", 30, []],
    ]);
    const slot = `${season.league}:2023-24:regular`;
    await expect
      .poll(async () => (await archiveReadsIn(mesh.pool).game(slot, gameId)).value?.facts)
      .toMatchObject({ homeScore: 30, awayScore: 29, status: "final" });
    expect(await differencesIn(season)).toBe(0n);
  });
});

describe("a number that comes again", () => {
  it("P2: with the same content is a duplicate, with another one is refused with both digests", async () => {
    const of = game();
    await sendAll(of, {}, playerLine("p1", 2), teamLine("t1", 1), contradictory("p2"));

    const again = upload(of);
    await again.next();
    again.send(1, playerLine("p1", 2), teamLine("t1", 1), contradictory("p2"));
    expect(await again.next()).toMatchObject({
      case: "ack",
      value: { through: 3n, results: [1n, 2n, 3n].map((number) => ({ number, outcome: 1 })) },
    });
    again.send(2, teamLine("t1", 7), playerLine("p9", 4));
    const failed = await failureOf(again.next());

    const { sent, known, number } = failed.metadata ?? {};
    expect(failed).toMatchObject({ code: Code.FailedPrecondition, reason: "NUMBER_REUSED" });
    expect(number).toBe("2");
    expect(sent).toMatch(/^[0-9a-f]{64}$/);
    expect(known).toMatch(/^[0-9a-f]{64}$/);
    expect(sent).not.toBe(known);
    const next = await upload(of).next();
    expect(next).toMatchObject({ case: "opened", value: { nextNumber: 4n } });
  });

  it("P2: is compared with what the same stream has sent behind what it sent again", async () => {
    const of = game();
    await sendAll(of, {}, playerLine("p1", 2));
    const again = upload(of);
    await again.next();
    again.send(1, playerLine("p1", 2), playerLine("p1", 3));
    expect(await again.next()).toMatchObject({ case: "ack", value: { through: 2n } });
    again.send(2, playerLine("p1", 4));

    expect(await failureOf(again.next())).toMatchObject({ reason: "NUMBER_REUSED" });
  });

  it("P2: is compared also before the archive has it", async () => {
    const of = game();
    await mesh.pause();
    await sendAll(of, {}, playerLine("p1", 2));
    const again = upload(of);
    await again.next();
    again.send(1, playerLine("p1", 3));

    const failed = await failureOf(again.next());
    await mesh.resume();
    expect(failed).toMatchObject({ reason: "NUMBER_REUSED" });
  });
});

describe("acks", () => {
  it("P7: tell of all batches that share a commit at once, and of each what does not simply count", async () => {
    const of = game();
    const sent = upload(of);
    await sent.next();
    const batches = 16;
    for (let number = 1; number <= batches; number += 1) {
      sent.send(number, number % 4 === 0 ? contradictory(`p${number}`) : playerLine("p1", number));
    }

    const told: bigint[] = [];
    const throughs: bigint[] = [];
    while ((throughs.at(-1) ?? 0n) < batches) {
      const ack = await sent.next();
      if (ack?.case !== "ack") throw new Error(`${ack?.case} in place of an ack`);
      throughs.push(ack.value.through);
      told.push(...ack.value.results.map(({ number }) => number));
    }

    expect(told).toEqual([4n, 8n, 12n, 16n]);
    expect(throughs).toEqual(throughs.toSorted((a, b) => Number(a - b)));
    // The first one commits alone; what comes meanwhile waits for it, and then shares the next commit.
    expect(throughs.length).toBeLessThan(batches);
    sent.cut();
  });
});

describe("an open upload", () => {
  it("is told its credit, and how far what it sent is folded", async () => {
    const sent = upload(game());
    expect(await sent.next()).toMatchObject({
      case: "opened",
      value: { creditLines: 8_000, creditBytes: 4_194_304n, clockCorrected: false },
    });

    sent.send(1, playerLine("p1", 2), playerLine("p2", 2));

    for (;;) {
      const answer = await sent.nextOfAny();
      if (answer?.case !== "ack") throw new Error(`${answer?.case} in place of an ack`);
      expect(answer.value.through).toBe(2n);
      if (answer.value.appliedThrough === 2n) break;
    }
  });

  it("P8: of a clock that is 7 minutes fast is taken, told so, and put right where times are compared", async () => {
    const of = game();
    const { season, gameId } = of;
    const played = Date.now() - 60_000;
    const fast = 7 * 60_000;
    const line = playerLine("p1", 2);
    line.of.value.happenedTime = timestampFromMs(played + fast);
    const sent = upload(of, { sentTime: timestampFromMs(Date.now() + fast) });
    const opened = await sent.next();
    sent.send(1, line);
    const ack = await sent.next();
    if (opened?.case !== "opened" || ack?.case !== "ack") throw new Error("not taken");

    expect(opened.value.clockCorrected).toBe(true);
    expect(Number(opened.value.clockOffsetMs)).toBeLessThan(-fast + 30_000);
    const { position } = ack.value;
    const asOf = (ms: number) =>
      mesh.stats.getBoxScore({
        ...{ season, gameId, readAfter: position },
        asOf: { happenedTime: timestampFromMs(ms) },
      });
    expect((await asOf(played + 30_000)).teams).toHaveLength(1);
    expect(await failureOf(asOf(played - 30_000))).toMatchObject({ reason: "GAME_UNKNOWN" });
  });

  it("P7: is fenced at once when the game is taken over, though it sends nothing", async () => {
    const of = game();
    const former = upload(of);
    await former.next();
    const fenced = failureOf(former.next());

    const heir = upload(of, {
      instance: "b",
      takeOver: true,
      hole: { firstNumber: 3n, lastNumber: 9n },
    });
    expect(await heir.next()).toMatchObject({ case: "opened", value: { epoch: 2 } });

    expect(await fenced).toMatchObject({ reason: "UPLOAD_FENCED", metadata: { epoch: "2" } });
  });

  it("P2: of two senders for one game under random delays one counts, and the other is fenced", async () => {
    const of = game();
    const begun = Promise.withResolvers<void>();
    const senders = ["a", "b"].map(async (instance) => {
      if (instance === "b") await begun.promise;
      const sent = upload(of, { instance, takeOver: true });
      const opened = await sent.next();
      if (opened?.case !== "opened") throw new Error("not opened");
      const failed = (async () => {
        for (let number = 1; number <= 40; number += 1) {
          sent.send(number, playerLine(`p${instance}`, number));
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
          await sent.next();
          if (number === 5) begun.resolve();
          // The former owner is in the middle, wherever that is when the other one takes over.
          if (number === 35 && instance === "a") await sent.next();
        }
        sent.finish(40);
        await sent.next();
      })();
      return await failureOf(failed);
    });
    const [first, second] = await Promise.all(senders);

    expect(first).toMatchObject({ reason: "UPLOAD_FENCED" });
    expect(second).toEqual(reasonOf(undefined));
    const { position } = await mesh.ingest.recordGame({ ...of, game: { gameId: of.gameId } });
    expect((await pointsOf(of, position)).get("pb")).toBe(40);
  });

  it("is told by a drain when to come back, each another time", async () => {
    const open = await Promise.all(
      [...Array(20).keys()].map(async (at) => {
        const sent = upload(game(`g${at}`));
        await sent.next();
        return sent;
      }),
    );

    mesh.uploads.drain();

    const told = await Promise.all(open.map((sent) => sent.next()));
    const times = told.map((answer) => {
      if (answer?.case !== "draining") throw new Error(`${answer?.case}`);
      const { seconds = 0n, nanos = 0 } = answer.value.returnAfter ?? {};
      return Number(seconds) * 1_000 + nanos / 1e6;
    });
    // 200 a second: 20 take 95 ms or more, and no 5 ms have more than two of them.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(85);
    const places = Map.groupBy(times, (ms) => Math.floor(ms / 5));
    expect(Math.max(...[...places.values()].map((some) => some.length))).toBeLessThanOrEqual(2);
    // It goes on to take what is on the way.
    open[0]?.send(1, playerLine("p1", 2));
    expect(await open[0]?.next()).toMatchObject({ case: "ack", value: { through: 1n } });
    for (const sent of open) sent.cut();
  });
});

async function differencesIn(season: Game["season"]): Promise<bigint> {
  for await (const { message } of mesh.projector.verifySeason({ season })) {
    if (message.case === "difference") throw new Error(JSON.stringify(message.value));
    if (message.case === "verified") return message.value.differences;
  }
  throw new Error("no summary");
}
