import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, it } from "vitest";
import { reasonOf } from "#runtime/rpc";
import { type NewLine, type Upload, uploadGame } from "./index.ts";
import {
  type Fault,
  type Point,
  type ScriptedIngest,
  scriptedIngest,
} from "./scripted-ingest.fixture.ts";
import { seeded } from "./seeded.fixture.ts";

const QUICK = { firstMs: 1, mostMs: 4, giveUpAfterMs: 5_000 };

let ingest: ScriptedIngest | undefined;
afterEach(async () => {
  await ingest?.kill();
  ingest = undefined;
});

async function serving(script: Parameters<typeof scriptedIngest>[0] = {}): Promise<ScriptedIngest> {
  ingest = await scriptedIngest(script);
  return ingest;
}

function linesOf(count: number): NewLine[] {
  return Array.from({ length: count }, (_, at) => ({
    of: {
      case: "player" as const,
      value: {
        playerId: String(at % 20),
        teamId: "1",
        happenedTime: { seconds: BigInt(at), nanos: 0 },
        totals: { points: at },
      },
    },
  }));
}

function uploadTo(target: string, more: Partial<Upload> = {}): Upload {
  const lines = linesOf(200);
  const names = { source: "test", instance: "one", gameId: "0022300061" };
  return { target, ...names, lines, batchLines: 10, backoff: QUICK, ...more };
}

