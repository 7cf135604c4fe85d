import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Command } from "ioredis";
import { describe, expect, it } from "vitest";
import { ShortLivedCommand } from "./short-lived.ts";

const COMMANDS = 10_000;

describe("ShortLivedCommand", () => {
  it("answers as a command of ioredis does", async () => {
    const answered = new ShortLivedCommand("get", ["key", 1], { replyEncoding: "utf8" });
    const failed = new ShortLivedCommand("get", ["key"]);
    const late = new ShortLivedCommand("get", ["key"]);
    answered.resolve(Buffer.from("text"));
    failed.reject(new Error("no"));
    late.setTimeout(1);

    expect(await answered.promise).toBe("text");
    expect(answered.toWritable({})).toBe("*3\r\n$3\r\nget\r\n$3\r\nkey\r\n$1\r\n1\r\n");
    await expect(failed.promise).rejects.toThrow("no");
    await expect(late.promise).rejects.toThrow("Command timed out");
  });

  it("is forgotten with the next scavenges, as one of ioredis is not", async () => {
    expect(await oldBytes(Command)).toBeGreaterThan(300);
    expect(await oldBytes(ShortLivedCommand)).toBeLessThan(150);
  });
});

/** How many bytes an answered command leaves in the old space. */
async function oldBytes(Kind: typeof Command): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;
  const used = () =>
    getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")
      ?.space_used_size ?? 0;
  let before = 0;
  // What is compiled and remembered once is there after the first round.
  for (const _round of [1, 2]) {
    collect();
    before = used();
    for (let at = 0; at < COMMANDS; at += 1) {
      const command = new Kind("get", ["key"], { replyEncoding: "utf8" });
      command.setTimeout(1_000);
      command.resolve(Buffer.from("text"));
      await command.promise;
      if (at % 100 === 0) collect({ type: "minor" });
    }
  }
  return (used() - before) / COMMANDS;
}
