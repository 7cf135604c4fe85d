import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { seeded } from "../seeded.fixture.ts";
import { openSpool, type Spool, type SpoolOptions } from "./index.ts";
import { type DiskFault, simulatedDisk } from "./simulated-disk.fixture.ts";

const FOLDER = "/spool";
const SEED = 20_231_024;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "courtside-spool-"));
  folders.push(folder);
  return folder;
}

const payloadOf = (number: number) => Buffer.from(`line ${number}`);
/** Of three players in turn. */
const keyOf = (payload: Uint8Array) => String(Number(textOf(payload).split(" ")[1]) % 3);

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString();
}

/** What can be read in a spool, by number. */
async function textsIn(spool: Spool): Promise<Record<number, string>> {
  const read = spool.reader();
  const texts: Record<number, string> = {};
  for (let number = spool.firstNumber(); ; number += 1) {
    const record = await read(number);
    if (record === undefined) return texts;
    texts[number] = textOf(record.payload);
  }
}

const texts = (from: number, through: number) =>
  Object.fromEntries(
    Array.from({ length: through - from + 1 }, (_, at) => [from + at, `line ${from + at}`]),
  );

async function filled(count: number, options: SpoolOptions): Promise<Spool> {
  const spool = await openSpool(options);
  const from = spool.nextNumber();
  for (let number = from; number < from + count; number += 1) {
    await spool.append(payloadOf(number), number * 10);
  }
  return spool;
}