/** The points of the lines in the order in which they became durable: 0, 1, 2 … if all is well. */
function pointsTaken({ taken }: ScriptedIngest): (number | undefined)[] {
  return taken.map(({ of }) => (of.case === "player" ? of.value.totals?.points : undefined));
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

describe("uploadGame", () => {
  it("uploads every line once and in order, and says what became of them", async () => {
    const service = await serving({ superseded: (number) => number % 50 === 0 });
    const result = await uploadGame(uploadTo(service.address));

    expect(pointsTaken(service)).toEqual(upTo(200));
    expect(result).toEqual({
      sent: 200,
      duplicates: 0,
      superseded: 4,
      heldBack: 0,
      durable: 200,
      reconnects: 0,
      epoch: 1,
      position: "at-200",
    });
  });

  it("ends well when there is no line at all", async () => {
    const service = await serving();
    const result = await uploadGame(uploadTo(service.address, { lines: [] }));

    expect(result).toMatchObject({ sent: 0, duplicates: 0, epoch: 1 });
  });

  // P1 and P2, seen from the sender: whatever was cut and wherever, also between commit and ack.
  it.each(upTo(12))(
    "P2: sends each line until it counts once, cut at random (seed %i)",
    async (seed) => {
      const random = seeded(seed);
      const faults: Fault[] = ["unavailable", "end", "unavailable", "end", "internal"];
      const fault = () => (random() < 0.2 ? faults[Math.floor(random() * faults.length)]! : "none");
      const service = await serving({ fault });
      const result = await uploadGame(uploadTo(service.address));

      expect(pointsTaken(service)).toEqual(upTo(200));
      expect(result).toMatchObject({ sent: 200, duplicates: 0, epoch: 1 });
    },
  );

  it("goes on when the service is killed and comes back", async () => {
    const service = await serving();
    let killed = false;
    const paceUntil = (_: NewLine, number: number) => {
      if (number !== 101 || killed) return undefined;
      killed = true;
      return service.kill().then(() => service.restart());
    };
    const result = await uploadGame(uploadTo(service.address, { paceUntil }));

    expect(pointsTaken(service)).toEqual(upTo(200));
    expect(result.reconnects).toBeGreaterThan(0);
  });

  it("counts lines below the number expected as duplicates, and does not send them", async () => {
    const service = await serving();
    await uploadGame(uploadTo(service.address, { lines: linesOf(150) }));
    const second = await uploadGame(uploadTo(service.address));
    const third = await uploadGame(uploadTo(service.address));

    expect(second).toMatchObject({ sent: 50, duplicates: 150 });
    expect(third).toMatchObject({ sent: 0, duplicates: 200, position: "at-200" });
    expect(pointsTaken(service)).toEqual(upTo(200));
  });

  it("counts all lines as duplicates when more were taken than it has", async () => {
    const service = await serving();
    await uploadGame(uploadTo(service.address));
    const shorter = await uploadGame(uploadTo(service.address, { lines: linesOf(100) }));

    expect(shorter).toMatchObject({ sent: 0, duplicates: 100 });
  });

  it("takes the game over once, also when the connection breaks after that", async () => {
    let faults = 0;
    const fault = (point: Point): Fault =>
      point === "after-commit" && faults++ % 5 === 4 ? "end" : "none";
    const service = await serving({ fault });
    await uploadGame(uploadTo(service.address, { instance: "other" }));
    const result = await uploadGame(uploadTo(service.address, { takeOver: true }));

    expect(result.epoch).toBe(2);
    expect(result.reconnects).toBeGreaterThan(0);
    expect(pointsTaken(service)).toEqual([...upTo(200), ...upTo(200)]);
    expect(service.opened.filter(({ takeOver }) => takeOver)).toHaveLength(1);
  });

  it("has no more lines on the way than the window", async () => {
    const service = await serving();
    const seen: number[] = [];
    const upload = uploadTo(service.address, {
      lines: linesOf(500),
      windowLines: 30,
      onProgress: ({ sent, durable }) => seen.push(sent - durable),
    });
    await uploadGame(upload);

    expect(Math.max(...seen)).toBeLessThanOrEqual(30);
    expect(Math.max(...seen)).toBeGreaterThan(0);
  });

  it("asks the pace before each line, and sends first what came before", async () => {
    const service = await serving();
    const takenAt: number[] = [];
    const paceUntil = (_: NewLine, number: number) => {
      if (number % 7 !== 0) return undefined;
      return untilTrue(() => service.taken.length === number - 1).then(() => {
        takenAt.push(number);
      });
    };
    await uploadGame(uploadTo(service.address, { lines: linesOf(30), paceUntil }));

    expect(takenAt).toEqual([7, 14, 21, 28]);
    expect(pointsTaken(service)).toEqual(upTo(30));
  });

  it("opens anew when an answer that is due does not come", async () => {
    let hung = false;
    const fault = (point: Point): Fault => {
      if (point !== "before-commit" || hung) return "none";
      hung = true;
      return "hang";
    };
    const service = await serving({ fault });
    const result = await uploadGame(uploadTo(service.address, { answerWithinMs: 300 }));

    expect(result.reconnects).toBe(1);
    expect(pointsTaken(service)).toEqual(upTo(200));
  });

  it("gives up at once when another instance owns the game", async () => {
    const service = await serving();
    service.takeOver("other");
    const failed = await uploadGame(uploadTo(service.address)).catch(reasonOf);

    expect(failed).toMatchObject({ reason: "NOT_OWNER" });
    expect(service.opened).toHaveLength(1);
  });

  it("gives up when it is fenced in the middle", async () => {
    const service = await serving();
    const paceUntil = (_: NewLine, number: number) => {
      if (number === 101) service.takeOver("other");
      return undefined;
    };
    const failed = await uploadGame(uploadTo(service.address, { paceUntil })).catch(reasonOf);

    expect(failed).toMatchObject({ reason: "UPLOAD_FENCED" });
  });

  it("gives up when another run of the same instance has taken over while it was away", async () => {
    let cut = false;
    const fault = (point: Point): Fault => {
      if (point !== "after-commit" || cut) return "none";
      cut = true;
      return "end";
    };
    const service = await serving({ fault });
    const onReconnect = () => service.takeOver("one");
    const failed = await uploadGame(uploadTo(service.address, { onReconnect })).catch(reasonOf);

    expect(failed).toMatchObject({ reason: "UPLOAD_FENCED" });
  });

  it("gives up on a game that has no name", async () => {
    const service = await serving();
    const failed = await uploadGame(uploadTo(service.address, { gameId: "?" })).catch(reasonOf);

    expect(failed).toMatchObject({ code: Code.InvalidArgument });
  });

  it("gives up on a service that is away for too long", async () => {
    const service = await serving();
    await service.kill();
    const backoff = { ...QUICK, giveUpAfterMs: 50 };
    const upload = uploadGame(uploadTo(service.address, { backoff }));

    await expect(upload).rejects.toMatchObject({ name: "GivenUp" });
    await service.restart();
  });

  it("gives up on a service that answers nothing but internal errors", async () => {
    const service = await serving({ fault: () => "internal" });
    const upload = uploadGame(uploadTo(service.address));

    await expect(upload).rejects.toMatchObject({ name: "GivenUp" });
  });

  it("throws the signal's reason when it aborts, also while it waits for a line's time", async () => {
    const service = await serving();
    const ending = new AbortController();
    const paceUntil = (_: NewLine, number: number) => {
      if (number < 50) return undefined;
      ending.abort(new Error("enough"));
      return new Promise<void>(() => {});
    };
    const upload = uploadGame(uploadTo(service.address, { paceUntil, signal: ending.signal }));

    await expect(upload).rejects.toThrow("enough");
  });

  it("throws what the pace throws", async () => {
    const service = await serving();
    const paceUntil = () => Promise.reject(new TypeError("no clock"));
    const upload = uploadGame(uploadTo(service.address, { paceUntil }));

    await expect(upload).rejects.toThrow("no clock");
  });
});

/** Returns when `holds` does; looked at on each turn of the event loop. */
async function untilTrue(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
