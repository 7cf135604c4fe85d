import {
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appendTo, boundLog, tailOf } from "./log-file.ts";

const MIB = 1024 * 1024;

let file: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "courtside-log-"));
  file = join(folder, "some.log");
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

describe("appendTo", () => {
  it("goes on after what is there", () => {
    writeFileSync(file, "one\n");

    const log = appendTo(file);
    writeSync(log, "two\n");
    closeSync(log);

    expect(readFileSync(file, "utf8")).toBe("one\ntwo\n");
  });
});

describe("boundLog", () => {
  it("begins anew over 20 MB, keeps what was there, and a writer goes on", () => {
    writeFileSync(file, Buffer.alloc(20 * MIB + 1, "x"));
    const log = appendTo(join(file));
    writeSync(log, "later\n");
    closeSync(log);

    expect(readFileSync(file, "utf8")).toBe("later\n");
    expect(statSync(`${file}.old`).size).toBe(20 * MIB + 1);
  });

  it("does nothing up to 20 MB, nor without a log", () => {
    boundLog(file);
    writeFileSync(file, Buffer.alloc(20 * MIB, "x"));

    boundLog(file);

    expect(statSync(file).size).toBe(20 * MIB);
  });
});

describe("tailOf", () => {
  it("gives the last lines, or what there is", () => {
    writeFileSync(file, "one\ntwo\nthree\n");

    expect(tailOf(file, 2)).toBe("two\nthree");
    expect(tailOf(file, 9)).toBe("one\ntwo\nthree");
    expect(tailOf(`${file}.missing`, 2)).toBe("");
  });

  it("gives nothing from before the byte it was told", () => {
    writeFileSync(file, "old\nnew\n");

    expect(tailOf(file, 9, 4)).toBe("new");
    expect(tailOf(file, 9, 8)).toBe("");
    expect(tailOf(file, 9, 800)).toBe("");
  });
});