describe("openSpool", () => {
  it("gives back, after a restart, every record with its number and mark", async () => {
    const folder = freshFolder();
    const first = await filled(50, { folder, segmentBytes: 400 });
    await first.close();
    const second = await filled(50, { folder, segmentBytes: 400 });
    await second.close();
    const third = await openSpool({ folder });

    expect(await textsIn(third)).toEqual(texts(1, 100));
    expect(third).toMatchObject({ highestMark: 1_000, cutBytes: 0 });
    expect(third.nextNumber()).toBe(101);
    await third.close();
  });

  it("is refused while another one has the folder, and not after a kill", async () => {
    const folder = freshFolder();
    const spool = await openSpool({ folder });
    await expect(openSpool({ folder })).rejects.toMatchObject({ name: "SpoolInUse" });
    await spool.close();

    const script = `
      import { openSpool } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      await openSpool({ folder: ${JSON.stringify(folder)} });
      console.log("open");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
    await once(child.stdout, "data");
    await expect(openSpool({ folder })).rejects.toMatchObject({ name: "SpoolInUse" });
    child.kill("SIGKILL");
    await once(child, "exit");

    await (await openSpool({ folder })).close();
  });

  it("P1: loses no whole record at whichever byte the last segment was cut", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const options = { folder: FOLDER, segmentBytes: 400, disk: disk.process().disk };
    await (await filled(20, options)).close();
    const path = disk
      .paths()
      .sort()
      .findLast((one) => one.endsWith(".seg"))!;
    const whole = disk.contentOf(path)!;
    const first = Number.parseInt(path.slice(FOLDER.length + 1), 10);

    for (let length = 0; length <= whole.length; length += 1) {
      disk.setContent(path, whole.subarray(0, length));
      const last = lastWithin(length, first);
      const cut = await openSpool(options);
      const found = await textsIn(cut);
      const number = await cut.append(payloadOf(last + 1));
      await cut.close();
      const again = await openSpool(options);

      expect([length, found, number]).toEqual([length, texts(1, last), last + 1]);
      expect(await textsIn(again)).toEqual(texts(1, last + 1));
      expect(again.cutBytes).toBe(0);
      await again.close();
    }
    expect(whole.length).toBeGreaterThan(200);
  });

  it.each([0, 1, 31, 32, 37])("cuts a torn tail of %i bytes off a file", async (length) => {
    const folder = freshFolder();
    await (await filled(5, { folder })).close();
    const path = join(folder, "0000000000000001.seg");
    truncateSync(path, 4 * 38 + length);
    const cut = await openSpool({ folder });

    expect(await textsIn(cut)).toEqual(texts(1, 4));
    expect(cut.cutBytes).toBe(length);
    expect(statSync(path).size).toBe(4 * 38);
    await cut.close();
  });

  /** The last record from `first` on that ends within so many bytes. */
  function lastWithin(length: number, first: number): number {
    let last = first - 1;
    for (let end = 0; ; last += 1) {
      end += 32 + payloadOf(last + 1).length;
      if (end > length) return last;
    }
  }

  it("never gives back a record of the last segment that was changed", async () => {
    const random = seeded(SEED);
    const disk = simulatedDisk(random);
    const options = { folder: FOLDER, disk: disk.process().disk };
    await (await filled(8, options)).close();
    const path = `${FOLDER}/0000000000000001.seg`;
    const whole = disk.contentOf(path)!;

    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 + Math.floor(random() * 255);
      disk.setContent(path, damaged);
      const spool = await openSpool(options);
      expect(await textsIn(spool)).toEqual(texts(1, Math.floor(at / (whole.length / 8))));
      await spool.close();
    }
  });

  it("refuses a segment before the last that is damaged, and names it", async () => {
    const folder = freshFolder();
    await (await filled(30, { folder, segmentBytes: 400 })).close();
    const path = join(folder, "0000000000000001.seg");
    const bytes = readFileSync(path);
    bytes[100]! ^= 1;
    writeFileSync(path, bytes);

    await expect(openSpool({ folder })).rejects.toMatchObject({
      name: "SpoolCorrupt",
      message: `${path} is damaged: record 3 at byte 76 is not sound.`,
    });
  });

  it("refuses a spool that misses a segment in the middle", async () => {
    const folder = freshFolder();
    await (await filled(40, { folder, segmentBytes: 400 })).close();
    rmSync(join(folder, "0000000000000012.seg"));

    await expect(openSpool({ folder })).rejects.toMatchObject({ name: "SpoolCorrupt" });
  });
});

describe("append", () => {
  // Each step on the disk, in turn, is the last before the power is lost.
  it("P1: has on disk, after any loss of power, every record that it returned for", async () => {
    const random = seeded(SEED);
    let losses = 0;
    for (let crashAt = 1; ; crashAt += 1) {
      const disk = simulatedDisk(random);
      const { accepted, ended } = await runUntil(disk, crashAt, { sync: "always" });
      disk.losePower();
      await expectAll(disk, accepted);
      if (ended) break;
      losses += 1;
    }

    expect(losses).toBeGreaterThan(100);
  });

  it.each(["interval", "never"] as const)(
    "P1: has, after any kill, every record that it returned for, with sync %s",
    async (sync) => {
      const random = seeded(SEED);
      for (let crashAt = 1; ; crashAt += 1) {
        const disk = simulatedDisk(random);
        const { accepted, ended } = await runUntil(disk, crashAt, { sync });
        await expectAll(disk, accepted);
        if (ended) break;
      }
    },
  );

  /** Appends forty records, a few at a time, and acknowledges some, until a number of steps is made. */
  async function runUntil(
    disk: ReturnType<typeof simulatedDisk>,
    crashAt: number,
    options: Partial<SpoolOptions>,
  ) {
    const process = disk.process();
    const accepted: number[] = [];
    const run = (async () => {
      const spool = await openSpool({
        ...{ folder: FOLDER, disk: process.disk, segmentBytes: 150, keepAckedBytes: 200, keyOf },
        ...options,
      });
      for (let from = 1; from <= 40; from += 4) {
        const group = [0, 1, 2, 3].map((at) => spool.append(payloadOf(from + at)));
        accepted.push(...(await Promise.all(group)));
        await spool.acknowledge(from);
      }
      await spool.close();
      return true;
    })();
    const killed = (async () => {
      while (process.steps() < crashAt) await new Promise(setImmediate);
      return false;
    })();
    const ended = await Promise.race([run, killed]);
    process.kill();
    return { accepted, ended };
  }

  async function expectAll(disk: ReturnType<typeof simulatedDisk>, accepted: number[]) {
    const spool = await openSpool({ folder: FOLDER, disk: disk.process().disk, keyOf });
    const acked = spool.acknowledgedThrough();
    const first = spool.firstNumber();
    const found = await textsIn(spool);
    const last = spool.nextNumber() - 1;

    // Trimmed is only what was acknowledged, and what was never asked for was never made up.
    expect(first).toBeLessThanOrEqual(acked + 1);
    expect(last).toBeGreaterThanOrEqual(accepted.at(-1) ?? 0);
    expect(last).toBeLessThanOrEqual(40);
    expect(found).toEqual(texts(first, last));
    await spool.close();
  }

  it("has a beginning of what was appended after a loss of power, with sync never", async () => {
    const random = seeded(SEED);
    for (let crashAt = 1; ; crashAt += 1) {
      const disk = simulatedDisk(random);
      const { ended } = await runUntil(disk, crashAt, { sync: "never" });
      disk.losePower();
      await expectAll(disk, []);
      if (ended) break;
    }
  });

  it("keeps every record when the disk is full, and goes on when it is not", async () => {
    let full = false;
    const fault: DiskFault = ({ kind }) => {
      if (full && kind === "append") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    const disk = simulatedDisk(seeded(SEED), fault);
    const options = { folder: FOLDER, disk: disk.process().disk };
    const spool = await filled(10, options);
    full = true;
    const refused = await Promise.allSettled([
      spool.append(payloadOf(11)),
      spool.append(payloadOf(12)),
    ]);
    full = false;
    const number = await spool.append(payloadOf(11));
    await spool.close();
    const again = await openSpool(options);

    expect(refused).toMatchObject([
      { status: "rejected", reason: { name: "SpoolFull" } },
      { status: "rejected", reason: { name: "SpoolFull" } },
    ]);
    expect(number).toBe(11);
    expect(await textsIn(again)).toEqual(texts(1, 11));
  });

  it("leaves nothing of a write that failed in its middle", async () => {
    let appends = 0;
    const fault: DiskFault = ({ kind }) => {
      if (kind !== "append") return;
      appends += 1;
      // The second half of the third write.
      if (appends === 6) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    const disk = simulatedDisk(() => 0.9, fault);
    const options = { folder: FOLDER, disk: disk.process().disk };
    const spool = await filled(2, options);
    await expect(spool.append(payloadOf(3))).rejects.toMatchObject({ name: "SpoolFull" });
    await spool.append(payloadOf(3));
    await spool.close();
    const again = await openSpool(options);

    expect(await textsIn(again)).toEqual(texts(1, 3));
    expect(again.cutBytes).toBe(0);
  });

  it("takes nothing more after a sync that failed, until it is opened anew", async () => {
    let failing = true;
    const fault: DiskFault = ({ kind }) => {
      if (failing && kind === "sync") throw Object.assign(new Error("I/O error"), { code: "EIO" });
    };
    const disk = simulatedDisk(seeded(SEED), fault);
    const process = disk.process();
    const spool = await openSpool({ folder: FOLDER, disk: process.disk });
    await expect(spool.append(payloadOf(1))).rejects.toThrow("I/O error");
    failing = false;
    await expect(spool.append(payloadOf(1))).rejects.toThrow("I/O error");
    process.kill();
    disk.losePower();
    const again = await openSpool({ folder: FOLDER, disk: disk.process().disk });

    expect(await again.append(payloadOf(again.nextNumber()))).toBe(again.nextNumber() - 1);
  });

  it("P9: refuses what does not fit, drops nothing for it, and takes more once that is acknowledged", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const options = { folder: FOLDER, disk: disk.process().disk, bytesMax: 400, segmentBytes: 100 };
    const spool = await filled(10, options);
    await expect(spool.append(payloadOf(11))).rejects.toMatchObject({ name: "SpoolFull" });
    expect(await textsIn(spool)).toEqual(texts(1, 10));
    await spool.acknowledge(6);

    expect(await spool.append(payloadOf(11))).toBe(11);
  });

  it("P9: refuses a payload above its bound", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const spool = await openSpool({ folder: FOLDER, disk: disk.process().disk });

    await expect(spool.append(Buffer.alloc(65_537))).rejects.toBeInstanceOf(RangeError);
    expect(await spool.append(Buffer.alloc(65_536))).toBe(1);
    expect((await spool.reader()(1))?.payload.length).toBe(65_536);
  });

  it("lets nothing be sent that a loss of power may take back, with sync interval", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const options = { folder: FOLDER, disk: disk.process().disk, syncEveryMs: 5 };
    const spool = await openSpool({ ...options, sync: "interval" });
    const changed = spool.change.next();
    await spool.append(payloadOf(1));
    expect(spool.readableThrough()).toBe(0);
    await changed;

    expect(spool.readableThrough()).toBe(1);
    await spool.close();
  });
});

describe("a trim", () => {
  const options = { folder: FOLDER, segmentBytes: 100, keepAckedBytes: 0, keyOf };

  it("keeps the number of the next record, also when all was acknowledged", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const spool = await filled(20, { ...options, disk: disk.process().disk });
    await spool.acknowledge(20);
    await spool.trimAll();
    await spool.close();
    const again = await openSpool({ ...options, disk: disk.process().disk });

    expect([again.firstNumber(), again.nextNumber(), again.acknowledgedThrough()]).toEqual([
      21, 21, 20,
    ]);
    expect(await again.gauges()).toEqual({ bytes: 0, lines: 0, oldestMs: 0 });
    expect(await again.append(payloadOf(21))).toBe(21);
  });

  it("can bring back the newest of each key, right before what is there", async () => {
    const disk = simulatedDisk(seeded(SEED));
    const spool = await filled(20, { ...options, disk: disk.process().disk });
    await spool.acknowledge(9);
    await spool.acknowledge(12);
    const first = spool.firstNumber();
    await spool.restoreCurrent();
    await spool.restoreCurrent();
    const found = await textsIn(spool);
    await spool.close();
    const again = await openSpool({ ...options, disk: disk.process().disk });

    const newest = [first - 3, first - 2, first - 1].map((number) => [number, `line ${number}`]);
    expect(found).toEqual({ ...Object.fromEntries(newest), ...texts(first, 20) });
    expect(await textsIn(again)).toEqual(found);
  });

  // Trims and restores, cut at each step: nothing that is not acknowledged goes, and no key is forgotten.
  it("P1: is whole or not begun, whenever the power is lost", async () => {
    const random = seeded(SEED);
    for (let crashAt = 1; ; crashAt += 1) {
      const disk = simulatedDisk(random);
      await (await filled(20, { ...options, disk: disk.process().disk })).close();
      const process = disk.process();
      const run = (async () => {
        const spool = await openSpool({ ...options, disk: process.disk });
        await spool.acknowledge(9);
        await spool.acknowledge(13);
        await spool.restoreCurrent();
        await spool.acknowledge(16);
        await spool.close();
        return true;
      })();
      const killed = (async () => {
        while (process.steps() < crashAt) await new Promise(setImmediate);
        return false;
      })();
      const ended = await Promise.race([run, killed]);
      process.kill();
      disk.losePower();
      const spool = await openSpool({ ...options, disk: disk.process().disk });
      await spool.restoreCurrent();
      const found = await textsIn(spool);
      await spool.close();
      const again = await openSpool({ ...options, disk: disk.process().disk });
      expect(await textsIn(again)).toEqual(found);
      const unacked = Object.fromEntries(Object.entries(found).filter(([number]) => +number > 16));
      const newest = Object.values(found).reduce<Record<string, string>>((newest, text) => {
        newest[keyOf(Buffer.from(text))] = text;
        return newest;
      }, {});

      expect(unacked).toEqual(texts(17, 20));
      expect(newest).toEqual({ 0: "line 18", 1: "line 19", 2: "line 20" });
      // The order in each key is that in which its records came.
      const numbers = Object.values(found).map((text) => Number(text.split(" ")[1]));
      for (const key of [0, 1, 2]) {
        const own = numbers.filter((number) => number % 3 === key);
        expect(own).toEqual([...own].sort((a, b) => a - b));
      }
      if (ended) break;
    }
  });
});

describe("gauges", () => {
  it("say bytes, lines that are not acknowledged, and the age of the oldest", async () => {
    let now = 1_000;
    const disk = simulatedDisk(seeded(SEED));
    const spool = await openSpool({ folder: FOLDER, disk: disk.process().disk, now: () => now });
    await spool.append(payloadOf(1));
    now = 5_000;
    await spool.append(payloadOf(2));
    now = 8_000;
    const all = await spool.gauges();
    await spool.acknowledge(1);

    expect(all).toEqual({ bytes: 76, lines: 2, oldestMs: 7_000 });
    expect(await spool.gauges()).toEqual({ bytes: 76, lines: 1, oldestMs: 3_000 });
    await spool.acknowledge(2);
    expect(await spool.gauges()).toEqual({ bytes: 76, lines: 0, oldestMs: 0 });
  });
});
